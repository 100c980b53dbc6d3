"""`wattlane firmware`: the key that signs adapters' firmware, building and signing images, and checking one.

Making images is the business of `firmware/`, which runs here as a program of its own; checking is done as the platform
does it when an image is uploaded.
"""

import argparse
import hashlib
import json
import subprocess
import sys
from pathlib import Path

from saas.kit.home import home

PRIVATE, PUBLIC = "firmware.pem", "firmware.pub.pem"


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `firmware` to the command line."""
    command = subparsers.add_parser("firmware", help="adapters' firmware: keys, images, signatures")
    kinds = command.add_subparsers(required=True, metavar="ACTION")
    keygen_parser = kinds.add_parser("keygen", help="make the key pair of this installation, unless there is one")
    keygen_parser.set_defaults(run=keygen)
    build_parser = kinds.add_parser("build", help="the files of a new device in a folder, and an image for updates")
    build_parser.add_argument("out", type=Path, help="folder to fill")
    build_parser.add_argument("--version", help="the version that it reports (default: that of the sources)")
    build_parser.add_argument("--image", type=Path, help="write a signed image for updates over the air, too")
    build_parser.add_argument("--mpy", action="store_true", help="compile for MicroPython")
    build_parser.add_argument("--downgrade", action="store_true", help="devices with a newer version take it, too")
    build_parser.set_defaults(run=build)
    sign_parser = kinds.add_parser("sign", help="write the signed manifest IMAGE.json beside an image")
    sign_parser.add_argument("image", type=Path)
    sign_parser.add_argument("--downgrade", action="store_true", help="devices with a newer version take it, too")
    sign_parser.set_defaults(run=sign)
    verify_parser = kinds.add_parser("verify", help="check an image against its manifest and the installation's key")
    verify_parser.add_argument("image", type=Path)
    verify_parser.add_argument("manifest", type=Path, nargs="?", help="default: IMAGE.json")
    verify_parser.set_defaults(run=verify)


def keygen(arguments: argparse.Namespace) -> int:
    """Print where the public key lies."""
    return _run("firmware.signing", "keygen", "--keys", str(_keys()))


def build(arguments: argparse.Namespace) -> int:
    """The flash of a device that trusts this installation's key, where there is one; an image is signed at once."""
    public = _keys() / PUBLIC
    words = [str(arguments.out)]
    words += ["--version", arguments.version] if arguments.version else []
    words += ["--mpy"] if arguments.mpy else []
    words += ["--public-key", str(public)] if public.exists() else []
    words += ["--image", str(arguments.image)] if arguments.image else []
    code = _run("firmware.build", *words)
    return code or (sign(arguments) if arguments.image else 0)


def sign(arguments: argparse.Namespace) -> int:
    """Refused without a key: one that no device trusts would be of no use."""
    if not (_keys() / PRIVATE).exists():
        return _refuse(f"there is no key in {_keys()}. Make one with: wattlane firmware keygen")
    if not arguments.image.is_file():
        return _refuse(f"{arguments.image}: there is no such file")
    more = ["--downgrade"] if arguments.downgrade else []
    return _run("firmware.signing", "sign", str(arguments.image), "--keys", str(_keys()), *more)


def verify(arguments: argparse.Namespace) -> int:
    """Exit code 1 when it does not fit, and why."""
    from tenants.operations.signing import is_signed

    manifest = arguments.manifest or arguments.image.with_suffix(arguments.image.suffix + ".json")
    try:
        data, said = arguments.image.read_bytes(), json.loads(manifest.read_text(encoding="utf-8"))
        version, sig, downgrade = str(said["version"]), str(said["sig"]), said.get("downgrade") is True
        sha256 = hashlib.sha256(data).hexdigest()
        good = is_signed(version=version, size=len(data), sha256=sha256, signature=sig, downgrade=downgrade)
    except OSError as error:
        return _refuse(f"{error.filename}: {error.strerror}")
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        return _refuse(f"{manifest}: not a manifest ({error})")
    if not good:
        return _refuse(f"{arguments.image}: the signature does not fit this file, this version and this key")
    print(f"{version}  {len(data)} bytes  sha256 {sha256}{'  may go back' if downgrade else ''}")
    return 0


def _keys() -> Path:
    return home().path / "keys"


def _run(module: str, *words: str) -> int:
    return subprocess.call([sys.executable, "-m", module, *words])


def _refuse(words: str) -> int:
    print(f"wattlane firmware: {words}", file=sys.stderr)
    return 1

"""The key that signs firmware, and what it signs. `python -m firmware.signing keygen|sign`, or `wattlane firmware …`.

The private key belongs to whoever makes firmware, not to the platform: the platform stores an image only when the
manifest fits `keys/firmware.pub.pem` of its home, and passes it on as it is. So somebody who takes over the platform
cannot make devices run another firmware. A demonstration's key is made with its home, so that the way can be tried.
"""

import argparse
import hashlib
import json
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from firmware.image import unpack
from saas.contracts.telemetry import wire

PRIVATE, PUBLIC = "firmware.pem", "firmware.pub.pem"
BITS = 3072


def default_folder() -> Path:
    """`keys` of this installation's home."""
    return Path(os.environ.get("WATTLANE_HOME") or Path(__file__).resolve().parent.parent / ".wattlane") / "keys"


def keygen(folder: Path) -> Path:
    """The folder's key pair, made when there is none; the public file."""
    private = folder / PRIVATE
    if not private.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = rsa.generate_private_key(public_exponent=65537, key_size=BITS)
        part = private.with_suffix(f".{os.getpid()}")
        part.touch(mode=0o600)
        part.write_bytes(made.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        part.replace(private)
    (folder / PUBLIC).write_bytes(
        _private(private).public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )  # fmt: skip
    return folder / PUBLIC


def modulus_hex(public: Path) -> str:
    """What the firmware is built with. ValueError unless it is an RSA key of 2048 bits or more, exponent 65537."""
    key = serialization.load_pem_public_key(public.read_bytes())
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size < 2048 or key.public_numbers().e != 65537:
        raise ValueError(f"{public}: not an RSA key of at least 2048 bits with the exponent 65537")
    return f"{key.public_numbers().n:x}"


def manifest(image: bytes, private: Path, *, url: str = "", downgrade: bool = False) -> dict[str, object]:
    """Signed, of this image; `url` is filled in by whoever serves it. BadImage unless it is one."""
    version, size, sha256 = unpack(image)[0], len(image), hashlib.sha256(image).hexdigest()
    text = "|".join([wire.OTA_PREFIX, version, str(size), sha256]) + ("|downgrade" if downgrade else "")
    sig = _private(private).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()
    made: dict[str, object] = {"version": version, "url": url, "size": size, "sha256": sha256, "sig": sig}
    return made | ({"downgrade": True} if downgrade else {})


def _private(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise ValueError(f"{path}: not an RSA key")
    return key


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m firmware.signing", description=__doc__)
    parser.add_argument("action", choices=["keygen", "sign"])
    parser.add_argument("image", type=Path, nargs="?", help="sign: the image; IMAGE.json is written beside it")
    parser.add_argument("--keys", type=Path, default=default_folder(), help="folder of the key pair")
    parser.add_argument("--downgrade", action="store_true", help="devices with a newer version take it, too")
    arguments = parser.parse_args(argv)
    public = keygen(arguments.keys)
    if arguments.action == "keygen":
        print(public)
    elif arguments.image is None:
        parser.error("sign needs an image")
    else:
        made = manifest(arguments.image.read_bytes(), arguments.keys / PRIVATE, downgrade=arguments.downgrade)
        path = arguments.image.with_suffix(arguments.image.suffix + ".json")
        path.write_text(json.dumps(made, indent=1))
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())

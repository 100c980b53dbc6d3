"""Signatures of adapter images, as the adapters check them: `wire.OTA_*`."""

from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from saas.contracts.telemetry import wire
from saas.kit.home import home

PUBLIC_KEY = "firmware.pub.pem"


def public_key_file() -> Path:
    """Where the key lies that adapters of this installation trust; `wattlane firmware keygen` makes it."""
    return home().path / "keys" / PUBLIC_KEY


def signed_text(*, version: str, size: int, sha256: str, downgrade: bool = False) -> bytes:
    """What the signature is over; `downgrade`: so that adapters with a newer one take it, too."""
    return "|".join([wire.OTA_PREFIX, version, str(size), sha256, *(["downgrade"] if downgrade else [])]).encode()


def is_signed(*, version: str, size: int, sha256: str, signature: str, downgrade: bool = False) -> bool:
    """Whether this installation's key signed it. FileNotFoundError when there is no key."""
    key = load_pem_public_key(public_key_file().read_bytes())
    if not isinstance(key, rsa.RSAPublicKey):
        return False
    text = signed_text(version=version, size=size, sha256=sha256, downgrade=downgrade)
    try:
        key.verify(bytes.fromhex(signature), text, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, ValueError):
        return False
    return True

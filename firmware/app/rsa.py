"""RSA signatures, PKCS#1 v1.5 with SHA-256 (RFC 8017), checked with nothing but whole numbers: the chip has no library.

2048 bits take about a tenth of a second on an ESP32-S3; it happens once for an update.
"""

import binascii
import hashlib

from .sign import same

EXPONENT_BITS = 16  # of 65537 = 2 ** 16 + 1
DIGEST_INFO = "3031300d060960864801650304020105000420"  # "what follows is a SHA-256"
LEAST_BYTES = 256


def verify(modulus_hex: str, text: bytes, signature_hex: str) -> bool:
    """Whether the owner of the key (modulus; exponent 65537) signed the text. False for a short key, or none."""
    length = len(modulus_hex) // 2
    if length < LEAST_BYTES or len(signature_hex) != 2 * length:
        return False
    try:
        modulus, signature = int(modulus_hex, 16), int(signature_hex, 16)
    except ValueError:
        return False
    if signature >= modulus:
        return False
    opened = signature
    for _ in range(EXPONENT_BITS):
        opened = opened * opened % modulus
    opened = opened * signature % modulus
    return same("%0*x" % (2 * length, opened), _padded(text, length))


def _padded(text: bytes, length: int) -> str:
    """The one and only right block: compared whole, so that nothing can hide in its padding."""
    tail = "00" + DIGEST_INFO + binascii.hexlify(hashlib.sha256(text).digest()).decode()
    return "0001" + "ff" * (length - 2 - len(tail) // 2) + tail

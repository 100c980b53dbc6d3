"""SHA-256 signatures (RFC 2104), since MicroPython has no hmac module."""

import binascii
import hashlib

BLOCK = 64


def sha256_hex(data: bytes) -> str:
    return binascii.hexlify(hashlib.sha256(data).digest()).decode()


def hmac_sha256(key: bytes, text: bytes) -> bytes:
    if len(key) > BLOCK:
        key = hashlib.sha256(key).digest()
    key = key + bytes(BLOCK - len(key))
    inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]) + text).digest()
    return hashlib.sha256(bytes([byte ^ 0x5C for byte in key]) + inner).digest()


def hmac_hex(key: bytes, text: str) -> str:
    return binascii.hexlify(hmac_sha256(key, text.encode())).decode()


def same(one: str, other: str) -> bool:
    """Compares without telling by its time where the two differ."""
    left, right = one.encode(), other.encode()
    difference = len(left) ^ len(right)
    for index in range(min(len(left), len(right))):
        difference |= left[index] ^ right[index]
    return difference == 0


def code_hash(session: str, code: str) -> str:
    return sha256_hex((session + "|" + code).encode())

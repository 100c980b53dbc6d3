"""Secrets of devices: what is random, what is hashed, what is encrypted at rest."""

import base64
import hashlib
import hmac
import secrets
from functools import lru_cache

from cryptography.fernet import Fernet

from saas.kit.home import home

PERMIT = b"wattlane permit keys v1"
PASSWORD = b"wattlane device passwords v1"
CLAIM = b"wattlane claim codes v1"


def new_secret() -> str:
    """A password of 32 random bytes, in letters that fit a user name, a header and a QR code."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Hex SHA-256. Enough for random 32-byte secrets; never for passwords that people choose."""
    return hashlib.sha256(secret.encode()).hexdigest()


def matches(secret: str, secret_hash: str) -> bool:
    """Whether `secret` has this hash, in constant time."""
    return hmac.compare_digest(digest(secret), secret_hash)


def mosquitto_digest(secret: str) -> str:
    """As Mosquitto's password file has it: PBKDF2-SHA512, few rounds since the secret is random."""
    salt = secrets.token_bytes(12)
    derived = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, 101)
    return f"$7$101${base64.b64encode(salt).decode()}${base64.b64encode(derived).decode()}"


def seal(key: bytes) -> bytes:
    """Encrypt a permit key for the database."""
    return _fernet(home().secrets["master_key"], PERMIT).encrypt(key)


def unseal(sealed: bytes) -> bytes:
    """The permit key in clear. cryptography.fernet.InvalidToken when the master key is another one."""
    return _fernet(home().secrets["master_key"], PERMIT).decrypt(sealed)


def seal_password(secret: str) -> bytes:
    """Encrypt an adapter's password for the database: a broker that keeps its own list must be told it again."""
    return _fernet(home().secrets["master_key"], PASSWORD).encrypt(secret.encode())


def unseal_password(sealed: bytes) -> str:
    """The password in clear. InvalidToken when the master key is another one."""
    return _fernet(home().secrets["master_key"], PASSWORD).decrypt(sealed).decode()


def claim_digest(code: str) -> str:
    """Keyed, since eight characters can be guessed; without a salt, since an adapter is found by its code alone."""
    return hmac.new(home().secrets["master_key"].encode(), CLAIM + b"|" + code.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=8)
def _fernet(master_key: str, purpose: bytes) -> Fernet:
    derived = hmac.new(master_key.encode(), purpose, hashlib.sha256).digest()
    return Fernet(base64.urlsafe_b64encode(derived))


def registration_token(tenant_uid: str) -> str:
    """Derived from the master key, so that it needs no place of its own; another master key makes another token."""
    told = hmac.new(home().secrets["master_key"].encode(), b"registration|" + tenant_uid.encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(told.digest()[:24]).decode()

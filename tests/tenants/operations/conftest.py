from collections.abc import Iterator

import pytest
import time_machine
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from saas.tenancy.models import Tenant
from tenants.operations import signing
from tests import builders
from tests.builders import NOW, Cast

from .story import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(ampere: Tenant) -> Cast:
    return builders.cast()


class Signer:
    """The installation's key."""

    def __init__(self, key: rsa.RSAPrivateKey) -> None:
        self._key = key

    def sign(self, *, version: str, size: int, sha256: str, downgrade: bool = False) -> str:
        text = (f"wattlane-firmware-v1|{version}|{size}|{sha256}" + ("|downgrade" if downgrade else "")).encode()
        return self._key.sign(text, padding.PKCS1v15(), hashes.SHA256()).hex()


@pytest.fixture(scope="session")
def private_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def signer(private_key: rsa.RSAPrivateKey) -> Iterator[Signer]:
    """With its public half where the product looks for it."""
    file = signing.public_key_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    form = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    file.write_bytes(private_key.public_key().public_bytes(*form))
    yield Signer(private_key)
    file.unlink()


@pytest.fixture
def moment() -> Iterator[None]:
    """Pages and the API look at the clock: it stands at the builders' moment."""
    with time_machine.travel(NOW, tick=False):
        yield

"""Browsers without a screen: Django's client on a brand's own host, at the moment of the stories."""

from collections.abc import Iterator

import pytest
import time_machine
from django.test import Client

from tests.builders import NOW


@pytest.fixture
def now() -> Iterator[object]:
    """The clock stands at the builders' moment."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def visitor(host: str = "ampere.localhost", user: object | None = None) -> Client:
    """Somebody at a brand's site, logged in when a user is given. Call it inside the brand's schema."""
    client = Client(headers={"host": host})
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")  # type: ignore[arg-type]
    return client

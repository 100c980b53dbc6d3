"""Fixtures of tests that need committed rows: others see them, and flushing would take the tenants away."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The database without a transaction around the test. The test removes what it made."""
    from django.db import connection

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.set_schema_to_public()
        yield
        connection.close()

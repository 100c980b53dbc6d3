"""Every test runs against a real PostgreSQL with two tenants; nothing leaves a temporary folder."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from saas.tenancy.models import Tenant

os.environ["WATTLANE_HOME"] = _home = tempfile.mkdtemp(prefix="wattlane-test-")
os.environ["WATTLANE_STATIC"] = str(Path(_home) / "static")  # plain names, from where the files lie
Path(os.environ["WATTLANE_STATIC"]).mkdir()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
os.environ["WATTLANE_EMAIL_BACKEND"] = "django.core.mail.backends.locmem.EmailBackend"
os.chmod(_home, 0o755)
atexit.register(shutil.rmtree, _home, ignore_errors=True)


hypothesis.settings.register_profile(
    "shared machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("shared machine")


_own = {"WATTLANE_HOME", "WATTLANE_STATIC", "DJANGO_SETTINGS_MODULE"}


def _start_database() -> None:
    """The embedded PostgreSQL, unless DATABASE_URL names another server (the suite also runs on Debian's)."""
    if "DATABASE_URL" in os.environ:
        return
    from saas.cli.database import server_in

    server = server_in(Path(_home) / "pg")
    os.environ["DATABASE_URL"] = server.get_uri()
    _own.add("DATABASE_URL")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Each process of pytest-xdist makes a home and a server of its own, so it must not inherit those of this one."""
    for name in _own:
        os.environ.pop(name)


_start_database()

import django  # noqa: E402

django.setup()


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """A fresh database with the public schema, the template, and the tenants `ampere` and `barq`."""
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    from tests.cast import open_tenants

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        if worker := os.environ.get("PYTEST_XDIST_WORKER"):
            connection.settings_dict["TEST"]["NAME"] = f"test_wattlane_{worker}"
        config = setup_databases(verbosity=0, interactive=False)
        open_tenants()
        connection.set_schema_to_public()
    yield
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.close()
        teardown_databases(config, verbosity=0)


@pytest.fixture
def ampere(db: None) -> Iterator[object]:
    """Work inside the Helsinki reseller (EUR, English)."""
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.models import Tenant

    with tenant_schema("ampere"):
        yield Tenant.objects.get(schema_name="ampere")


@pytest.fixture
def barq(db: None) -> Iterator[object]:
    """Work inside the Dubai reseller (AED, Arabic)."""
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.models import Tenant

    with tenant_schema("barq"):
        yield Tenant.objects.get(schema_name="barq")


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The database without a transaction around the test: threads and processes see its rows. The test removes them."""
    from django.db import connection

    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        connection.set_schema_to_public()
        yield
        connection.close()


@pytest.fixture
def spare(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[str]:
    """The schema of a tenant of its own (EUR, English), committed, and dropped afterwards with all that is in it."""
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        from django.db import connection

        connection.set_schema_to_public()
        tenant = _open_spare()
        yield tenant.schema_name
        connection.set_schema_to_public()
        tenant.delete(force_drop=True)
        connection.close()


def _open_spare() -> "Tenant":
    from datetime import UTC, datetime
    from uuid import uuid4

    from saas.tenancy.actions import open_tenant

    return open_tenant(
        slug=f"spare{uuid4().hex[:8]}", name="Spare", country="FI", language="en", currency="EUR",
        timezone="Europe/Helsinki", colour_primary="#003049", colour_accent="#F77F00", least_minutes=1,
        support_email="help@spare.example", owner_email="owner@spare.example", owner_password=None,
        now=datetime.now(UTC),
    )  # fmt: skip


@pytest.fixture
def transactional_db() -> None:
    """Refused: it empties every table afterwards, the two tenants with them."""
    pytest.fail("use `committed` (rows that the test removes itself) or `spare` (a tenant of its own)")

"""A real server on a brand with real commits, and Chromium in front of it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
]
VENDOR = Path(__file__).resolve().parents[2] / "saas" / "web" / "static" / "vendor"


@dataclass(frozen=True)
class Site:
    """A brand on a running server."""

    schema: str
    url: str


@pytest.fixture(scope="session")
def front_end() -> None:
    """The libraries that `make install` lays out."""
    if not (VENDOR / "icons.svg").exists():
        from saas.web import build

        build.install()
        build.copy()
        build.sprite()


@pytest.fixture
def brand(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A brand of its own, committed, with one charger; its schema and the server's port. Dropped afterwards."""
    from saas.devices.models import Device
    from saas.kit.tenant_context import tenant_schema
    from saas.tenancy.actions import open_tenant
    from saas.tenancy.models import Domain, Tenant

    slug = f"flow{uuid.uuid4().hex[:8]}"
    look: dict[str, str] = getattr(request, "param", {})
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        now = datetime.now(UTC)
        tenant = open_tenant(
            slug=slug, name="Flow", country="FI", language=look.get("language", "en"), currency="EUR",
            timezone="Europe/Helsinki", colour_primary="#0B6E4F", colour_accent="#F5B700",
            support_email="help@flow.example", owner_email="owner@flow.example", owner_password="owner-of-the-flow-1",
            now=now, map_latitude=60.1712, map_longitude=24.9443, map_zoom=14.4, least_minutes=1,
        )  # fmt: skip
        with tenant_schema(slug):
            connection.set_tenant(tenant)
            _charger(now)
        connection.close()
        try:
            yield from _serve(slug)
        finally:
            connection.set_schema_to_public()
            Device.objects.filter(tenant=tenant).delete()
            Domain.objects.filter(tenant=tenant).delete()
            Tenant.objects.filter(pk=tenant.pk).delete()
            with connection.cursor() as cursor:
                cursor.execute(f'DROP SCHEMA "{slug}" CASCADE')
            connection.close()


def _charger(now: datetime) -> None:
    from saas.devices import actions as devices
    from tests import builders

    serves = builders.device()
    devices.seen(device_id=serves.device_id, now=now, online=True, state="idle")
    spot = builders.evse(of=serves, at=(60.1702, 24.9440))
    builders.listing(
        host=builders.person("host"), on=spot, title="Garage by the station", per_kwh="0.25", least_minutes=15
    )


def _serve(slug: str) -> Iterator[tuple[str, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = _same_server(str(connection.settings_dict["NAME"]))
    environment = os.environ | {"DATABASE_URL": address}
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "warning",
        "saas.config.wsgi:application",
    ]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        _wait(port, process)
        yield slug, port
    finally:
        process.terminate()
        try:
            process.wait(60)
        finally:
            process.kill()


def _same_server(database: str) -> str:
    """The suite's own server (conftest puts its address into the environment), but its test database."""
    return urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}"))


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended while starting"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not listen")


@pytest.fixture
def site(front_end: None, brand: tuple[str, int]) -> Site:
    return Site(brand[0], f"http://{brand[0]}.localhost:{brand[1]}")


@pytest.fixture
def chromium() -> Iterator[Any]:
    """The system's Chromium; its absence fails the test by name."""
    from playwright.sync_api import sync_playwright

    assert CHROMIUM, "no chromium on this machine: apt install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()

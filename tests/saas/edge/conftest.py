from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from saas.devices import actions as devices
from saas.edge.ingester.loop import Ingester

from .mosquitto import INSTALLED as MOSQUITTO
from .processes import House, test_database_url
from .rig import NOW, Memory, MemoryPort

collect_ignore = [] if MOSQUITTO else ["test_mosquitto.py"]


@dataclass
class Bench:
    """An ingester with a broker and a handler in memory, over the real database."""

    port: MemoryPort
    handler: Memory
    ingester: Ingester
    device: str
    other: str

    def take(self, *messages: Any) -> None:
        """Bring these and let one batch run."""
        self.port.inbox += messages
        self.ingester.step()


@pytest.fixture
def bench(ampere: Any) -> Iterator[Bench]:
    """Two adapters: one of ampere, one of barq."""
    from saas.tenancy.models import Tenant

    device, _ = devices.register(tenant=ampere, kind="adapter", now=NOW)
    other, _ = devices.register(tenant=Tenant.objects.get(schema_name="barq"), kind="adapter", now=NOW)
    port, handler = MemoryPort(), Memory()
    yield Bench(port, handler, Ingester(lambda **_: port, handler), device.device_id, other.device_id)


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The test database, written for other processes to see; what edge tests wrote is deleted afterwards."""
    from django.db import connection

    from saas.devices.models import Device
    from saas.kit.tenant_context import tenant_schema
    from tenants.maintenance.models import Alert, Refusals
    from tenants.stations.models import Station

    with django_db_blocker.unblock():
        yield
        connection.close()
        connection.set_schema_to_public()
        Device.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE telemetry.message, telemetry.watermark, telemetry.quarantine")
            for schema in ("ampere", "barq"):
                cursor.execute(f"DELETE FROM {schema}.feed_event")
        for schema in ("ampere", "barq"):
            with tenant_schema(schema):
                for written in (Alert, Refusals, Station):
                    written.objects.all().delete()
        connection.close()


@pytest.fixture
def house(committed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """An installation whose processes work on the test database. Its broker is not started yet."""
    secrets = {f"WATTLANE_SECRET_{name.upper()}": value for name, value in settings.HOME.secrets.items()}
    held = House(tmp_path, DATABASE_URL=test_database_url(), WATTLANE_HOME=str(tmp_path), **secrets)
    for name in ("WATTLANE_HOME", "WATTLANE_MQTT_PORT", "WATTLANE_LIVE_PORT", "DATABASE_URL", *secrets):
        monkeypatch.setenv(name, held.env[name])
    yield held
    held.close()

"""`python -m tests.faults.prepare FILE EACH GROUP…`: schemas, two tenants, adapters with paid sessions that run now.

A process of its own: the suite's world has its own database server, which the test process must not be bound to.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")

import django

django.setup()

import msgspec  # noqa: E402
from django.db import connection  # noqa: E402

from saas.cli import migrate  # noqa: E402
from saas.devices import actions as devices  # noqa: E402
from saas.devices import queries  # noqa: E402
from saas.edge.dispatcher.credentials import CredentialsFile  # noqa: E402
from saas.kit.home import home  # noqa: E402
from saas.kit.tenant_context import tenant_schema  # noqa: E402
from saas.tenancy.queries import current  # noqa: E402
from tenants.bookings.actions import one_time_code  # noqa: E402
from tests import builders, cast  # noqa: E402

SCHEMAS = ("ampere", "barq")


def main(file: Path, groups: list[str], each: int) -> None:
    """Write {group: [device …]}; more groups may be added to a world that runs.

    A group `name:seconds` has sessions whose paid time ends at the first full minute that is so far away.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('public.tenancy_tenant')")
        ((known,),) = cursor.fetchall()
    if not known:
        migrate.run()
        connection.set_schema_to_public()
        cast.open_tenants()
    made: dict[str, list[dict[str, object]]] = {group: [] for group in groups}
    for schema in SCHEMAS:
        with tenant_schema(schema):
            people = builders.cast()
            for group in groups:
                made[group] += [_adapter(schema, people, int(group.partition(":")[2] or 7200)) for _ in range(each)]
    connection.set_schema_to_public()
    CredentialsFile(home().path / "broker" / "credentials.json").refresh()
    file.write_bytes(msgspec.json.encode(made))


def _adapter(schema: str, people: builders.Cast, ends_in_s: int) -> dict[str, object]:
    """An adapter with a charger on it, and a booking whose hours have begun."""
    now = datetime.now(UTC)
    device, secret = devices.register(tenant=current(), kind="adapter", now=now)
    devices.seen(device_id=device.device_id, now=now, online=True, state="idle")
    listing = builders.listing(host=people.host, on=builders.evse(of=device))
    end = (now + timedelta(seconds=ends_in_s + 60)).replace(second=0, microsecond=0)
    booking, session = builders.confirmed(
        of=listing, by=people.driver, now=end - timedelta(hours=8), start=end - timedelta(hours=4), length=240
    )
    return {
        "device": device.device_id, "secret": secret, "tenant": schema, "session": str(session.uid),
        "key_hex": queries.permit_key(device).hex(), "power_w": 7360, "code": one_time_code(booking),
        "end_ms": int(end.timestamp() * 1000),
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[3:], int(sys.argv[2]))

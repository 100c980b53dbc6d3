"""`python -m tests.faults.prepare_stations FILE COUNT`: OCPP stations with a paid and activated session each."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from . import prepare  # first: it sets Django up

# isort: split
import msgspec
from django.db import connection

from saas.contracts.stations import tag_of_session
from saas.devices import actions as devices
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.queries import current
from tenants.charging.actions import activate
from tenants.charging.queries import qr_token
from tests import builders

PASSWORD = "a-password-of-a-station"


def main(file: Path, count: int) -> None:
    """Half of them in each tenant; the ids of the stations are the same in both."""
    prepare.main(file, [], 0)
    made: list[dict[str, Any]] = []
    for schema in prepare.SCHEMAS:
        with tenant_schema(schema):
            people = builders.cast()
            made += [_station(schema, number, people) for number in range(count // 2)]
    connection.set_schema_to_public()
    file.write_bytes(msgspec.json.encode(made))


def _station(schema: str, number: int, people: builders.Cast) -> dict[str, Any]:
    now = datetime.now(UTC)
    device, _ = devices.register(tenant=current(), kind="station", station_id=f"CP{number}", secret=PASSWORD, now=now)
    devices.seen(device_id=device.device_id, now=now, online=True)
    listing = builders.listing(host=people.host, on=builders.evse(of=device))
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=10)
    _, session = builders.confirmed(
        of=listing, by=people.driver, now=start - timedelta(hours=2), start=start, length=240
    )  # fmt: skip
    activate(session_uid=session.uid, driver=people.driver, qr_token=qr_token(session.evse), now=now)
    return {
        "device": device.device_id, "tenant": schema, "station_id": f"CP{number}", "session": str(session.uid),
        "id_tag": tag_of_session(str(session.uid)),
    }  # fmt: skip


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))

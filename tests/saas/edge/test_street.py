"""The firmware's own logic, in the simulator, against the real broker and the real ingester."""

import json
import subprocess
import sys

import pytest
from django.db import connection

from saas.devices import actions as devices
from saas.devices import queries
from saas.edge.dispatcher.credentials import CredentialsFile
from saas.tenancy.models import Tenant

from .processes import CODE, House, until
from .rig import NOW, rows

INGESTER = "saas.edge.ingester"
ADAPTERS = 5


@pytest.mark.req("DEV-05", "DEV-04")
def test_a_street_of_adapters_comes_online_and_stays_whole_when_the_ingester_dies(house: House) -> None:
    made = [
        devices.register(tenant=Tenant.objects.get(schema_name=schema), kind="adapter", now=NOW)
        for schema in ("ampere", "barq", "ampere", "barq", "ampere")
    ]
    listed = [
        {"device": device.device_id, "secret": secret, "key_hex": queries.permit_key(device).hex(), "power_w": 7360}
        for device, secret in made
    ]
    (house.folder / "devices.json").write_text(json.dumps(listed))
    CredentialsFile(house.folder / "broker" / "credentials.json").refresh()
    house.start_broker()
    house.start(INGESTER)
    argv = ["--mqtt", f"127.0.0.1:{house.mqtt_port}", "--devices", str(house.folder / "devices.json")]
    with (house.folder / "street.log").open("wb") as log:
        street = subprocess.Popen(
            [sys.executable, "-m", "firmware.simulator", *argv, "--home", str(house.folder)],
            cwd=CODE, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _run(house, street)
        finally:
            street.terminate()
            street.wait(10)


def _run(house: House, street: "subprocess.Popen[bytes]") -> None:
    online = "SELECT count(*) FROM devices_device WHERE online"
    until(lambda: rows(online) == [(ADAPTERS,)], seconds=20, what="all adapters online")
    house.kill(INGESTER)
    house.start(INGESTER)
    said = len(rows("SELECT 1 FROM telemetry.message"))
    until(lambda: len(rows("SELECT 1 FROM telemetry.message")) > said, seconds=20, what="they go on")
    street.terminate()
    assert street.wait(10) == 0
    until(lambda: rows(online) == [(0,)], seconds=10, what="all adapters gone, by their last will")
    connection.close()
    whole = rows(
        "SELECT m.device, count(*), count(DISTINCT m.seq), max(m.seq), max(w.seq), cardinality(max(w.ahead)) "
        "FROM telemetry.message m JOIN telemetry.watermark w USING (device, boot) GROUP BY m.device, m.boot"
    )
    assert len(whole) == ADAPTERS
    for _, count, distinct, last, mark, gaps in whole:
        assert count == distinct == last == mark and not gaps
    assert rows("SELECT reason FROM telemetry.quarantine") == []

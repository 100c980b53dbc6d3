"""The smallest faults on real processes, quick enough for every run; the matrix is in tests/faults."""

import json
import time
import urllib.request
from collections.abc import Iterator

import pytest

from saas.devices import actions as devices
from saas.edge.dispatcher.credentials import CredentialsFile
from saas.tenancy.models import Tenant

from .device import Device
from .processes import House, until
from .rig import NOW, rows

pytestmark = pytest.mark.req("DEV-05")
INGESTER = "tests.saas.edge.quiet_ingester"
BROKER = "saas.edge.broker"


@pytest.fixture
def street(house: House) -> Iterator[list[Device]]:
    """Three devices of two tenants, connected; broker and ingester running."""
    made = [
        devices.register(tenant=Tenant.objects.get(schema_name=schema), kind="adapter", now=NOW)
        for schema in ("ampere", "ampere", "barq")
    ]
    CredentialsFile(house.folder / "broker" / "credentials.json").refresh()
    house.start_broker()
    house.start(INGESTER)
    until(lambda: "broker_connected" in house.log(INGESTER), seconds=15, what="the ingester is connected")
    held = [Device(house.mqtt_port, device.device_id, secret, boot=7) for device, secret in made]
    yield held
    for device in held:
        device.close()


def talk(street: list[Device], *, messages: int, seconds: float) -> Iterator[int]:
    """Each device says `messages`, an event in ten, spread over the time. Gives the round, for faults in between."""
    for number in range(messages):
        for device in street:
            if number % 10 == 9:
                device.say("event", type="plugged")
            else:
                device.say("telemetry", energy_wh=1000 + number, power_w=7000)
        yield number
        time.sleep(seconds / messages)


def everything_is_stored_once(street: list[Device], *, seconds: float) -> None:
    """All outboxes run empty, and the store holds what was sent: no more, no less, each with its tenant."""
    until(lambda: not any(device.outbox for device in street), seconds=seconds, what="every message acknowledged")
    for device in street:
        said = device._seq
        assert device.acknowledged == said
        found = rows("SELECT seq FROM telemetry.message WHERE device = %s ORDER BY seq", device.device_id)
        assert [seq for (seq,) in found] == list(range(1, said + 1))
    wrong = rows(
        "SELECT count(*) FROM telemetry.message m JOIN devices_device d ON d.device_id = m.device "
        "JOIN tenancy_tenant t ON t.id = d.tenant_id WHERE t.schema_name <> m.tenant"
    )
    assert wrong == [(0,)]


def restart(house: House, module: str) -> None:
    house.kill(module)
    house.start(module)


def test_the_ingester_is_killed_in_mid_stream(street: list[Device], house: House) -> None:
    for number in talk(street, messages=150, seconds=3):
        if number in (40, 90):
            restart(house, INGESTER)
    everything_is_stored_once(street, seconds=20)


def test_the_ingester_ends_cleanly_when_told(street: list[Device], house: House) -> None:
    for _ in talk(street, messages=20, seconds=0.2):
        pass
    everything_is_stored_once(street, seconds=10)
    assert house.end(INGESTER) == 0 and house.end(BROKER) == 0


@pytest.mark.req("OPS-03")
def test_logs_are_json_and_counts_are_metrics(street: list[Device], house: House) -> None:
    street[0].say("event", type="plugged")
    street[0].publish(f"ev/v1/{street[0].device_id}/event", b"poison")
    everything_is_stored_once(street, seconds=10)
    address = f"http://127.0.0.1:{house.metrics_port}/metrics"
    until(lambda: counted(address, "set_aside") == 1, seconds=5, what="the poison is counted")
    assert counted(address, "stored") == 1
    for module in (INGESTER, BROKER):
        for line in house.log(module).splitlines():
            said = json.loads(line)
            assert {"event", "level", "timestamp", "process"} <= said.keys()


def counted(address: str, outcome: str) -> float:
    """From the Prometheus text."""
    text = urllib.request.urlopen(address, timeout=5).read().decode()
    name = f'wattlane_ingested_messages_total{{outcome="{outcome}"}} '
    return next((float(line.removeprefix(name)) for line in text.splitlines() if line.startswith(name)), 0)


def test_a_broker_that_comes_late_is_waited_for(house: House) -> None:
    house.start(INGESTER)
    until(lambda: "broker_away" in house.log(INGESTER), seconds=15, what="the ingester says that it waits")
    house.start_broker()
    until(lambda: "broker_connected" in house.log(INGESTER), seconds=15, what="connected")

"""The production broker with the production configuration: the same rules, the same promises. Needs Mosquitto."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.devices import actions as devices
from saas.edge.dispatcher.credentials import MosquittoFile
from saas.kit.home import home
from saas.tenancy.models import Tenant

from .device import Client, Device
from .mosquitto import Mosquitto
from .processes import House, until
from .rig import NOW
from .test_faults import INGESTER, everything_is_stored_once, restart, talk

pytestmark = pytest.mark.req("DEV-04")


@pytest.fixture
def broker(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mosquitto]:
    """Two devices registered, Mosquitto running."""
    monkeypatch.setenv("WATTLANE_MOSQUITTO_PID", str(tmp_path / "mosquitto.pid"))
    MosquittoFile(home()).refresh()
    running = Mosquitto(tmp_path, tmp_path / "broker" / "mosquitto.passwd")
    house.env["MQTT_URL"] = f"mqtt://127.0.0.1:{running.own_port}"
    monkeypatch.setenv("MQTT_URL", house.env["MQTT_URL"])
    yield running
    running.close()


def register(schema: str = "ampere") -> tuple[str, str]:
    device, secret = devices.register(tenant=Tenant.objects.get(schema_name=schema), kind="adapter", now=NOW)
    return device.device_id, secret


def trespass(broker: Mosquitto, login: tuple[str, str], topic: str) -> None:
    """Publish where it is forbidden: Mosquitto 2.0.11 without a limit of queued messages disconnects who does that."""
    intruder = Client(broker.device_port, *login)
    until(lambda: intruder.notes, seconds=5, what="in")
    intruder.paho.publish(topic, b"foreign", qos=0)
    intruder.close()


def test_the_same_rules_hold(broker: Mosquitto) -> None:
    (one, secret), (two, other) = register(), register("barq")
    MosquittoFile(home()).refresh()
    time.sleep(0.5)
    ingester = Client(broker.own_port, "_ingester", home().secrets["mqtt_ingester"])
    second = Client(broker.device_port, two, other)
    strangers = [Client(broker.device_port, one, "wrong"), Client(broker.device_port, "", None, client_id="x")]
    for client in (ingester, second, *strangers):
        until(lambda held=client: held.notes, seconds=5, what="an answer")
    assert [client.notes[0] for client in strangers] == ["refused"] * 2
    ingester.paho.subscribe([("ev/v1/+/telemetry", 1), ("#", 1)])
    second.paho.subscribe([(f"ev/v1/{two}/ack", 1), ("#", 1), (f"ev/v1/{one}/cmd", 1)])
    until(lambda: len(ingester.granted) == 2 and len(second.granted) == 3, seconds=5, what="SUBACK")
    for topic in (f"ev/v1/{two}/telemetry", f"ev/v1/{two}/cmd", f"ev/v1/{one}/cmd", "rpc/v1/ask/boot/x/y", "other"):
        trespass(broker, (one, secret), topic)
    first = Client(broker.device_port, one, secret)
    until(lambda: first.notes == ["in"], seconds=5, what="in again")
    first.publish(f"ev/v1/{one}/telemetry", b"own")
    ingester.publish(f"ev/v1/{two}/ack", b"ack")
    until(lambda: ingester.heard and second.heard, seconds=5, what="both")
    time.sleep(0.3)
    assert {payload for _, payload in ingester.heard} == {b"own"}
    assert {topic for topic, _ in second.heard} == {f"ev/v1/{two}/ack"}
    devices.revoke(device_id=one, now=NOW)
    MosquittoFile(home()).refresh()
    until(lambda: "out" in first.notes, seconds=5, what="disconnected")
    until(lambda: "refused" in first.notes, seconds=5, what="refused")
    assert second.notes == ["in"]
    for client in (ingester, first, second, *strangers):
        client.close()


@pytest.mark.req("DEV-05")
def test_the_ingester_and_the_broker_are_killed_in_mid_stream(broker: Mosquitto, house: House) -> None:
    held = [register(schema) for schema in ("ampere", "barq")]
    MosquittoFile(home()).refresh()
    house.start(INGESTER)
    until(lambda: "broker_connected" in house.log(INGESTER), seconds=15, what="the ingester is connected")
    street = [Device(broker.device_port, device_id, secret, boot=7) for device_id, secret in held]
    for number in talk(street, messages=150, seconds=3):
        if number == 40:
            restart(house, INGESTER)
        if number == 100:
            broker.kill()
            broker.start()
    everything_is_stored_once(street, seconds=20)
    for device in street:
        device.close()

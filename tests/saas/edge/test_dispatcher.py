"""Commands reach devices whoever dies in between; credentials reach the broker within seconds."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.edge.dispatcher import outbox
from saas.edge.dispatcher.credentials import CredentialsFile
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.charging.models import DeviceCommand

from .device import Client, Device
from .processes import House, test_database_url, until
from .rig import NOW

State = DeviceCommand.State
DISPATCHER = "saas.edge.dispatcher"
INGESTER = "saas.edge.ingester"


def queue(device_id: str, *, now: datetime = NOW, kind: str = "stop", seconds: float = 600, **payload: Any) -> str:
    """A command in the outbox of the current tenant, as charging.actions writes it; its id."""
    uid, expires = uuid.uuid4(), now + timedelta(seconds=seconds)
    to_ms = lambda moment: int(moment.timestamp() * 1000)  # noqa: E731
    body = {"v": 1, "id": str(uid), "type": kind, "ts_ms": to_ms(now), "expires_ms": to_ms(expires)} | payload
    DeviceCommand.objects.create(
        uid=uid, device_id=device_id, type=kind, payload=body, next_at=now, expires_at=expires
    )  # fmt: skip
    return str(uid)


class Taker:
    """A broker that takes what it is given, or does not."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, topic: str, payload: bytes) -> bool:
        self.taken.append((topic, json.loads(payload)))
        return True


def test_a_due_command_is_sent_to_its_device_and_again_after_a_pause(ampere: Tenant) -> None:
    taker, uid = Taker(), queue("ad_1", reason="remote")
    assert outbox.work("ampere", publish=taker, now=NOW) == 1
    assert outbox.work("ampere", publish=taker, now=NOW + timedelta(seconds=1)) == 0
    assert outbox.work("ampere", publish=taker, now=NOW + timedelta(seconds=100)) == 1
    assert [(topic, body["id"], body["reason"]) for topic, body in taker.taken] == [
        ("ev/v1/ad_1/cmd", uid, "remote")
    ] * 2


def test_an_expired_command_is_never_sent(ampere: Tenant) -> None:
    taker, _ = Taker(), queue("ad_1", seconds=5)
    assert outbox.work("ampere", publish=taker, now=NOW + timedelta(seconds=5)) == 0
    assert DeviceCommand.objects.get().state == State.EXPIRED and taker.taken == []


def test_a_command_of_another_tenant_stays_where_it_is(ampere: Tenant) -> None:
    taker, _ = Taker(), queue("ad_1")
    assert outbox.work("barq", publish=taker, now=NOW) == 0 and taker.taken == []


def test_a_row_that_makes_no_message_is_refused_by_name_and_the_next_is_sent(ampere: Tenant) -> None:
    taker, _, good = Taker(), queue("ad_1", kind="dance"), queue("ad_1")
    assert outbox.work("ampere", publish=taker, now=NOW) == 1
    assert [body["id"] for _, body in taker.taken] == [good]
    refused = DeviceCommand.objects.get(type="dance")
    assert (refused.state, refused.error) == (State.REFUSED, "bad_format")


def test_a_device_that_comes_back_does_not_wait_for_the_pause(ampere: Tenant) -> None:
    taker, _ = Taker(), queue("ad_1")
    for _ in range(4):
        outbox.hurry("ampere", "ad_1", now=NOW)
        outbox.work("ampere", publish=taker, now=NOW)
    assert len(taker.taken) == 4


@pytest.mark.req("DEV-04")
def test_credentials_follow_the_registry(ampere: Tenant, tmp_path: Path) -> None:
    file = CredentialsFile(tmp_path / "broker" / "credentials.json")
    one, _ = devices.register(tenant=ampere, kind="adapter", now=NOW)
    two, _ = devices.register(tenant=ampere, kind="adapter", now=NOW)
    assert file.refresh() and not file.refresh()
    devices.revoke(device_id=one.device_id, now=NOW)
    _, secret = devices.rotate(device_id=two.device_id, now=NOW)
    assert file.refresh()
    written = tmp_path / "broker" / "credentials.json"
    held = json.loads(written.read_text())["devices"]
    assert one.device_id not in held and len(held[two.device_id]) == 64 and secret not in written.read_text()
    assert written.stat().st_mode & 0o077 == 0


@pytest.mark.req("DEV-04")
def test_the_brokers_note_that_a_next_password_was_used_changes_the_registry(ampere: Tenant, tmp_path: Path) -> None:
    file = CredentialsFile(tmp_path / "credentials.json")
    (one, _), (two, _) = (devices.register(tenant=ampere, kind="adapter", now=NOW) for _ in range(2))
    for device in (one, two):
        devices.prepare(device_id=device.device_id, now=NOW)
    file.refresh()
    following = json.loads((tmp_path / "credentials.json").read_text())["next"]
    used = tmp_path / "used"
    used.mkdir()
    (used / one.device_id).write_text(following[one.device_id])
    (used / two.device_id).write_text("another hash")
    (used / f".{two.device_id}").write_text("half written")
    assert file.refresh()
    held = json.loads((tmp_path / "credentials.json").read_text())
    assert held["devices"][one.device_id] == following[one.device_id] and list(held["next"]) == [two.device_id]
    assert [note.name for note in used.iterdir()] == [f".{two.device_id}"]


@pytest.mark.req("DEV-04")
def test_a_command_carries_the_next_password_and_its_row_does_not(ampere: Tenant) -> None:
    device, _ = devices.register(tenant=ampere, kind="adapter", now=NOW)
    devices.prepare(device_id=device.device_id, now=NOW)
    taker, _ = Taker(), queue(device.device_id, kind="credential")
    assert outbox.work("ampere", publish=taker, now=NOW) == 1
    secret = taker.taken[0][1]["data"]["secret"]
    assert secret == registry.next_password(device.device_id)
    assert secret not in json.dumps(DeviceCommand.objects.get().payload)
    devices.promote(device_id=device.device_id, now=NOW)
    assert outbox.work("ampere", publish=taker, now=NOW + timedelta(seconds=100)) == 0
    superseded = DeviceCommand.objects.get()
    assert (superseded.state, superseded.error) == (State.REFUSED, "superseded")


@pytest.mark.req("DEV-04")
def test_every_change_of_the_registry_is_notified(committed: None) -> None:
    with psycopg.connect(test_database_url(), autocommit=True) as ears:
        ears.execute("LISTEN wattlane_devices")
        device_id, _ = register()
        devices.rotate(device_id=device_id, now=NOW)
        devices.revoke(device_id=device_id, now=NOW)
        devices.approve(device_id=device_id, now=NOW)
        heard = [note.payload for note in ears.notifies(timeout=5, stop_after=4)]
    assert heard == [device_id] * 4


@pytest.fixture
def running(house: House) -> Iterator[House]:
    """Broker, dispatcher and the real ingester."""
    house.start_broker()
    for module in (DISPATCHER, INGESTER):
        house.start(module)
    for module in (DISPATCHER, INGESTER):
        until(lambda name=module: "broker_connected" in house.log(name), seconds=20, what=f"{module} is connected")
    yield house
    with tenant_schema("ampere"):
        DeviceCommand.objects.all().delete()


def register() -> tuple[str, str]:
    device, secret = devices.register(tenant=Tenant.objects.get(schema_name="ampere"), kind="adapter", now=NOW)
    return device.device_id, secret


def let_in(house: House, device_id: str) -> None:
    file = house.folder / "broker" / "credentials.json"
    until(lambda: file.exists() and device_id in file.read_text(), seconds=5, what="the credential is written")
    until(lambda: house.log("saas.edge.broker").count("credentials_loaded"), seconds=3, what="and read")


def state(uid: str) -> str:
    with tenant_schema("ampere"):
        return DeviceCommand.objects.get(uid=uid).state


@pytest.mark.req("DEV-04")
def test_a_registered_device_gets_in_and_a_revoked_one_is_thrown_out_within_seconds(running: House) -> None:
    device_id, secret = register()
    let_in(running, device_id)
    device = Client(running.mqtt_port, device_id, secret)
    until(lambda: "in" in device.notes, seconds=5, what="in")
    devices.revoke(device_id=device_id, now=NOW)
    until(lambda: "out" in device.notes[device.notes.index("in") :], seconds=4, what="thrown out")
    until(lambda: device.notes[-2:].count("refused"), seconds=5, what="and refused")
    device.close()


def test_a_command_survives_a_killed_dispatcher_and_an_absent_device(running: House) -> None:
    device_id, secret = register()
    let_in(running, device_id)
    with tenant_schema("ampere"):
        uid = queue(device_id, now=datetime.now(UTC))
    until(lambda: state(uid) == State.SENT, seconds=6, what="sent, to nobody")
    running.kill(DISPATCHER)
    device = Device(running.mqtt_port, device_id, secret, boot=9)
    online = {"v": 1, "boot": 9, "seq": 0, "ts_ms": 1, "online": True, "state": "idle"}
    device.publish(f"ev/v1/{device_id}/status", json.dumps(online).encode(), retain=True)
    running.start(DISPATCHER)
    until(lambda: device.commands, seconds=15, what="the command")
    assert {command["id"] for command in device.commands} == {uid}
    device.say("reply", id=uid, ok=True)
    until(lambda: state(uid) == State.DONE, seconds=5, what="done")
    device.close()

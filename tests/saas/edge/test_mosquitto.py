"""The production broker as it is kept by the dispatcher: restarts, losses, thousands of devices. Needs Mosquitto."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.devices import actions as devices
from saas.devices import keys
from saas.devices.models import Device as Registered
from saas.edge.dispatcher import dynsec
from saas.edge.dispatcher.mosquitto_files import first_list, write_all
from saas.kit.home import home
from saas.tenancy.models import Tenant

from .brokers import Production, environment
from .device import Client, Device
from .mosquitto import Mosquitto
from .processes import House, until
from .rig import NOW
from .test_faults import INGESTER, everything_is_stored_once, restart, talk

pytestmark = pytest.mark.req("DEV-04")
DISPATCHER = "saas.edge.dispatcher"


@pytest.fixture
def broker(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mosquitto]:
    """Mosquitto, started with the files of an empty registry."""
    write_all(tmp_path / "files", home(), first_list())
    running = Mosquitto(tmp_path, tmp_path / "files")
    house.env["MQTT_URL"] = f"mqtt://127.0.0.1:{running.own_port}"
    monkeypatch.setenv("MQTT_URL", house.env["MQTT_URL"])
    yield running
    running.close()


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Production]:
    """Mosquitto with a roster of its own and the dispatcher's code, without a database."""
    changed = environment(tmp_path)
    held = Production(tmp_path)
    held.set(ad_1="one", ad_2="two")
    yield held
    held.close()
    changed.undo()


def register(schema: str = "ampere") -> tuple[str, str]:
    device, secret = devices.register(tenant=Tenant.objects.get(schema_name=schema), kind="adapter", now=NOW)
    return device.device_id, secret


def knows(broker: Mosquitto, *device_ids: str) -> bool:
    held = json.loads(broker.clients_file.read_text() or "{}")
    return set(device_ids) <= {client["username"] for client in held.get("clients", [])}


def first_word(port: int, user: str, password: str) -> str:
    """What a new connection hears first."""
    client = Client(port, user, password)
    until(lambda: client.notes, seconds=5, what="an answer")
    client.close()
    return client.notes[0]


def test_the_dispatcher_carries_every_change_of_the_registry_to_mosquitto(house: House, broker: Mosquitto) -> None:
    house.start(DISPATCHER)
    until(lambda: "broker_connected" in house.log(DISPATCHER), seconds=20, what="the dispatcher is connected")
    one, secret = register()
    until(lambda: knows(broker, one), seconds=5, what="told")
    device = Client(broker.own_port, one, secret)
    until(lambda: "in" in device.notes, seconds=5, what="in")
    devices.revoke(device_id=one, now=NOW)
    until(lambda: "out" in device.notes, seconds=3, what="thrown out")
    until(lambda: "refused" in device.notes, seconds=5, what="and refused")
    _, new = devices.rotate(device_id=one, now=NOW)
    devices.approve(device_id=one, now=NOW)
    until(lambda: first_word(broker.own_port, one, new) == "in", seconds=5, what="in with the new password")
    device.close()


def test_mosquitto_remembers_over_a_restart_and_is_filled_again_when_it_does_not(kept: Production) -> None:
    mosquitto = kept.mosquitto
    for restarts in (1, 2):
        mosquitto.kill()
        if restarts == 2:
            mosquitto.clients_file.write_text('{"clients": [{"user')  # as a full disk leaves it
        mosquitto.start()
        until(lambda before=restarts: kept.link.connections > before, seconds=15, what="connected again")
        kept.sync()
        assert first_word(kept.port, "ad_1", "one") == "in" and first_word(kept.port, "ad_2", "wrong") == "refused"


def test_what_was_lost_or_changed_behind_our_back_is_found_by_listing(
    kept: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dynsec, "PAGE", 2)
    kept.set(ad_3="three", ad_4="four", ad_5=None)
    for command in (
        {"command": "deleteClient", "username": "ad_1"},
        {"command": "disableClient", "username": "ad_2"},
        {"command": "createClient", "username": "ad_9", "password": "nine"},
        {"command": "createClient", "username": "operators-own", "password": "own"},
    ):
        kept.dynsec._ask([command])
    kept.dynsec._list_at = 0.0
    kept.sync()
    passwords = {"ad_1": "one", "ad_2": "two", "ad_3": "three", "ad_4": "four", "ad_9": "nine", "operators-own": "own"}
    words = {user: first_word(kept.port, user, word) for user, word in passwords.items()}
    assert words == dict.fromkeys(("ad_1", "ad_2", "ad_3", "ad_4", "operators-own"), "in") | {"ad_9": "refused"}


def test_a_broker_without_the_plug_in_is_said_and_tried_again_later(
    kept: Production, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(dynsec, "ANSWER_SECONDS", 0.2)
    monkeypatch.setattr(dynsec, "CONTROL", "ev/v1/nobody/cmd")
    kept.dynsec._list_at = 0.0
    assert not kept.dynsec.refresh() and "mosquitto_silent" in capsys.readouterr().out
    assert not kept.dynsec.refresh() and capsys.readouterr().out == "", "not asked again so soon"


def test_who_comes_in_with_its_next_password_is_noted_and_who_was_in_before_is_not(kept: Production) -> None:
    device = Client(kept.port, "ad_1", "one")
    until(lambda: device.notes, seconds=5, what="in")
    kept.following.add("ad_1")
    kept.set(ad_1="next")
    until(lambda: "refused" in device.notes, seconds=5, what="the old one is over")
    kept.sync()
    assert kept.promoted == []
    assert first_word(kept.port, "ad_1", "next") == "in" and first_word(kept.port, "ad_2", "two") == "in"
    until(lambda: [kept.sync(), kept.promoted][1], seconds=3, what="noted")
    assert kept.promoted == [("ad_1", kept._tags["ad_1"])]
    device.close()


@pytest.mark.slow
def test_a_thousand_newcomers_do_not_hold_up_who_is_shut_out(kept: Production) -> None:
    device = Client(kept.port, "ad_1", "one")
    until(lambda: device.notes, seconds=5, what="in")
    newcomers = {f"ad_{number:016x}": "secret" * 6 for number in range(1000)}
    kept._passwords |= newcomers
    kept._tags |= dict.fromkeys(newcomers, "tag")
    assert kept.dynsec.refresh(), "a turn is short, so there is more to do"
    kept._passwords["ad_1"] = None
    kept.dynsec.refresh()
    until(lambda: "out" in device.notes, seconds=10, what="thrown out before the rest comes in")
    kept.sync()
    assert first_word(kept.port, "ad_00000000000003e7", "secret" * 6) == "in"
    device.close()


def test_the_first_file_holds_everybody_also_those_whose_password_nobody_knows(house: House, tmp_path: Path) -> None:
    (new, secret), (old, _), (out, shut) = register(), register("barq"), register()
    Registered.objects.filter(pk=old).update(secret_sealed=None, mosquitto_hash=keys.mosquitto_digest("of old"))
    devices.revoke(device_id=out, now=NOW)
    write_all(tmp_path / "files", home(), first_list())
    assert secret not in "".join(file.read_text() for file in (tmp_path / "files").iterdir())
    broker = Mosquitto(tmp_path, tmp_path / "files")
    answers = [first_word(broker.own_port, *login) for login in ((new, secret), (old, "of old"), (out, shut))]
    broker.close()
    assert answers == ["in", "in", "refused"]


@pytest.mark.slow
@pytest.mark.req("DEV-05")
def test_the_ingester_and_the_broker_are_killed_in_mid_stream(broker: Mosquitto, house: House) -> None:
    held = [register(schema) for schema in ("ampere", "barq")]
    for module in (INGESTER, DISPATCHER):
        house.start(module)
        until(lambda name=module: "broker_connected" in house.log(name), seconds=15, what=f"{module} is connected")
    until(lambda: knows(broker, *(device for device, _ in held)), seconds=5, what="told")
    street = [Device(broker.own_port, device_id, secret, boot=7) for device_id, secret in held]
    for number in talk(street, messages=150, seconds=3):
        if number == 40:
            restart(house, INGESTER)
        if number == 100:
            broker.kill()
            broker.start()
    everything_is_stored_once(street, seconds=20)
    for device in street:
        device.close()

"""What is the embedded broker's own: sessions, silence, storms, and the change from one password to the next."""

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from saas.edge.broker import rules
from saas.kit.home import Home

from .device import Client
from .processes import House, until

pytestmark = pytest.mark.req("DEV-04")
Connect = Callable[..., Client]


def write_credentials(folder: Path, following: dict[str, str] | None = None, **devices: str) -> None:
    """As the dispatcher writes it; `following` are next passwords."""
    file = folder / "broker" / "credentials.json"
    file.parent.mkdir(exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps({"devices": hashed(devices), "next": hashed(following or {})}))
    part.replace(file)


def hashed(passwords: dict[str, str]) -> dict[str, str]:
    return {name: hashlib.sha256(password.encode()).hexdigest() for name, password in passwords.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("broker")
    write_credentials(folder, ad_1="one", ad_2="two", ad_3="three")
    held = House(folder, WATTLANE_HOME=str(folder))
    held.start_broker()
    yield held
    held.close()


@pytest.fixture
def connect(house: House) -> Iterator[Connect]:
    made: list[Client] = []

    def make(user: str, password: str | None = None, **more: Any) -> Client:
        if user.startswith("_"):
            password = Home(house.folder).secrets[f"mqtt{user}"]
        client = Client(house.mqtt_port, user, password, **more)
        made.append(client)
        until(lambda: client.notes, seconds=5, what="an answer to CONNECT")
        return client

    yield make
    for client in made:
        client.close()


def subscribe(client: Client, *filters: str) -> list[bool]:
    before = len(client.granted)
    client.paho.subscribe([(name, 1) for name in filters])
    until(lambda: len(client.granted) >= before + len(filters), seconds=5, what="SUBACK")
    return client.granted[before:]


def test_an_impostor_does_not_end_the_connection_of_whom_it_names(connect: Connect, house: House) -> None:
    device = connect("ad_1", "one")
    subscribe(device, "ev/v1/ad_1/ack")
    for clean in (True, False):
        impostor = Client(house.mqtt_port, "ad_1", "wrong", clean_session=clean)
        until(lambda held=impostor: held.notes, seconds=5, what="an answer")
        impostor.close()
    connect("_ingester").publish("ev/v1/ad_1/ack", b"still there")
    until(lambda: device.heard, seconds=5, what="the message")
    assert device.notes == ["in"]


def test_a_kept_session_gets_what_came_while_it_was_away(connect: Connect) -> None:
    first = connect("_ingester", client_id="_ingester-kept", clean_session=False)
    subscribe(first, "ev/v1/+/event")
    first.close()
    connect("ad_1", "one").publish("ev/v1/ad_1/event", b"meanwhile")
    again = connect("_ingester", client_id="_ingester-kept", clean_session=False)
    until(lambda: ("ev/v1/ad_1/event", b"meanwhile") in again.heard, seconds=5, what="the message")


def test_a_kept_session_lives_on_when_its_own_client_takes_over(connect: Connect) -> None:
    first = connect("_ingester", client_id="_ingester-over", clean_session=False)
    subscribe(first, "ev/v1/+/event")
    first.paho.reconnect_delay_set(60, 60)
    second = connect("_ingester", client_id="_ingester-over", clean_session=False)
    connect("ad_1", "one").publish("ev/v1/ad_1/event", b"to the newest")
    until(lambda: second.heard, seconds=5, what="the message")
    assert first.notes[:2] == ["in", "out"]


def test_the_next_password_ends_the_old_one_once_it_was_used(connect: Connect, house: House) -> None:
    others = {"ad_1": "one", "ad_2": "two"}
    write_credentials(house.folder, {"ad_3": "next"}, **others, ad_3="three")
    until(lambda: '"credentials_loaded"' in house.log("saas.edge.broker"), seconds=3, what="read")
    old, note = connect("ad_3", "three"), house.folder / "broker" / "used" / "ad_3"
    time.sleep(0.6)
    assert old.notes == ["in"] and not note.exists()
    until(lambda: connect("ad_3", "next", client_id="ad_3-new").notes == ["in"], seconds=3, what="in with the next")
    until(lambda: old.notes[:3] == ["in", "out", "refused"], seconds=3, what="the old one is out")
    assert note.read_text() == hashed({"ad_3": "next"})["ad_3"]
    write_credentials(house.folder, **others, ad_3="next")  # as the dispatcher does once it has read the note
    time.sleep(0.6)
    assert connect("ad_3", "next").notes == ["in"]
    assert connect("ad_3", "three", client_id="ad_3-x").notes[0] == "refused"
    write_credentials(house.folder, **others, ad_3="three")


def _text(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def _connect_packet(client_id: str, *, keep_alive: int) -> bytes:
    """CONNECT of ad_1 with a retained will, byte by byte."""
    head = _text("MQTT") + b"\x04\xce" + keep_alive.to_bytes(2, "big") + _text(client_id)
    body = head + _text("ev/v1/ad_1/status") + _text("off") + _text("ad_1") + _text("one")
    return b"\x10" + bytes([len(body)]) + body


def _raw_client(port: int, client_id: str) -> socket.socket:
    """Connects and subscribes in one breath, without waiting for an answer."""
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    subscribe = b"\x00\x01" + _text("ev/v1/ad_1/ack") + b"\x01"
    client.sendall(_connect_packet(client_id, keep_alive=30) + b"\x82" + bytes([len(subscribe)]) + subscribe)
    return client


def test_a_silent_connection_is_ended_after_one_and_a_half_keep_alives(connect: Connect, house: House) -> None:
    ingester = connect("_ingester")
    subscribe(ingester, "ev/v1/+/status")
    ingester.heard.clear()
    with socket.create_connection(("127.0.0.1", house.mqtt_port), timeout=5) as silent:
        silent.sendall(_connect_packet("ad_1-silent", keep_alive=1))
        assert silent.recv(4) == b"\x20\x02\x00\x00"
        began = time.monotonic()
        assert silent.recv(1) == b"" and time.monotonic() - began > 1.2
    until(lambda: ("ev/v1/ad_1/status", b"off") in ingester.heard, seconds=3, what="the last will")


@pytest.mark.slow
def test_who_connects_and_says_nothing_is_shown_the_door(house: House) -> None:
    with socket.create_connection(("127.0.0.1", house.mqtt_port), timeout=15) as mute:
        mute.sendall(b"\x10")
        assert mute.recv(1) == b""


def test_a_storm_of_clients_leaves_the_broker_whole(connect: Connect, house: House) -> None:
    ingester = connect("_ingester")
    subscribe(ingester, "ev/v1/+/telemetry")
    for wave in range(4):
        storm = [_raw_client(house.mqtt_port, f"ad_1-{wave}-{number}") for number in range(100)]
        for number, client in enumerate(storm):
            if number % 3:
                assert client.recv(4) == b"\x20\x02\x00\x00"
            if number % 2:
                client.sendall(b"\xe0\x00")
            client.close()
    connect("ad_2", "two").publish("ev/v1/ad_2/telemetry", b"after the storm")
    until(lambda: ("ev/v1/ad_2/telemetry", b"after the storm") in ingester.heard, seconds=5, what="the message")
    assert "Traceback" not in house.log("saas.edge.broker")


USERS = ["_ingester", "_dispatcher", "_gateway", "_answers", "ad_1", "ad_2", "_nobody"]


@pytest.mark.parametrize("user", USERS)
def test_nobody_but_its_own_processes_and_itself_touches_a_device(user: str) -> None:
    allowed = {
        topic
        for topic in (f"ev/v1/ad_1/{kind}" for kind in ("telemetry", "event", "status", "reply", "cmd", "ack"))
        if rules.may_publish(user, topic)
    }
    upward = {f"ev/v1/ad_1/{kind}" for kind in ("telemetry", "event", "status", "reply")}
    expected = {"ad_1": upward, "_gateway": upward, "_ingester": {"ev/v1/ad_1/ack"}, "_dispatcher": {"ev/v1/ad_1/cmd"}}
    assert allowed == expected.get(user, set())


@pytest.mark.parametrize(
    "topic", ["#", "+", "ev/#", "ev/v1/#", "ev/v1/ad_1/#", "ev/v1/+/cmd", "ev/v1/ad_1", "", "$SYS/#"]
)
def test_wildcards_do_not_widen_what_a_device_may_read(topic: str) -> None:
    assert not rules.may_read("ad_1", topic) and not rules.may_publish("ad_1", topic)

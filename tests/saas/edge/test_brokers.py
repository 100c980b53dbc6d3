"""What both brokers promise, embedded and Mosquitto alike: a device reaches its own topics and nothing else."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from saas.kit.pki import Authority

from .brokers import Broker, Embedded, Production, environment
from .device import Client
from .mosquitto import INSTALLED as MOSQUITTO
from .processes import until

pytestmark = pytest.mark.req("DEV-04")
KINDS: dict[str, Any] = {"embedded": Embedded} | ({"mosquitto": Production} if MOSQUITTO else {})
Connect = Callable[..., Client]
UPWARD = ("telemetry", "event", "status", "reply")
FOREIGN = (
    *(f"ev/v1/ad_2/{kind}" for kind in (*UPWARD, "cmd", "ack")),
    "ev/v1/ad_1/cmd", "ev/v1/ad_1/ack", "ev/v1/ad_1", "ev/v1/ad_1/telemetry/more", "ev/v1//telemetry",
    "rpc/v1/ask/connect/x/y", "rpc/v1/answer/_gateway/z", "$CONTROL/dynamic-security/v1", "$SYS/broker/uptime", "other",
)  # fmt: skip
FILTERS = (
    "#", "+/+/+/+", "ev/#", "ev/v1/#", "ev/v1/+/cmd", "ev/v1/+/ack", "ev/v1/ad_1/#", "ev/v1/ad_1/+", "ev/v1/ad_2/cmd",
    "ev/v1/ad_2/ack", "ev/v1/ad_2/status", "ev/v1/ad_1/telemetry", "rpc/#", "$SYS/#", "$share/g/ev/v1/+/cmd",
    "$share/g/#", "$CONTROL/dynamic-security/v1/response",
)  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    folder = tmp_path_factory.mktemp(request.param)
    changed = environment(folder)
    held = KINDS[request.param](folder)
    held.set(ad_1="one", ad_2="two", ad_3="three")
    yield held
    held.close()
    changed.undo()


@pytest.fixture
def connect(broker: Broker) -> Iterator[Connect]:
    made: list[Client] = []

    def make(user: str, password: str | None = None, **more: Any) -> Client:
        if user.startswith("_") and password is None:
            password = broker.home.secrets[f"mqtt{user}"]
        client = Client(more.pop("port", broker.port), user, password, **more)
        made.append(client)
        until(lambda: client.notes or client.unreachable, seconds=5, what="an answer to CONNECT")
        return client

    yield make
    for client in made:
        client.close()


def subscribe(client: Client, *filters: str) -> list[bool]:
    before = len(client.granted)
    client.paho.subscribe([(name, 1) for name in filters])
    until(lambda: len(client.granted) >= before + len(filters), seconds=5, what="SUBACK")
    return client.granted[before:]


def ears(connect: Connect) -> list[Client]:
    """Everybody of ours who may hear something of devices, listening to all that they may."""
    listening = {
        "_ingester": [f"ev/v1/+/{kind}" for kind in UPWARD],
        "_gateway": ["ev/v1/+/cmd", "ev/v1/+/ack", "rpc/v1/answer/+/+"],
        "_answers": ["rpc/v1/ask/+/+/+"],
    }
    clients = [connect(user, client_id=f"{user}-ears") for user in listening]
    for client, filters in zip(clients, listening.values(), strict=True):
        assert all(subscribe(client, *filters))
    return clients


def drop(client: Client) -> None:
    """As when the power goes: no DISCONNECT, and not back soon."""
    client.paho.loop_stop()
    client.paho.socket().close()


STRANGERS = [
    ("ad_1", "wrong", "ad_1"), ("ad_1", "", "ad_1"), ("ad_1", None, "ad_1"), ("ad_9", "one", "ad_9"),
    ("", None, "anybody"), ("ad_1", "one", "ad_2"), ("ad_1", "one", "_ingester"), ("_ingester", "one", "ad_1"),
    ("_nobody", "x", "_nobody"), ("_ingester", "", "_ingester-1"),
]  # fmt: skip


def test_strangers_and_impostors_are_refused_disturb_nobody_and_are_counted(broker: Broker, connect: Connect) -> None:
    held = [connect("ad_1", "one"), connect("ad_2", "two"), connect("_ingester")]
    before = sum(map(broker.counted, ("wrong_credential", "foreign_client_id")))
    for user, password, client_id in STRANGERS:
        stranger = Client(broker.port, user, password, client_id=client_id)
        until(lambda held=stranger: held.notes, seconds=5, what="an answer")
        stranger.close()
        assert stranger.notes[0] == "refused" and "in" not in stranger.notes, (user, client_id)
    assert [client.notes for client in held] == [["in"]] * 3
    after = lambda: sum(map(broker.counted, ("wrong_credential", "foreign_client_id")))  # noqa: E731
    until(lambda: after() - before >= len(STRANGERS), seconds=3, what="counted")


def test_what_is_published_on_foreign_topics_reaches_nobody_and_is_counted(broker: Broker, connect: Connect) -> None:
    listening, before = [*ears(connect), connect("ad_2", "two")], broker.counted("foreign_publish")
    subscribe(listening[-1], "ev/v1/ad_2/cmd", "ev/v1/ad_2/ack")
    heard_before = [list(client.heard) for client in listening]
    for number, topic in enumerate(FOREIGN):
        intruder = connect("ad_1", "one")
        intruder.paho.publish(topic, b"foreign", qos=0, retain=number % 2 == 0)
        intruder.close()
    until(lambda: broker.counted("foreign_publish") - before >= len(FOREIGN), seconds=3, what="all counted")
    connect("ad_1", "one").publish("ev/v1/ad_1/event", b"own")
    until(lambda: ("ev/v1/ad_1/event", b"own") in listening[0].heard, seconds=5, what="its own")
    later = ears(connect)  # retained messages would come to whoever subscribes afterwards
    time.sleep(0.3)
    heard = [client.heard for client in [*listening, *later]]
    assert not [message for messages in heard for message in messages if message[1] == b"foreign"]
    assert listening[-1].heard == heard_before[-1] == [] and listening[-1].notes == ["in"]


def test_whatever_a_device_subscribes_to_it_hears_its_own_and_is_counted(broker: Broker, connect: Connect) -> None:
    speaker = connect("ad_2", "two")
    speaker.publish("ev/v1/ad_2/status", b"kept", retain=True)
    nosy, before = connect("ad_1", "one"), broker.counted("foreign_subscription")
    for name in FILTERS:
        subscribe(nosy, name)
    assert subscribe(nosy, "ev/v1/ad_1/cmd", "ev/v1/ad_1/ack") == [True, True]
    dispatcher, ingester = connect("_dispatcher"), connect("_ingester")
    for device in ("ad_1", "ad_2"):
        dispatcher.publish(f"ev/v1/{device}/cmd", device.encode())
        ingester.publish(f"ev/v1/{device}/ack", device.encode())
    for kind in UPWARD:
        speaker.publish(f"ev/v1/ad_2/{kind}", b"of another")
        nosy.publish(f"ev/v1/ad_1/{kind}", b"its own, upwards")
    until(lambda: len(nosy.heard) >= 2, seconds=5, what="its own")
    time.sleep(0.3)
    assert set(nosy.heard) == {("ev/v1/ad_1/cmd", b"ad_1"), ("ev/v1/ad_1/ack", b"ad_1")}
    until(lambda: broker.counted("foreign_subscription") - before == len(FILTERS), seconds=3, what="all counted")
    speaker.publish("ev/v1/ad_2/status", b"", retain=True)


def test_our_own_processes_hear_nothing_that_is_not_theirs(broker: Broker, connect: Connect) -> None:
    dispatcher, answers = connect("_dispatcher"), connect("_answers")
    for client in (dispatcher, answers):
        subscribe(client, "#", "ev/v1/+/telemetry", "ev/v1/+/cmd")
    ears_of_ingester = connect("_ingester")
    subscribe(ears_of_ingester, "ev/v1/+/telemetry")
    connect("ad_1", "one").publish("ev/v1/ad_1/telemetry", b"own")
    until(lambda: ears_of_ingester.heard, seconds=5, what="the message")
    time.sleep(0.2)
    assert not [topic for client in (dispatcher, answers) for topic, _ in client.heard if topic.startswith("ev/")]


def test_an_oversized_message_ends_its_connection_reaches_nobody_and_is_counted(
    broker: Broker, connect: Connect
) -> None:
    listening, before = ears(connect), broker.counted("oversized")
    greedy, other = connect("ad_1", "one"), connect("ad_2", "two")
    greedy.paho.publish("ev/v1/ad_1/telemetry", b"x" * 3_000_000, qos=0)
    until(lambda: "out" in greedy.notes, seconds=5, what="disconnected")
    until(lambda: broker.counted("oversized") == before + 1, seconds=3, what="counted")
    assert other.notes == ["in"] and not [message for client in listening for message in client.heard]


def test_a_will_on_a_foreign_topic_reaches_nobody(broker: Broker, connect: Connect) -> None:
    listening = ears(connect)
    for topic in ("ev/v1/ad_2/status", "ev/v1/ad_2/cmd"):
        late = connect("ad_1", "one", will=(topic, b"foreign", 1, True))
        if "in" in late.notes:
            drop(late)
        late.close()
    connect("ad_2", "two").publish("ev/v1/ad_2/event", b"after")
    until(lambda: ("ev/v1/ad_2/event", b"after") in listening[0].heard, seconds=5, what="the last one")
    later = ears(connect)
    time.sleep(0.3)
    assert not [message for client in [*listening, *later] for message in client.heard if message[1] == b"foreign"]


@pytest.mark.req("DEV-01")
def test_the_last_will_says_offline_and_stays_for_who_comes_later(broker: Broker, connect: Connect) -> None:
    ingester = connect("_ingester")
    device = connect("ad_3", "three", will=("ev/v1/ad_3/status", b"off", 1, True))
    device.publish("ev/v1/ad_3/status", b"on", retain=True)
    subscribe(ingester, "ev/v1/+/status")
    until(lambda: ("ev/v1/ad_3/status", b"on") in ingester.heard, seconds=5, what="retained status")
    drop(device)
    until(lambda: ingester.heard[-1:] == [("ev/v1/ad_3/status", b"off")], seconds=5, what="last will")
    later = connect("_ingester", client_id="_ingester-later")
    subscribe(later, "ev/v1/+/status")
    until(lambda: ("ev/v1/ad_3/status", b"off") in later.heard, seconds=5, what="retained will")


def test_the_newest_connection_of_a_device_wins(broker: Broker, connect: Connect) -> None:
    first = connect("ad_1", "one")
    first.paho.reconnect_delay_set(60, 60)
    subscribe(first, "ev/v1/ad_1/cmd")
    second = connect("ad_1", "one")
    subscribe(second, "ev/v1/ad_1/cmd")
    until(lambda: first.notes == ["in", "out"], seconds=5, what="the first is out")
    connect("_dispatcher").publish("ev/v1/ad_1/cmd", b"to the newest")
    until(lambda: second.heard == [("ev/v1/ad_1/cmd", b"to the newest")], seconds=5, what="the message, once")
    assert second.notes == ["in"] and first.heard == []


def test_a_revoked_device_is_thrown_out_within_seconds_and_let_in_again(broker: Broker, connect: Connect) -> None:
    device, other = connect("ad_3", "three"), connect("ad_1", "one")
    broker.set(ad_3=None)
    until(lambda: device.notes[:2] == ["in", "out"], seconds=3, what="thrown out")
    until(lambda: "refused" in device.notes, seconds=5, what="refused")
    assert device.notes.count("in") == 1 and other.notes == ["in"]
    broker.set(ad_3="three")
    until(lambda: device.notes[-1] == "in", seconds=5, what="in again")


def test_a_rotated_password_works_at_once_and_the_old_one_no_more(broker: Broker, connect: Connect) -> None:
    stolen = connect("ad_3", "three")
    broker.set(ad_3="rotated")
    assert connect("ad_3", "rotated").notes == ["in"]
    until(lambda: "refused" in stolen.notes, seconds=5, what="the old one is refused")
    assert stolen.notes.count("in") == 1
    broker.set(ad_3="three")


def test_over_tls_with_the_right_authority(broker: Broker, connect: Connect) -> None:
    listening = ears(connect)
    device = connect("ad_1", "one", port=broker.tls_port, ca=broker.ca)
    subscribe(device, "ev/v1/ad_1/cmd")
    device.publish("ev/v1/ad_1/event", b"in secret")
    connect("_dispatcher", port=broker.tls_port, ca=broker.ca).publish("ev/v1/ad_1/cmd", b"answer")
    until(lambda: listening[0].heard and device.heard, seconds=5, what="both")
    stranger = Client(broker.tls_port, "ad_1", "wrong", ca=broker.ca)
    until(lambda: stranger.notes, seconds=5, what="an answer")
    stranger.close()
    assert stranger.notes[0] == "refused"


def test_no_connection_to_a_broker_of_another_authority(
    broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = Authority.load_or_make(tmp_path_factory.mktemp("other"))
    device = Client(broker.tls_port, "ad_1", "one", ca=other.certificate_file)
    until(lambda: device.unreachable, seconds=5, what="given up")
    device.close()
    assert device.notes == []


def test_no_old_tls_and_no_plain_text_on_the_secure_port(broker: Broker, connect: Connect) -> None:
    context = ssl.create_default_context(cafile=str(broker.ca))
    context.minimum_version, context.maximum_version = ssl.TLSVersion.MINIMUM_SUPPORTED, ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", broker.tls_port), timeout=5) as raw, pytest.raises(OSError):
        context.wrap_socket(raw, server_hostname="localhost")
    with socket.create_connection(("127.0.0.1", broker.tls_port), timeout=5) as plain:
        plain.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04ad_1")
        plain.settimeout(5)
        assert b"\x20\x02" not in _rest(plain)
    assert connect("ad_1", "one", port=broker.tls_port, ca=broker.ca).notes == ["in"]


def _rest(plain: socket.socket) -> bytes:
    try:
        return plain.recv(100)
    except ConnectionError:
        return b""

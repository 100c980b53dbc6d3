"""Both adapters behind the broker port keep the same promises, on the embedded broker."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from saas.edge.ingester.adapters import ADAPTERS, adapter
from saas.edge.ingester.port import MOST_BYTES, BrokerPort, Message
from saas.edge.mqtt.link import new_client

from .processes import House, free_port, until

pytestmark = pytest.mark.req("DEV-05")
BROKER = "saas.edge.broker"
FILTERS = ("ev/v1/ad_a/telemetry", "ev/v1/ad_a/event")
Open = Callable[..., BrokerPort]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A broker alone."""
    folder = tmp_path_factory.mktemp("ports")
    with pytest.MonkeyPatch.context() as patch:
        made = House(folder, WATTLANE_HOME=str(folder))
        patch.setenv("WATTLANE_HOME", str(folder))
        patch.setenv("WATTLANE_MQTT_PORT", made.env["WATTLANE_MQTT_PORT"])
        made.start_broker()
        yield made
        made.close()


@pytest.fixture(params=sorted(ADAPTERS))
def opened(request: pytest.FixtureRequest, house: House) -> Iterator[Open]:
    """Opens ports of one kind and waits until they are ready."""
    made: list[BrokerPort] = []

    def open_port(*, ready: bool = True, **more: Any) -> BrokerPort:
        port = ADAPTERS[request.param](**{"client_id": f"_ingester-{free_port()}", "filters": FILTERS} | more)
        made.append(port)
        if ready:
            until(lambda: port.receive(most=0, within_s=0.02) == [] and _turned(port), seconds=10, what="ready")
        return port

    yield open_port
    for port in made:
        port.close()


def _turned(port: BrokerPort) -> bool:
    """Read without taking anything: nothing was sent yet."""
    assert port.receive(most=1, within_s=0.05) == []
    return port.ready


@pytest.fixture
def say(house: House) -> Iterator[Callable[..., None]]:
    """Publishes as the gateway, which may speak for every device."""
    client = new_client("_gateway", client_id=f"_gateway-{free_port()}")
    client.connect("127.0.0.1", house.mqtt_port)
    client.loop_start()

    def publish(payload: bytes, kind: str = "telemetry") -> None:
        until(client.is_connected, seconds=15, what="the publisher is connected")
        client.publish(f"ev/v1/ad_a/{kind}", payload, qos=1).wait_for_publish(5)

    yield publish
    client.disconnect()
    client.loop_stop()


def taken(port: BrokerPort, count: int) -> list[Message]:
    found: list[Message] = []
    until(
        lambda: found.extend(port.receive(most=100, within_s=0.05)) or len(found) >= count, seconds=10, what=f"{count}"
    )
    return found


def test_messages_come_in_order_and_once_when_acknowledged(opened: Open, say: Any) -> None:
    port = opened()
    for number in range(20):
        say(b"%d" % number, "event" if number % 2 else "telemetry")
    found = taken(port, 20)
    assert [message.payload for message in found] == [b"%d" % number for number in range(20)]
    assert found[0].topic == "ev/v1/ad_a/telemetry" and found[1].topic == "ev/v1/ad_a/event"
    port.acknowledge(found)
    assert port.receive(most=10, within_s=0.3) == []


def test_what_came_while_it_was_away_comes_later(opened: Open, say: Any) -> None:
    port = opened(client_id="_ingester-away")
    port.close()
    time.sleep(0.3)
    say(b"1")
    say(b"2")
    again = opened(ready=False, client_id="_ingester-away")
    found = taken(again, 2)
    assert sorted(message.payload for message in found) == [b"1", b"2"]
    again.acknowledge(found)


def test_a_clean_session_forgets(opened: Open, say: Any) -> None:
    opened(client_id="_ingester-old").close()
    opened(client_id="_ingester-old", filters=(), clean=True).close()
    time.sleep(0.3)
    say(b"1")
    assert opened(ready=False, client_id="_ingester-old", filters=()).receive(most=1, within_s=1) == []


def test_subscriptions_change_while_it_runs(opened: Open, say: Any) -> None:
    port = opened(filters=("ev/v1/ad_b/event",))
    port.subscribe([*FILTERS, *(f"ev/v1/ad_{number}/event" for number in range(450))])
    until(lambda: port.receive(most=1, within_s=0.05) == [] and port.ready, seconds=20, what="subscribed")
    say(b"1")
    port.acknowledge(taken(port, 1))
    port.subscribe(["ev/v1/ad_b/event"])
    until(lambda: port.receive(most=1, within_s=0.05) == [] and port.ready, seconds=20, what="unsubscribed")
    say(b"2")
    assert port.receive(most=1, within_s=0.5) == []


def test_nothing_is_read_while_nobody_asks(opened: Open, say: Any) -> None:
    port = opened()
    say(b"1")
    assert port.receive(most=0, within_s=0.5) == []
    assert [message.payload for message in port.receive(most=10, within_s=0.5)] == [b"1"]


def test_a_batch_is_bounded_in_bytes(opened: Open, say: Any) -> None:
    """A flood of large poison: 40 MB wait, and one batch takes little more than MOST_BYTES of them."""
    port = opened()
    for _ in range(20):
        say(b"x" * 2_000_000)
    size = sum(len(message.payload) for message in port.receive(most=5000, within_s=10))
    assert 2_000_000 <= size <= MOST_BYTES + 4_100_000


def test_it_reconnects_and_subscribes_again(opened: Open, say: Any, house: House) -> None:
    port = opened()
    house.kill(BROKER)
    until(lambda: port.receive(most=1, within_s=0.05) == [] and not port.ready, seconds=10, what="noticed")
    house.start_broker()
    until(lambda: port.receive(most=1, within_s=0.05) == [] and port.ready, seconds=20, what="ready again")
    say(b"1")
    assert taken(port, 1)[0].payload == b"1"


def test_an_acknowledgement_of_an_earlier_connection_is_dropped(opened: Open, say: Any, house: House) -> None:
    port = opened()
    say(b"1")
    old = taken(port, 1)
    house.kill(BROKER)
    until(lambda: port.receive(most=1, within_s=0.05) == [] and not port.ready, seconds=10, what="noticed")
    house.start_broker()
    until(lambda: port.receive(most=1, within_s=0.05) == [] and port.ready, seconds=20, what="ready again")
    port.acknowledge(old)
    port.publish("ev/v1/ad_a/ack", b"{}")
    port.flush()
    assert port.receive(most=1, within_s=0.3) == [] and port.ready


def test_the_adapter_is_chosen_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert adapter() is ADAPTERS["paho"]
    monkeypatch.setenv("WATTLANE_INGESTER_ADAPTER", "raw")
    assert adapter() is ADAPTERS["raw"]
    monkeypatch.setenv("WATTLANE_INGESTER_ADAPTER", "gmqtt")
    with pytest.raises(SystemExit, match="paho or raw"):
        adapter()


@pytest.mark.slow
def test_what_was_not_acknowledged_comes_again_after_a_reconnect(opened: Open, say: Any) -> None:
    """Also when it had waited for longer than the five seconds after which amqtt itself forgets."""
    port = opened(client_id="_ingester-killed")
    for number in range(20):
        say(b"%d" % number)
    found = taken(port, 20)
    port.acknowledge(found[:5])
    port.receive(most=0, within_s=5.5)
    port.close()
    again = opened(ready=False, client_id="_ingester-killed")
    rest = taken(again, 15)
    assert sorted(int(message.payload) for message in rest) == list(range(5, 20))
    again.acknowledge(rest)
    assert again.receive(most=10, within_s=0.5) == []


def test_what_a_client_says_just_before_it_leaves_arrives(opened: Open, house: House) -> None:
    port = opened()
    leaving = new_client("_gateway", client_id=f"_gateway-{free_port()}")
    leaving.connect("127.0.0.1", house.mqtt_port)
    leaving.loop_start()
    until(leaving.is_connected, seconds=10, what="connected")
    sent = [leaving.publish("ev/v1/ad_a/event", b"%d" % number, qos=1) for number in range(300)]
    until(lambda: all(one.is_published() for one in sent), seconds=20, what="the broker has them all")
    leaving.disconnect()
    leaving.loop_stop()
    found = taken(port, 300)
    port.acknowledge(found)
    assert [int(message.payload) for message in found] == list(range(300))

"""F1 and F4: ingesters and brokers die, at any moment."""

import pytest

from tests.saas.edge.mosquitto import INSTALLED as MOSQUITTO
from tests.saas.edge.processes import until

from .invariants import hold
from .swarm import Adapter, Swarm, stories
from .world import BROKER, FULL, INGESTER, World, moments, scaled

pytestmark = pytest.mark.req("DEV-05", "DEV-08")
BROKERS = [("amqtt", ""), *([("mosquitto", "b")] if MOSQUITTO and FULL else [])]  # and which adapters meet them


@pytest.mark.parametrize(("broker", "these"), BROKERS)
def test_f1_the_ingester_is_killed_at_random_moments(world: World, swarm: Swarm, broker: str, these: str) -> None:
    world.start_broker(broker)
    world.start_ingester()
    adapters = swarm(f"f1{these}")
    rounds, kills = scaled(1000, 150), moments(scaled(20, 3), of=scaled(1000, 150), seed=1)
    for number in stories(adapters, messages=rounds, seconds=scaled(50, 6)):
        if number in kills:
            world.kill(INGESTER)
            world.start(INGESTER)
    hold(world, adapters, seconds=60)


@pytest.mark.parametrize(("broker", "these"), BROKERS)
def test_f1_one_of_two_ingesters_is_killed_and_their_number_changes(
    world: World, swarm: Swarm, broker: str, these: str
) -> None:
    """From one to two to one while devices send."""
    world.start_broker(broker)
    world.start_ingester()
    adapters = swarm(f"f1n{these}")
    rounds = scaled(400, 100)
    for number in stories(adapters, messages=rounds, seconds=scaled(40, 10)):
        if number == rounds // 5:
            world.kill(INGESTER)
            _two(world)
        if number == rounds // 2:
            world.kill("ingester-2")
            _start_one_of_two(world, 2)
        if number == rounds * 4 // 5:
            world.kill("ingester-1")
            world.kill("ingester-2")
            world.start(INGESTER)
    hold(world, adapters, seconds=60)
    sessions = "SELECT array_agg(client_id) FROM telemetry.ingester"
    until(lambda: world.sql(sessions) == [(["_ingester"],)], seconds=20, what="the old sessions are gone")


def _two(world: World) -> None:
    for number in (1, 2):
        _start_one_of_two(world, number)


def _start_one_of_two(world: World, number: int) -> None:
    shares = {"WATTLANE_INGESTERS": "2", "WATTLANE_INGESTER_NUMBER": str(number), "WATTLANE_METRICS_INGESTER": ""}
    world.start(f"ingester-{number}", module=INGESTER, **shares)


@pytest.mark.parametrize(("broker", "these"), BROKERS)
def test_f4_the_broker_is_killed_with_a_backlog_and_the_ring_overflows(
    world: World, swarm: Swarm, broker: str, these: str
) -> None:
    world.start_broker(broker)
    world.start_ingester()
    adapters = swarm(f"f4{these}", ring=60)
    rounds = scaled(600, 200)
    for number in stories(adapters, messages=rounds, seconds=scaled(30, 8)):
        if number == rounds // 5:
            world.kill(INGESTER)
        if number == rounds * 2 // 5:
            world.kill(BROKER)
        if number == rounds * 4 // 5:
            world.start_broker(broker)
            world.start(INGESTER)
    hold(world, adapters, seconds=60)
    assert all(adapter.dropped for adapter in adapters), "the ring was to overflow"
    for adapter in adapters:
        _the_gap_is_visible(world, adapter)


def _the_gap_is_visible(world: World, adapter: Adapter) -> None:
    found = world.sql(
        "SELECT count(*), max(seq), count(*) FILTER (WHERE kind = 'event') FROM telemetry.message WHERE device = %s",
        adapter.device_id,
    )
    ((count, last, events),) = found
    said = [message for message in adapter.sent.values() if message["kind"] == "event"]
    assert last == len(adapter.sent) and events == len(said)
    assert last - count <= len(adapter.dropped)

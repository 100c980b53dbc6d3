"""F7: each message three times, shuffled, with stale retained ones among them: the same state as the clean run."""

import hashlib
import random
import time
from typing import Any

import msgspec
import pytest

from tests.saas.edge.device import Client
from tests.saas.edge.processes import until

from .swarm import START_WH, STEP_WH
from .world import INGESTER, World, scaled

pytestmark = pytest.mark.req("DEV-05")
WINDOW = 1000
APART_MS = 300
STATE = """
    SELECT s.state, s.energy_wh, s.meter_start_wh, s.meter_stop_wh, s.stop_reason, s.outcome, s.cost_minor,
        s.started_at, s.ended_at, b.state
    FROM {0}.charging_session s JOIN {0}.bookings_booking b ON b.id = s.booking_id WHERE s.uid = %s"""
FACTS = """
    SELECT seq, ts_ms, kind, tenant, energy_wh, power_w, type, reason FROM telemetry.message
    WHERE device = %s ORDER BY seq"""


def script(held: dict[str, Any], count: int, began_ms: int) -> list[tuple[str, bytes]]:
    """A session of `count` messages, all of them of the past."""
    said = []
    for number in range(count):
        kind, body = _body(held["session"], number, count)
        body |= {"v": 1, "boot": 7, "seq": number + 1, "ts_ms": began_ms + number * APART_MS, "low": 1}
        said.append((f"ev/v1/{held['device']}/{kind}", msgspec.json.encode(body)))
    return said


def _body(session: str, number: int, count: int) -> tuple[str, dict[str, Any]]:
    energy_wh = START_WH + number * STEP_WH
    if number == 0:
        return "event", {"type": "started", "session": session, "energy_wh": energy_wh}
    if number == count - 1:
        return "event", {"type": "stopped", "session": session, "energy_wh": energy_wh, "reason": "local"}
    return "telemetry", {"session": session, "energy_wh": energy_wh, "power_w": 7000}


def disturbed(said: list[tuple[str, bytes]], seed: int) -> list[tuple[str, bytes]]:
    """Each three times, no further from its place than WINDOW."""
    chance = random.Random(seed)
    thrice = [
        (index * 3 + copy + chance.uniform(0, WINDOW), one) for index, one in enumerate(said) for copy in range(3)
    ]
    return [one for _, one in sorted(thrice, key=lambda pair: pair[0])]


def test_f7_three_times_and_shuffled_gives_the_same_state(world: World) -> None:
    cast = {name: world.cast(f"f7 {name}")[f"f7 {name}"][1:3] for name in ("clean", "wild")}  # one of each tenant
    count, began_ms = scaled(3000, 250), _began_ms(world)
    world.start_broker("amqtt")
    world.start_ingester()
    for held in cast["clean"]:
        publish(world, held, script(held, count, began_ms))
        _all_stored(world, held, count)
    for seed, held in enumerate(cast["wild"]):
        wild = disturbed(script(held, count, began_ms), seed)
        publish(world, held, wild[: len(wild) // 2], stale=script(held, count, began_ms)[:5])
        world.kill(INGESTER)
        world.start(INGESTER)
        publish(world, held, wild[len(wild) // 2 :])
        _say_again(world, held, script(held, count, began_ms))
        _all_stored(world, held, count)
    for clean, wild in zip(cast["clean"], cast["wild"], strict=True):
        until(lambda one=wild: _state(world, one)[0][0] == "closed", seconds=20, what="the session is closed")
        assert _state(world, clean) == _state(world, wild)
        assert _hash(world, clean) == _hash(world, wild)


def _say_again(world: World, held: dict[str, Any], said: list[tuple[str, bytes]]) -> None:
    """As a device does until its messages are acknowledged: what a killed ingester had in hand no broker may have."""
    for _ in range(5):
        if _settled(world, held, len(said)) == len(said):
            return
        publish(world, held, said)


def _all_stored(world: World, held: dict[str, Any], count: int) -> None:
    now = _settled(world, held, count)
    assert now == count, f"{now} of {count} of {held['device']}"


def _settled(world: World, held: dict[str, Any], count: int) -> int:
    """How many are stored once all are, or no more come for a while."""
    before = -1
    while before < (now := _stored(world, held)) < count:
        before, until_s = now, time.monotonic() + 8
        while _stored(world, held) == now and time.monotonic() < until_s:
            time.sleep(0.2)
    return now


def publish(world: World, held: dict[str, Any], said: list[tuple[str, bytes]], stale: Any = ()) -> None:
    """As this device, in this order; `stale` are left at the broker as retained messages."""
    client = Client(world.mqtt_port, held["device"], held["secret"])
    until(lambda: "in" in client.notes, seconds=10, what="connected")
    for topic, payload in stale:
        client.publish(topic, payload, retain=True)
    client.publish(f"ev/v1/{held['device']}/status", _status(world))
    sent = [client.paho.publish(topic, payload, qos=1) for topic, payload in said]
    until(lambda: all(one.is_published() for one in sent), seconds=60, what="the broker has them all")
    client.close()


def _status(world: World) -> bytes:
    held = {"v": 1, "boot": 7, "seq": 0, "ts_ms": _began_ms(world), "online": True, "state": "charging"}
    return msgspec.json.encode(held)


def _began_ms(world: World) -> int:
    ((now_ms,),) = world.sql("SELECT (extract(epoch FROM date_trunc('minute', now())) * 1000)::bigint")
    return int(now_ms) - 1_200_000


def _stored(world: World, held: dict[str, Any]) -> int:
    return int(world.sql("SELECT count(*) FROM telemetry.message WHERE device = %s", held["device"])[0][0])


def _state(world: World, held: dict[str, Any]) -> list[tuple[Any, ...]]:
    return world.sql(STATE.format(held["tenant"]), held["session"])


def _hash(world: World, held: dict[str, Any]) -> str:
    found = world.sql(FACTS, held["device"])
    return hashlib.sha256(repr(found).encode()).hexdigest()

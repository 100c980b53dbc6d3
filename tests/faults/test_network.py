"""F10 and F11: the network parts, is slow, loses, falls silent."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from tests.saas.edge.processes import CODE, until

from .invariants import hold
from .island import Island
from .proxy import Proxy
from .swarm import Swarm, stories
from .world import INGESTER, World, scaled

pytestmark = pytest.mark.req("DEV-05")
KEEP_ALIVE_SECONDS = scaled(8, 2)
STREET, DISPATCHER = "street", "saas.edge.dispatcher"


@pytest.mark.whole
def test_f10_the_session_ends_on_the_device_on_time_with_the_cloud_gone(world: World) -> None:
    """The real firmware's logic, cut off in mid-session. One permit, however often its command came."""
    group = "f10:25"
    cast = world.prepare(group, each=1)[group]
    (world.folder / "devices.json").write_text(json.dumps(cast))
    world.start_broker()
    world.start_ingester()
    world.start(DISPATCHER)
    with Island(world.mqtt_port) as island:
        print(f"F10: the devices are behind {island.how}")
        world.spawn(STREET, [*island.prefix, sys.executable, "-m", "firmware.simulator", "--mqtt",
                    f"{island.host}:{island.port}", "--devices", str(world.folder / "devices.json"),
                    "--home", str(world.folder)])  # fmt: skip
        for held in cast:
            until(lambda held=held: _said(world, held, "permit"), seconds=20, what="the permit arrived")
            _on_the_island(world, island, do="type_code", device=held["device"], code=held["code"])
            until(lambda held=held: _said(world, held, "started"), seconds=10, what="charging")
        island.down()
        last_ms = max(held["end_ms"] for held in cast)
        until(lambda: time.time() * 1000 > last_ms + 3000, seconds=100, what="the paid time is over")
        assert not any(_said(world, held, "stopped") for held in cast), "the cloud cannot know yet"
        island.up()
        for held in cast:
            until(lambda held=held: _closed(world, held), seconds=60, what="the session is closed")
            assert _said(world, held, "permit") == 1
            ((reason, late_ms),) = world.sql(
                "SELECT reason, ts_ms - %s FROM telemetry.message WHERE session = %s AND type = 'stopped'",
                held["end_ms"], held["session"],
            )  # fmt: skip
            assert reason == "time" and 0 <= late_ms <= 2000, (reason, late_ms)
        hold(world, [], seconds=1)


def _said(world: World, held: dict[str, Any], kind: str) -> int:
    """How often the device told this event of its session."""
    query = "SELECT count(*) FROM telemetry.message WHERE device = %s AND type = %s AND session = %s"
    return int(world.sql(query, held["device"], kind, held["session"])[0][0])


def _closed(world: World, held: dict[str, Any]) -> bool:
    query = f"SELECT state FROM {held['tenant']}.charging_session WHERE uid = %s"
    return world.sql(query, held["session"]) == [("closed",)]


def _on_the_island(world: World, island: Island, **request: Any) -> None:
    """Somebody stands before the device: its control port is on the island."""
    port = json.loads((world.folder / "run" / "street.json").read_text())["control"]
    words = f"from firmware.simulator.control import ask; assert ask({port}, {request!r})['ok']"
    subprocess.run([*island.prefix, sys.executable, "-c", words], cwd=CODE, check=True, timeout=20)


@pytest.mark.parametrize("adapter", ["paho", "raw"])
def test_f11_a_silent_connection_is_found_within_one_and_a_half_keep_alives(world: World, adapter: str) -> None:
    world.start_broker()
    with Proxy(world.mqtt_port) as proxy:
        world.start_ingester(
            MQTT_URL=f"mqtt://127.0.0.1:{proxy.port}", WATTLANE_INGESTER_ADAPTER=adapter,
            WATTLANE_INGESTER_KEEP_ALIVE=str(KEEP_ALIVE_SECONDS),
        )  # fmt: skip
        gone = world.said(INGESTER).count("broker_gone")
        time.sleep(KEEP_ALIVE_SECONDS * 2)
        assert world.said(INGESTER).count("broker_gone") == gone, "a quiet connection is no dead one"
        proxy.silent, silent_at = True, time.monotonic()
        until(
            lambda: world.said(INGESTER).count("broker_gone") > gone,
            seconds=KEEP_ALIVE_SECONDS * 1.5 + 1.5, what="the silence is noticed",
        )  # fmt: skip
        print(f"F11: {adapter} found the silence after {time.monotonic() - silent_at:.1f} s")
        up = world.said(INGESTER).count("broker_connected")
        proxy.silent = False
        until(lambda: world.said(INGESTER).count("broker_connected") > up, seconds=20, what="connected again")


def test_f11_latency_loss_and_silence_between_the_devices_and_the_broker(world: World, swarm: Swarm) -> None:
    world.start_broker()
    world.start_ingester()
    with Proxy(world.mqtt_port) as proxy:
        adapters = swarm("f11", port=proxy.port)
        rounds = scaled(300, 100)
        for number in stories(adapters, messages=rounds, seconds=scaled(30, 6)):
            proxy.delay_s = 0.05 if rounds // 10 < number < rounds // 2 else 0
            proxy.loss = 0.01 if rounds // 3 < number < rounds * 2 // 3 else 0
            proxy.silent = rounds * 2 // 3 < number < rounds * 4 // 5
        proxy.delay_s = proxy.loss = 0.0
        proxy.silent = False
        hold(world, adapters, seconds=60)

"""F10 and F11: the network parts, is slow, loses, falls silent."""

import time

import pytest

from tests.saas.edge.processes import until

from .invariants import hold
from .proxy import Proxy
from .swarm import Swarm, stories
from .world import INGESTER, World, scaled

pytestmark = pytest.mark.req("DEV-05")
KEEP_ALIVE_SECONDS = 4


@pytest.mark.parametrize("adapter", ["paho", "raw"])
def test_f11_a_silent_connection_is_found_within_one_and_a_half_keep_alives(world: World, adapter: str) -> None:
    world.prepare("none", each=0)
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
            seconds=KEEP_ALIVE_SECONDS * 1.5 + 2, what="the silence is noticed",
        )  # fmt: skip
        print(f"F11: {adapter} found the silence after {time.monotonic() - silent_at:.1f} s")
        up = world.said(INGESTER).count("broker_connected")
        proxy.silent = False
        until(lambda: world.said(INGESTER).count("broker_connected") > up, seconds=20, what="connected again")


def test_f11_latency_loss_and_silence_between_the_devices_and_the_broker(world: World, swarm: Swarm) -> None:
    cast = world.prepare("f11")
    world.start_broker()
    world.start_ingester()
    with Proxy(world.mqtt_port) as proxy:
        adapters = swarm("f11", cast, port=proxy.port)
        rounds = scaled(300, 100)
        for number in stories(adapters, messages=rounds, seconds=scaled(30, 10)):
            proxy.delay_s = 0.05 if rounds // 10 < number < rounds // 2 else 0
            proxy.loss = 0.01 if rounds // 3 < number < rounds * 2 // 3 else 0
            proxy.silent = rounds * 2 // 3 < number < rounds * 4 // 5
        proxy.delay_s = proxy.loss = 0.0
        proxy.silent = False
        hold(world, adapters, seconds=60)

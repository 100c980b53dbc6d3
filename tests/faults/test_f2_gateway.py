"""F2: the gateway dies with stations in session. They come back; each has one session and one bill in the end."""

import asyncio
import json
import subprocess
import sys
from typing import Any

import pytest

from tests.saas.edge.processes import CODE, free_port, listens, until

from .invariants import hold
from .stations import FIRST_WH, Station, charge_all
from .world import World, scaled

pytestmark = pytest.mark.req("CHG-01", "CHG-09")
GATEWAY, ANSWERS = "saas.edge.ocpp", "saas.edge.answers"
SESSIONS = """
    SELECT uid::text, state, energy_wh, bill IS NOT NULL FROM {0}.charging_session WHERE device_id = %s"""
TOLD = "SELECT type, count(*) FROM telemetry.message WHERE device = %s AND type IN ('started', 'stopped') GROUP BY type"


def run(world: World, module: str, *args: str) -> None:
    """A process that ends."""
    command = [sys.executable, "-m", module, *args]
    subprocess.run(command, cwd=CODE, env=world.env, check=True, timeout=240, stdout=subprocess.DEVNULL)


def prepared(world: World, count: int) -> list[dict[str, Any]]:
    file = world.folder / "stations.json"
    run(world, "tests.faults.prepare_stations", str(file), str(count))
    return list(json.loads(file.read_bytes()))


def start_gateway(world: World, port: int) -> None:
    """Listening when this returns."""
    world.start(GATEWAY, WATTLANE_OCPP_PORT=str(port))
    until(lambda: listens(port), seconds=20, what="the gateway listens")


async def strike(world: World, port: int, moments: tuple[float, ...]) -> None:
    """kill -9 at these moments; it is back a second later."""
    for pause_s in moments:
        await asyncio.sleep(pause_s)
        world.kill(GATEWAY)
        await asyncio.sleep(1)
        await asyncio.to_thread(start_gateway, world, port)


@pytest.mark.timeout(900)
def test_f2_the_gateway_is_killed_with_stations_in_session(world: World) -> None:
    """Among their starts, in the middle, and among their stops."""
    cast = prepared(world, scaled(500, 40))
    port = free_port()
    world.start_broker()
    world.start_ingester()
    world.start(ANSWERS)
    start_gateway(world, port)
    until(lambda: "broker_connected" in world.said(ANSWERS), seconds=20, what="the answers are connected")
    pause_s = scaled(3, 1)
    stations = [Station(port, held, number=number, samples=8, pause_s=pause_s) for number, held in enumerate(cast)]

    async def scene() -> None:
        blows = asyncio.create_task(strike(world, port, (pause_s * 1.2, pause_s * 2.5, pause_s * 2)))
        await charge_all(stations, within_s=scaled(480, 100))
        await blows

    asyncio.run(scene())
    assert world.said(GATEWAY).count("listening") == 4
    assert sum(station.repeats for station in stations) >= len(stations), "the blows were to hit"
    run(world, "tests.faults.sweep", "3")  # a stop is billed at once, or when nothing more of it came for two minutes
    hold(world, [], seconds=20)
    for station in stations:
        _one_session_and_one_bill(world, station)


def _one_session_and_one_bill(world: World, station: Station) -> None:
    held = station.held
    sessions = world.sql(SESSIONS.format(held["tenant"]), held["device"])
    assert sessions == [(held["session"], "closed", station.last_wh - FIRST_WH, True)], (station.version, sessions)
    assert sorted(world.sql(TOLD, held["device"])) == [("started", 1), ("stopped", 1)], station.version

"""Fuzz from the standard's own schemas, for every action of both versions, over a real WebSocket.

Once before an in-memory business, a lot of it; once before the real one, less of it.
"""

import asyncio
import json
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from saas.edge.ocpp import schemas, v16, v201

from .. import fakes
from . import whole
from .chance import broken, lawful
from .npm import bench

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-01", "CHG-09")]
SEED = 20_261_120
VERSIONS = pytest.mark.parametrize("module", [v16, v201], ids=["1.6", "2.0.1"])
BOOT: dict[str, dict[str, Any]] = {
    "1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "2.0.1": {"chargingStation": {"vendorName": "V", "model": "M"}, "reason": "PowerUp"},
}
Call = tuple[str, str, dict[str, Any], bool]  # id, action, payload, whether it is lawful


def calls(module: ModuleType, actions: list[str], count: int) -> list[Call]:
    """So many lawful and as many broken calls of every action, in any order."""
    dice, made = Random(SEED), []
    for action in actions:
        for number in range(count):
            payload = lawful(module.VERSION, action, dice)
            made.append((f"{action[:24]}-{number}", action, payload, True))
            made.append((f"{action[:24]}-{number}b", action, broken(payload, dice), False))
    dice.shuffle(made)
    return made


async def answers_to(socket: ClientConnection, said: list[Call], at_once: int = 20) -> dict[str, list[Any]]:
    """The answer to each call; some calls are under way at a time."""
    heard: dict[str, list[Any]] = {}
    for start in range(0, len(said), at_once):
        part = said[start : start + at_once]
        for name, action, payload, _ in part:
            await socket.send(json.dumps([2, name, action, payload]))
        for _ in part:
            async with asyncio.timeout(20):
                frame = json.loads(await socket.recv())
            assert frame[1] not in heard, "answered twice"
            heard[frame[1]] = frame
    return heard


def judge(module: ModuleType, said: list[Call], heard: dict[str, list[Any]]) -> None:
    """Every call has one answer; lawful ones a lawful result, broken ones that or an error with a code of OCPP."""
    for name, action, payload, is_lawful in said:
        frame = heard[name]
        if frame[0] == 3:
            schemas.check_response(module.VERSION, action, frame[2])
            continue
        assert frame[0] == 4 and frame[2] != "InternalError", (action, payload, frame)
        assert not is_lawful or action not in module.ACTIONS, (action, payload, frame)
        expected = "NotSupported" if action not in module.ACTIONS else ""
        assert not expected or frame[2] == expected, frame


@VERSIONS
def test_every_action_by_chance(tmp_path: Path, module: ModuleType) -> None:
    said = calls(module, sorted(schemas.actions(module.VERSION)), 25)

    async def scene() -> None:
        async with bench(tmp_path) as made, connect(f"{made.url}/CP1", subprotocols=[module.SUBPROTOCOL]) as socket:
            heard = await answers_to(socket, said)
            judge(module, said, heard)
            assert len(heard) == len(said)

    fakes.play(scene)


@VERSIONS
def test_every_action_by_chance_before_the_real_business(ampere: Any, tmp_path: Path, module: ModuleType) -> None:
    device, secret = whole.registered(evses=2)
    said = calls(module, sorted(module.ACTIONS - {"BootNotification"}), 6)

    async def scene() -> None:
        async with (
            whole.opened(tmp_path) as house,
            whole.connected(house, device, secret, module.SUBPROTOCOL) as station,
        ):
            station.stop_reading()
            await station.socket.send(json.dumps([2, "boot", "BootNotification", BOOT[module.VERSION]]))
            assert json.loads(await station.socket.recv())[2]["status"] == "Accepted"
            judge(module, said, await answers_to(station.socket, said, at_once=1))
            assert {code for _, code in house.broker.poison} <= {"unknown_evse"}

    whole.play(scene)

"""Commands of type `ocpp`: one call as it stands, its answer told to the domain."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from saas.contracts import rpc
from saas.edge.ocpp.publisher import now_ms

from .fakes import House, opened, play, until
from .stations import ask, dial, hear

pytestmark = pytest.mark.req("CHG-02")
RESET = {"action": "Reset", "payload": {"type": "Soft"}}


def told(house: House) -> list[rpc.CallDone]:
    return house.answers.of(rpc.CallDone)


def order(house: House, name: str, data: Any, **fields: Any) -> None:
    house.broker.command("st_1", id=name, type="ocpp", data=data, **fields)


def test_the_answer_of_the_station_is_told_as_it_came(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", {"action": "GetConfiguration", "payload": {"key": ["A"]}, "timeout_s": 20})
            call = await hear(socket)
            assert call[0] == 2
            assert call[2:] == ["GetConfiguration", {"key": ["A"]}]
            assert len(call[1]) <= 36
            await asyncio.sleep(0.05)
            await socket.send(json.dumps([3, call[1], {"unknownKey": ["A"]}]))
            await until(lambda: told(house))
            (done,) = told(house)
            assert (done.device, done.id, done.payload, done.error) == ("st_1", "c1", {"unknownKey": ["A"]}, None)
            assert 50 <= done.took_ms < 5000
            assert house.broker.of("reply") == []

    play(scene)


@pytest.mark.parametrize(
    ("answer", "error", "text", "payload"),
    [
        ([4, "NotSupported", "no motor", {}], "NotSupported", "no motor", None),
        ([4], "GenericError", "", None),
        ([3, {"status": "Perhaps"}], "answer_breaks_schema", "/status: ", {"status": "Perhaps"}),
        ([3, []], "answer_breaks_schema", "A result is", None),
    ],
)
def test_other_answers_have_a_name(
    tmp_path: Path, answer: list[Any], error: str, text: str, payload: dict[str, Any] | None
) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", RESET)
            call = await hear(socket)
            await socket.send(json.dumps([answer[0], call[1], *answer[1:]]))
            await until(lambda: told(house))
            assert (told(house)[0].error, told(house)[0].payload) == (error, payload)
            assert told(house)[0].text.startswith(text)

    play(scene)


@pytest.mark.parametrize(
    ("data", "fields", "error"),
    [
        (None, {}, "bad_format"),
        ({"action": "Reset"}, {}, "bad_format"),
        ({"action": "Reset", "payload": []}, {}, "bad_format"),
        ({"action": "Reset", "payload": {"type": "Gentle"}}, {}, "bad_format"),
        ({"action": "Fly", "payload": {}}, {}, "bad_format"),
        ({"action": "../Reset", "payload": {}}, {}, "bad_format"),
        (RESET, {"expires_ms": 1}, "command_expired"),
    ],
)
def test_what_may_not_be_sent_is_not_sent(tmp_path: Path, data: Any, fields: dict[str, Any], error: str) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", data, **fields)
            await until(lambda: told(house))
            assert told(house)[0].error == error
            assert (await ask(socket, "Heartbeat", {}, "next"))[1] == "next"

    play(scene)


def test_a_call_is_made_once_and_never_to_a_station_that_is_not_here(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            with pytest.raises(KeyError):
                house.broker.command("st_2", id="c1", type="ocpp", data=RESET)
            for _ in range(3):
                order(house, "c1", RESET)
            call = await hear(socket)
            await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
            await until(lambda: told(house))
            order(house, "c1", RESET)
            assert (await ask(socket, "Heartbeat", {}, "next"))[1] == "next"
            assert len(told(house)) == 1

    play(scene)


def test_silence_a_late_answer_and_a_station_that_leaves(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", RESET | {"timeout_s": 1})
            late = await hear(socket)
            await until(lambda: told(house))
            await socket.send(json.dumps([3, late[1], {"status": "Accepted"}]))
            order(house, "c2", RESET)
            call = await hear(socket)
            await socket.send(json.dumps([3, "another", {"status": "Rejected"}]))
            await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
            await until(lambda: len(told(house)) == 2)
            order(house, "c3", RESET)
            await hear(socket)
            await socket.close()
            await until(lambda: len(told(house)) == 3)
            assert [(done.id, done.error) for done in told(house)] == [
                ("c1", "no_answer"),
                ("c2", None),
                ("c3", "offline"),
            ]
            assert told(house)[0].took_ms >= 1000
            assert told(house)[1].payload == {"status": "Accepted"}

    play(scene)


def test_calls_wait_for_their_turn_until_they_expire(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", RESET | {"timeout_s": 1})
            order(house, "c2", RESET, expires_ms=now_ms() + 300)
            await hear(socket)
            await until(lambda: len(told(house)) == 2)
            assert [(done.id, done.error) for done in told(house)] == [("c1", "no_answer"), ("c2", "command_expired")]

    play(scene)


def test_the_domain_is_told_again_until_it_hears(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            order(house, "c1", RESET)
            call = await hear(socket)
            house.answers.away = True
            await socket.send(json.dumps([3, call[1], {"status": "Accepted"}]))
            await until(lambda: len(told(house)) == 2)
            house.answers.away = False
            await until(lambda: len(told(house)) == 3)
            await asyncio.sleep(0.2)
            assert len(told(house)) == 3

    play(scene)


def test_a_201_station_takes_calls_too(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house, protocols=("ocpp2.0.1",)) as socket:
            data = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
            order(house, "c1", {"action": "GetVariables", "payload": {"getVariableData": [data]}})
            call = await hear(socket)
            assert call[2] == "GetVariables"
            result = {"getVariableResult": [data | {"attributeStatus": "Accepted", "attributeValue": "60"}]}
            await socket.send(json.dumps([3, call[1], result]))
            await until(lambda: told(house))
            assert told(house)[0].payload == result

    play(scene)

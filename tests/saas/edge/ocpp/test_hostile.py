"""Frames that no good station sends: an answer by name where one is due, and never a lost gateway."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from .fakes import opened, play, until
from .stations import ask, dial, hear, say

pytestmark = pytest.mark.req("CHG-01")

HOSTILE = [
    ("hello", "-1", "FormationViolation", "RpcFrameworkError"),
    ("[]", "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a","Heartbeat",{}', "a", "FormationViolation", "RpcFrameworkError"),
    ('[9,"a","Heartbeat",{}]', "a", "ProtocolError", "MessageTypeNotSupported"),
    ('[2,"a","Reset",{}]', "a", "NotSupported", "NotSupported"),
    ('[2,"a","Teleport",{}]', "a", "NotImplemented", "NotImplemented"),
    ('[2,"a","__init__",{}]', "a", "NotImplemented", "NotImplemented"),
    ('[2,"a","../Heartbeat",{}]', "a", "NotImplemented", "NotImplemented"),
    ('[2,"a","Heartbeat",{"x":1}]', "a", "FormationViolation", "FormatViolation"),
    ('[2,"a","BootNotification",{}]', "a", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    ('[2,"a","DataTransfer",{"vendorId":7}]', "a", "TypeConstraintViolation", "TypeConstraintViolation"),
    ("[" * 5000, "-1", "FormationViolation", "RpcFrameworkError"),
    ('[2,"a","Heartbeat"]', "a", "ProtocolError", "ProtocolError"),
    ('[2,"a","Heartbeat",{},{}]', "a", "ProtocolError", "ProtocolError"),
    ('[2,"a","Heartbeat","x"]', "a", "TypeConstraintViolation", "FormatViolation"),
    ('[2,"a",5,{}]', "a", "TypeConstraintViolation", "FormatViolation"),
    ('[2,12345,"Heartbeat",{}]', 12345, "ProtocolError", "FormatViolation"),
    ('[2,null,"Heartbeat",{}]', "-1", "ProtocolError", "FormatViolation"),
    ('[2,"' + "a" * 37 + '","Heartbeat",{}]', "-1", "ProtocolError", "FormatViolation"),
    ('[2,"a","Authorize",{"idTag":"x\\u0000y"}]', "a", "PropertyConstraintViolation", "PropertyConstraintViolation"),
]


@pytest.mark.parametrize("version", [0, 1])
def test_hostile_frames_are_refused_by_name(tmp_path: Path, version: int) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house, protocols=(("ocpp1.6", "ocpp2.0.1")[version],)) as socket:
            for raw, message_id, *codes in HOSTILE:
                await socket.send(raw)
                answer = await hear(socket)
                assert answer[:3] == [4, message_id, codes[version]], raw[:60]
                assert len(answer) == 5
            await socket.send(b'[2,"a","Heartbeat",{}]')
            assert (await hear(socket))[:2] == [4, "-1"]
            assert (await ask(socket, "Heartbeat", {}))[0] == 3

    play(scene)


def test_answers_that_nobody_asked_for_are_dropped(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            for raw in ('[3,"nobody",{}]', '[4,"nobody","X","",{}]', '[3,"broken"', "[3]", "[4,{}]", '[3,"x",[]]'):
                await socket.send(raw)
            assert (await ask(socket, "Heartbeat", {}, "after"))[1] == "after"
            house.broker.command("st_1", id="c1", type="unlock")
            call = await hear(socket)
            await socket.send(json.dumps([3, "another", {"status": "Unlocked"}]))
            await socket.send(json.dumps([3, call[1], {"status": "Unlocked"}]))
            await socket.send(json.dumps([3, call[1], {"status": "UnlockFailed"}]))
            await until(lambda: house.broker.of("reply"))
            assert house.broker.of("reply")[0]["ok"]

    play(scene)


def test_a_frame_over_the_limit_ends_the_connection_alone(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            await say(socket, "DataTransfer", {"vendorId": "V", "data": "x" * 100_000})
            assert (await hear(socket))[0] == 3
            await say(socket, "DataTransfer", {"vendorId": "V", "data": "x" * 200_000})
            with pytest.raises(ConnectionClosed) as caught:
                await socket.recv()
            assert caught.value.rcvd and caught.value.rcvd.code == 1009
            async with dial(house) as again:
                assert (await ask(again, "Heartbeat", {}))[0] == 3

    play(scene)


def test_calls_sent_without_waiting_are_answered_in_turn(tmp_path: Path) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            for number in range(200):
                await say(socket, "Authorize", {"idTag": "T"}, str(number))
            assert [(await hear(socket))[1] for _ in range(200)] == [str(number) for number in range(200)]

    play(scene)


@settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=50), min_size=1, max_size=30))
def test_any_text_leaves_the_station_connected(tmp_path: Path, texts: list[str]) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            for text in texts:
                await socket.send(text)
            await say(socket, "Heartbeat", {}, "last-of-all")
            while (await hear(socket))[1] != "last-of-all":
                pass

    play(scene)


def test_a_bug_in_a_handler_is_an_internal_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        async with opened(tmp_path) as house, dial(house) as socket:
            monkeypatch.setattr(house.answers, "_authorise", lambda _question: 1 / 0)
            assert (await ask(socket, "Authorize", {"idTag": "T"}))[:3] == [4, "m1", "InternalError"]
            assert (await ask(socket, "Heartbeat", {}))[0] == 3

    play(scene)

"""Frequent calls, decoded and judged in one pass: the same verdict, content and facts as by the schemas."""

import copy
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.edge.ocpp import facts, frames, schemas, typed, v16, v201
from saas.edge.ocpp.frames import Call, Fault
from saas.edge.ocpp.station import State

from .payloads import request

pytestmark = pytest.mark.req("CHG-01")
NOW_MS = 1_767_225_600_000
AT = "2026-01-01T00:00:00Z"
CASES = [(module, action) for module in (v16, v201) for action in typed.ACTIONS[module.VERSION]]
STRANGE: list[Any] = [
    None, True, "", "x", "x" * 60, "x" * 3000, "Wh", -1, 0, 1, 255, 256, 2**31, 2**53, 2**70, 1.5, [], {}, [None],
    {"vendorId": "x"}, {"vendorId": "x", "more": [1]}, "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00", "\x00", "é" * 30,
]  # fmt: skip
# Lawful, but not read at once: rare ways to write a time or a whole number.
RARE: list[Any] = [
    3.0,
    "2026-01-01t00:00:00z",
    "2026-01-01T01:00:00+01:00",
    "2016-12-31T23:59:60Z",
    "1969-01-01T00:00:00Z",
]
USUAL_TIMES = st.integers(0, 2**41).map(facts.text_of) | st.integers(0, 2**31).map(
    lambda second: facts.text_of(second * 1000).replace(".000", "")
)


def by_schema(version: str, message: bytes) -> Call | None:
    try:
        call = frames.parse(message)
        assert isinstance(call, Call)
        schemas.check_request(version, call.action, call.payload)
    except Fault:
        return None
    return call


def places(content: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of every value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, value in list(pairs):
        yield content, key
        yield from places(value)


def usual(content: Any, times: Iterator[str]) -> Any:
    """With times of our day in the places of times."""
    for container, key in list(places(content)):
        if key == "timestamp":
            container[key] = next(times)
    return content


def twisted(payload: dict[str, Any], data: st.DataObject, values: list[Any]) -> dict[str, Any]:
    """One thing is changed, added or left out."""
    content = copy.deepcopy({"payload": payload})
    container, key = data.draw(st.sampled_from([*places(content)]))
    deed = data.draw(st.sampled_from(["change", "leave out", "add"]))
    if deed == "leave out" and key != "payload":
        del container[key]
    elif deed == "add" and isinstance(container[key], dict):
        container[key][data.draw(st.sampled_from(["more", "value", "customData"]))] = data.draw(st.sampled_from(values))
    else:
        container[key] = data.draw(st.sampled_from(values))
    payload = content["payload"]
    return payload


def same_facts(module: ModuleType, quick: Call, slow: Call) -> bool:
    state = State(device="st_1", registers={1: 5})
    plans = [module.translate(call.action, call.payload, state, NOW_MS) for call in (quick, slow)]
    return bool(plans[0].facts == plans[1].facts and plans[0].state == plans[1].state)


def checked(module: ModuleType, action: str, *, values: list[Any], always: bool) -> None:
    @settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(request(module.VERSION, action), st.booleans(), st.data())
    def check(payload: dict[str, Any], lawful: bool, data: st.DataObject) -> None:
        payload = usual(payload, iter(lambda: data.draw(USUAL_TIMES), None))
        payload = payload if lawful else twisted(payload, data, values)
        message = msgspec.json.encode([2, "id-1", action, payload])
        quick, slow = typed.read(typed.decoders(module.VERSION), message), by_schema(module.VERSION, message)
        if always:
            assert (quick is None) == (slow is None)
        if quick is not None:
            assert slow is not None, "what is read at once breaks no rule"
            assert (quick.id, quick.action) == (slow.id, slow.action)
            assert quick.payload == typed.converted(module.VERSION, action, slow.payload)
            assert same_facts(module, quick, slow)

    check()


@pytest.mark.parametrize(("module", "action"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_the_verdict_is_that_of_the_schema(module: ModuleType, action: str) -> None:
    checked(module, action, values=STRANGE, always=True)


@pytest.mark.parametrize(("module", "action"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_what_is_written_in_a_rare_way_is_left_to_the_schema(module: ModuleType, action: str) -> None:
    checked(module, action, values=RARE, always=False)


VALUES = b'{"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":"1"}]}]}'


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (b'[2,"","MeterValues",', b"]"),
        (b'[2,"-1","MeterValues",', b"]"),
        (b'[2,"' + b"x" * 37 + b'","MeterValues",', b"]"),
        (b'[2.0,"1","MeterValues",', b"]"),
        (b'[3,"1","MeterValues",', b"]"),
        (b'[2,1,"MeterValues",', b"]"),
        (b'[2,"1","MeterValues",', b",1]"),
        (b'[2,"1","MeterValues",', b""),
        (b'[2,"1","Heartbeat",', b"]"),
        (b'[2,"\\u0000","MeterValues",', b"]"),
        (b'[2,"\xff","MeterValues",', b"]"),
        (b"\xff", b""),
    ],
)
def test_other_frames_are_not_read(head: bytes, tail: bytes) -> None:
    assert typed.read(typed.decoders("1.6"), b'[2,"1","MeterValues",' + VALUES + b"]") is not None
    assert typed.read(typed.decoders("1.6"), head + VALUES + tail) is None


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    """The schema takes 3.0 for an integer; so do the types, of what it lets pass."""
    event = {
        "eventType": "Updated", "timestamp": AT, "triggerReason": "MeterValuePeriodic", "seqNo": 3.0,
        "transactionInfo": {"transactionId": "t"}, "evse": {"id": 1.0},
    }  # fmt: skip
    message = msgspec.json.encode([2, "1", "TransactionEvent", event])
    assert typed.read(typed.decoders("2.0.1"), message) is None
    slow = by_schema("2.0.1", message)
    assert slow is not None
    assert typed.converted("2.0.1", "TransactionEvent", slow.payload).seqNo == 3


@given(USUAL_TIMES)
def test_a_usual_time_means_what_any_time_means(text: str) -> None:
    assert typed._usual_moment(typed.Moment, text).ms == facts.instant_ms(text)


@given(request("1.6", "MeterValues"))
def test_typed_values_have_the_names_of_plain_ones(payload: dict[str, Any]) -> None:
    """A sample is the same fact before and after an upgrade of the gateway."""
    ready = typed.converted("1.6", "MeterValues", payload)
    plain = [entry["sampledValue"] for entry in payload["meterValue"]]
    assert [facts.number(entry.sampledValue) for entry in ready.meterValue] == [facts.number(one) for one in plain]

"""The frame layer: what is read, and by which name the rest is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.edge.ocpp import frames, schemas
from saas.edge.ocpp.frames import Call, Fault, Refusal, Result

pytestmark = pytest.mark.req("CHG-01")


def test_reads_a_call() -> None:
    assert frames.parse('[2,"a1","Heartbeat",{}]') == Call("a1", "Heartbeat", {})


def test_reads_a_result_and_an_error() -> None:
    assert frames.parse('[3,"a1",{"status":"Accepted"}]') == Result("a1", {"status": "Accepted"})
    assert frames.parse('[4,"a1","InternalError","no",{}]') == Refusal("a1", "InternalError", "no")
    assert frames.parse('[4,"a1"]') == Refusal("a1", "", "")


@pytest.mark.parametrize(
    ("raw", "code", "message_id"),
    [
        ("", "bad_frame", "-1"),
        ("hello", "bad_frame", "-1"),
        ("{}", "bad_frame", "-1"),
        ("[]", "bad_frame", "-1"),
        ("null", "bad_frame", "-1"),
        ('[2,"a1","Heartbeat",{', "bad_frame", "a1"),
        ('[2,"a1","Heartbeat",{"x":NaN}]', "bad_frame", "a1"),
        ('["2","a1","Heartbeat",{}]', "bad_frame", "a1"),
        ('[true,"a1","Heartbeat",{}]', "bad_frame", "a1"),
        ('[2.0,"a1","Heartbeat",{}]', "bad_frame", "a1"),
        ('[9,"a1","Heartbeat",{}]', "bad_type", "a1"),
        ('[1,"a1"]', "bad_type", "a1"),
        ('[2,"a1","Heartbeat"]', "incomplete", "a1"),
        ('[2,"a1","Heartbeat",{},1]', "incomplete", "a1"),
        ('[2,"a1","Heartbeat",[]]', "bad_payload", "a1"),
        ('[2,"a1",7,{}]', "bad_payload", "a1"),
        ('[2,7,"Heartbeat",{}]', "bad_id", 7),
        ('[2,"","Heartbeat",{}]', "bad_id", "-1"),
        ('[2,"-1","Heartbeat",{}]', "bad_id", "-1"),
        (f'[2,"{"x" * 37}","Heartbeat",{{}}]', "bad_id", "-1"),
        ("[" * 100_000, "bad_frame", "-1"),
    ],
)
def test_refuses_by_name(raw: str, code: str, message_id: str | int) -> None:
    with pytest.raises(Fault) as caught:
        frames.parse(raw)
    assert (caught.value.code, caught.value.message_id) == (code, message_id)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        frames.parse(raw)
    except Fault as fault:
        assert fault.code in frames.CODES


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=8))
def test_any_json_is_read_or_refused(value: object) -> None:
    try:
        frames.parse(json.dumps(value))
    except Fault as fault:
        assert fault.code in frames.CODES


@pytest.mark.parametrize(
    ("code", "v16", "v201"),
    [
        ("bad_frame", "FormationViolation", "RpcFrameworkError"),
        ("bad_type", "ProtocolError", "MessageTypeNotSupported"),
        ("format", "FormationViolation", "FormatViolation"),
        ("occurrence", "OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
    ],
)
def test_each_version_has_its_own_words(code: str, v16: str, v201: str) -> None:
    fault = Fault(code, "text", message_id="7")
    assert json.loads(frames.error(fault, "1.6")) == [4, "7", v16, "text", {}]
    assert json.loads(frames.error(fault, "2.0.1")) == [4, "7", v201, "text", {}]


@pytest.mark.parametrize(
    ("raw", "answer"), [('[3,"x"', True), (' [ 4 ,"x"]', True), ("[3]", True), ("[2,", False), ("[34,1]", False)]
)
def test_broken_answers_are_known_as_answers(raw: str, answer: bool) -> None:
    assert frames.is_answer(raw) is answer


START = {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"connectorId": "1"}, "type"),
        ({"connectorId": 0}, "property"),
        ({"connectorId": 1.5}, "type"),
        ({"idTag": "x" * 21}, "property"),
        ({"idTag": None}, "type"),
        ({"meterStart": -1}, "property"),
        ({"timestamp": "yesterday"}, "format"),
        ({"timestamp": "2026-02-30T00:00:00Z"}, "format"),
        ({"timestamp": "2026-01-01T00:00:00"}, "format"),
        ({"timestamp": "2026-01-01 00:00:00Z"}, "format"),
        ({"unheardOf": 1}, "format"),
    ],
)
def test_schemas_are_as_strict_as_the_standard(change: dict[str, object], code: str) -> None:
    schemas.check_request("1.6", "StartTransaction", START)
    with pytest.raises(Fault) as caught:
        schemas.check_request("1.6", "StartTransaction", START | change)
    assert caught.value.code == code


@pytest.mark.parametrize("missing", START)
def test_a_missing_field_is_an_occurrence_violation(missing: str) -> None:
    with pytest.raises(Fault) as caught:
        schemas.check_request("1.6", "StartTransaction", {key: value for key, value in START.items() if key != missing})
    assert caught.value.code == "occurrence"


@pytest.mark.parametrize(
    "change",
    [{"seqNo": -1}, {"evse": {"id": 0}}, {"transactionInfo": {"transactionId": ""}}, {"numberOfPhasesUsed": -3}],
)
def test_negatives_and_blanks_of_201_are_refused(change: dict[str, object]) -> None:
    event = {
        "eventType": "Started",
        "timestamp": "2026-01-01T00:00:00Z",
        "triggerReason": "Authorized",
        "seqNo": 0,
        "transactionInfo": {"transactionId": "t"},
        "evse": {"id": 1},
    }
    schemas.check_request("2.0.1", "TransactionEvent", event)
    with pytest.raises(Fault) as caught:
        schemas.check_request("2.0.1", "TransactionEvent", event | change)
    assert caught.value.code == "property"


def test_every_schema_compiles() -> None:
    for version, least in (("1.6", 38), ("2.0.1", 64)):
        assert len(schemas.actions(version)) >= least
        for action in schemas.actions(version):
            for check in (schemas.check_request, schemas.check_response):
                try:
                    check(version, action, {"notAField": 1})
                except Fault as fault:
                    assert fault.code in ("format", "occurrence")

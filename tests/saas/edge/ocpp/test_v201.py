"""OCPP 2.0.1: what stations say and what follows."""

from typing import Any

import pytest

from saas.contracts import rpc
from saas.contracts.stations import tag_of_session
from saas.contracts.telemetry import messages
from saas.edge.ocpp import schemas, v201
from saas.edge.ocpp.station import CannotTranslate, Plan, Running, State, Wait

NOW_MS = 1_767_225_600_000
AT = "2026-01-01T00:00:00Z"
TOKEN = {"idToken": {"idToken": "TAG1", "type": "ISO14443"}}


def say(action: str, payload: dict[str, Any], state: State | None = None) -> Plan:
    schemas.check_request("2.0.1", action, payload)
    return v201.translate(action, payload, state or State(device="st_1"), NOW_MS)


def event(kind: str, seq_no: int, trigger: str, *, info: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "eventType": kind,
        "seqNo": seq_no,
        "triggerReason": trigger,
        "timestamp": AT,
        "transactionInfo": {"transactionId": "tx-1", **(info or {})},
        **more,
    }


def energy(wh: float) -> dict[str, Any]:
    return {"meterValue": [{"timestamp": AT, "sampledValue": [{"value": wh}]}]}


def kinds(plan: Plan) -> list[str]:
    return [getattr(fact, "type", "sample") for fact in plan.facts]


def test_boot() -> None:
    station = {"vendorName": "V", "model": "M", "serialNumber": "S", "firmwareVersion": "2"}
    plan = say("BootNotification", {"chargingStation": station, "reason": "PowerUp"})
    assert plan.question == rpc.Boot(
        device="st_1", protocol="ocpp2.0.1", vendor="V", model="M", serial_number="S", firmware="2", reason="PowerUp"
    )


@pytest.mark.req("CHG-10")
def test_authorize_with_a_group() -> None:
    plan = say("Authorize", TOKEN)
    answer = plan.answer(rpc.Authorised(status="Accepted", parent="GROUP1"))
    schemas.check_response("2.0.1", "Authorize", answer)
    assert answer == {"idTokenInfo": {"status": "Accepted", "groupIdToken": {"idToken": "GROUP1", "type": "Central"}}}


@pytest.mark.req("CHG-09")
def test_a_whole_transaction_that_begins_with_the_token() -> None:
    state, seen = State(device="st_1"), []
    for payload in (
        event("Started", 0, "Authorized", evse={"id": 2, "connectorId": 1}, **TOKEN, **energy(1000)),
        event("Updated", 1, "ChargingStateChanged", info={"chargingState": "Charging"}),
        event("Updated", 2, "MeterValuePeriodic", **energy(1500)),
        event("Ended", 3, "StopAuthorized", info={"stoppedReason": "TimeLimitReached"}, **energy(2000)),
    ):
        plan = say("TransactionEvent", payload, state)
        assert plan.wait is Wait.COMMITTED
        state = plan.state
        seen.append(kinds(plan))
        assert {(fact.session, fact.evse) for fact in plan.facts} <= {("tx-1", 2)}  # type: ignore[union-attr]
    assert seen == [["started", "sample"], [], ["sample"], ["sample", "stopped"]]
    stopped = plan.facts[-1]
    assert isinstance(stopped, messages.Event)
    assert (stopped.energy_wh, stopped.reason, stopped.code, stopped.id_tag) == (
        2000,
        "time",
        "TimeLimitReached",
        "TAG1",
    )
    assert state.running == {}


@pytest.mark.req("CHG-09")
def test_a_transaction_that_begins_at_the_plug() -> None:
    state, seen = State(device="st_1"), []
    for payload in (
        event("Started", 0, "CablePluggedIn", info={"chargingState": "EVConnected"}, evse={"id": 1}, **energy(10)),
        event("Updated", 1, "Authorized", **TOKEN),
        event("Updated", 2, "ChargingStateChanged", info={"chargingState": "Charging"}),
        event("Ended", 3, "EVCommunicationLost", info={"stoppedReason": "EVDisconnected"}),
    ):
        plan = say("TransactionEvent", payload, state)
        state = plan.state
        events = [fact for fact in plan.facts if isinstance(fact, messages.Event)]
        seen.append([(fact.type, fact.energy_wh, fact.id_tag, fact.session) for fact in events])
    assert seen == [
        [("plugged", 10, None, None)],
        [("started", 10, "TAG1", "tx-1")],
        [],
        [("stopped", 10, "TAG1", "tx-1")],
    ]


@pytest.mark.req("CHG-09")
def test_a_plug_without_energy_is_no_session() -> None:
    plan = say("TransactionEvent", event("Started", 0, "CablePluggedIn", evse={"id": 1}, **energy(10)))
    ended = say("TransactionEvent", event("Ended", 1, "EVDeparted", **energy(10)), plan.state)
    assert (kinds(plan), kinds(ended)) == (["plugged", "sample"], ["unplugged", "sample"])
    assert {fact.session for fact in (*plan.facts, *ended.facts)} == {None}  # type: ignore[union-attr]


@pytest.mark.req("CHG-09")
def test_a_repeat_after_the_gateway_forgot_names_the_same_facts() -> None:
    payload = event("Ended", 3, "RemoteStop", evse={"id": 1}, **energy(2000))
    state = State(device="st_1", running={"tx-1": Running(1, "TAG1", flowing=True)}, registers={1: 1500})
    first, again = (say("TransactionEvent", payload, known) for known in (state, State(device="st_1")))
    assert [(fact.boot, fact.seq) for fact in first.facts] == [(fact.boot, fact.seq) for fact in again.facts]
    offline = say("TransactionEvent", payload | {"offline": True}, state)
    assert [(fact.boot, fact.seq) for fact in offline.facts] == [(fact.boot, fact.seq) for fact in first.facts]


@pytest.mark.req("CHG-09")
def test_messages_of_one_second_are_told_apart_by_their_number() -> None:
    payloads = (event("Updated", number, "MeterValuePeriodic", evse={"id": 1}, **energy(5)) for number in (1, 2))
    one, two = (say("TransactionEvent", payload).facts for payload in payloads)
    assert one[0].boot != two[0].boot


@pytest.mark.req("CHG-09")
def test_charging_of_an_unknown_transaction_is_no_second_start() -> None:
    payload = event("Updated", 9, "MeterValuePeriodic", info={"chargingState": "Charging"}, evse={"id": 1}, **energy(5))
    assert kinds(say("TransactionEvent", payload)) == ["sample"]


@pytest.mark.req("CHG-08")
def test_the_charging_state_reaches_the_stations_condition() -> None:
    plan = say(
        "TransactionEvent", event("Started", 0, "RemoteStart", info={"chargingState": "Charging"}, evse={"id": 1})
    )
    assert plan.state.condition() == "charging"
    plan = say("TransactionEvent", event("Ended", 1, "RemoteStop", evse={"id": 1}), plan.state)
    assert plan.state.condition() == "plugged"


@pytest.mark.req("CHG-08")
def test_status_of_connectors() -> None:
    payload = {"timestamp": AT, "connectorStatus": "Occupied", "evseId": 1, "connectorId": 2}
    plan = say("StatusNotification", payload)
    assert kinds(plan) == ["cleared", "plugged"]
    assert plan.question == rpc.StatusReport(device="st_1", evse=1, connector=2, status="Occupied", ts_ms=NOW_MS)
    faulted = say("StatusNotification", payload | {"connectorStatus": "Faulted"}, plan.state)
    assert kinds(faulted) == ["fault"]


@pytest.mark.req("CHG-08")
def test_meter_values_outside_of_transactions() -> None:
    (fact,) = say("MeterValues", {"evseId": 1, **energy(7)}).facts
    assert isinstance(fact, messages.Telemetry)
    assert (fact.energy_wh, fact.session) == (7, None)


def test_whole_numbers_may_be_written_with_a_point() -> None:
    plan = say("TransactionEvent", event("Started", 4.0, "Authorized", evse={"id": 1.0}, **TOKEN))  # type: ignore[arg-type]
    whole = say("TransactionEvent", event("Started", 4, "Authorized", evse={"id": 1}, **TOKEN))
    assert plan.facts == whole.facts


def test_a_monitor_event_names_its_variable() -> None:
    data = {
        "eventId": 1, "timestamp": AT, "trigger": "Alerting", "actualValue": "91",
        "eventNotificationType": "HardWiredMonitor",
        "component": {"name": "Connector"}, "variable": {"name": "Temperature"},
    }  # fmt: skip
    (fact,) = say("NotifyEvent", {"generatedAt": AT, "seqNo": 0, "eventData": [data]}).facts
    assert isinstance(fact, messages.Event)
    assert (fact.code, fact.reason) == ("NotifyEvent", "Connector.Temperature=91")


def command(kind: str, **fields: Any) -> messages.Command:
    return messages.Command(v=1, id="c1", type=kind, ts_ms=0, expires_ms=1, **fields)


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize(
    ("asked", "action", "part"),
    [
        (
            command("activate", session="s1", evse=2),
            "RequestStartTransaction",
            {"evseId": 2, "idToken": {"idToken": tag_of_session("s1"), "type": "Central"}},
        ),
        (command("stop", session="s1"), "RequestStopTransaction", {"transactionId": "tx-1"}),
        (command("unlock", evse=2), "UnlockConnector", {"evseId": 2, "connectorId": 1}),
        (command("limit", current_ma=6000, evse=2), "SetChargingProfile", {"evseId": 2}),
        (
            command("config", data={"OCPPCommCtrlr.HeartbeatInterval": 60}),
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "OCPPCommCtrlr"},
                        "variable": {"name": "HeartbeatInterval"},
                        "attributeValue": "60",
                    }
                ]
            },
        ),
    ],
)
def test_commands_become_calls(asked: messages.Command, action: str, part: dict[str, Any]) -> None:
    state = State(device="st_1", running={"tx-1": Running(2, tag_of_session("s1"))})
    (out,) = v201.calls(asked, state)
    schemas.check_request("2.0.1", out.action, out.payload)
    assert out.action == action
    assert out.payload.items() >= part.items()


@pytest.mark.req("CHG-02")
def test_one_refused_variable_refuses_the_command() -> None:
    (out,) = v201.calls(command("config", data={"A.B": 1, "A.C": 2}), State(device="st_1"))
    results = [{"attributeStatus": status} for status in ("Accepted", "UnknownVariable")]
    assert out.verdict({"setVariableResult": results}) == "UnknownVariable"
    assert out.verdict({"setVariableResult": results[:1]}) is None
    with pytest.raises(CannotTranslate, match="bad_format"):
        v201.calls(command("config", data={"NoVariable": 1}), State(device="st_1"))


@pytest.mark.req("CHG-09")
def test_an_evse_is_free_once_none_of_its_connectors_is_in_use() -> None:
    state, seen = State(device="st_1"), []
    for connector, status in ((1, "Occupied"), (2, "Available"), (1, "Available")):
        said = {"evseId": 1, "connectorId": connector, "connectorStatus": status, "timestamp": AT}
        plan = say("StatusNotification", said, state)
        state = plan.state
        seen.append([kind for kind in kinds(plan) if kind in ("plugged", "unplugged")])
    assert seen == [["plugged"], [], ["unplugged"]]

"""OCPP 1.6: what stations say and what follows."""

from typing import Any

import pytest

from saas.contracts import rpc
from saas.contracts.stations import tag_of_session
from saas.contracts.telemetry import messages
from saas.edge.ocpp import schemas, v16
from saas.edge.ocpp.station import CannotTranslate, Plan, Running, State, Wait

NOW_MS = 1_767_225_600_000
AT = "2026-01-01T00:00:00Z"
START = {"connectorId": 2, "idTag": "TAG1", "meterStart": 1000, "timestamp": AT}


def say(action: str, payload: dict[str, Any], state: State | None = None) -> Plan:
    schemas.check_request("1.6", action, payload)
    return v16.translate(action, payload, state or State(device="st_1"), NOW_MS)


def started() -> tuple[State, int]:
    plan = say("StartTransaction", START)
    answer = plan.answer(rpc.Authorised(status="Accepted"))
    return plan.state, answer["transactionId"]


@pytest.mark.req("CHG-05")
def test_boot_asks_whether_the_station_is_accepted() -> None:
    plan = say(
        "BootNotification",
        {"chargePointVendor": "V", "chargePointModel": "M", "firmwareVersion": "1.2", "chargeBoxSerialNumber": "S"},
    )
    assert plan.question == rpc.Boot(
        device="st_1", protocol="ocpp1.6", vendor="V", model="M", serial_number="S", firmware="1.2"
    )
    assert [(fact.type, fact.fw) for fact in plan.facts] == [("boot", "1.2")]
    answer = plan.answer(rpc.Booted(status="Pending", interval_s=60, now_ms=NOW_MS))
    assert answer == {"status": "Pending", "currentTime": "2026-01-01T00:00:00.000Z", "interval": 60}


@pytest.mark.req("CHG-10")
def test_authorize_gives_the_platforms_word() -> None:
    plan = say("Authorize", {"idTag": "TAG1"})
    assert plan.question == rpc.Authorise(device="st_1", id_tag="TAG1")
    answer = plan.answer(rpc.Authorised(status="Expired", expires_ms=NOW_MS, parent="GROUP1"))
    assert answer == {
        "idTagInfo": {"status": "Expired", "expiryDate": "2026-01-01T00:00:00.000Z", "parentIdTag": "GROUP1"}
    }


@pytest.mark.req("CHG-09")
def test_a_start_is_one_fact_with_the_id_that_the_station_gets() -> None:
    plan = say("StartTransaction", START)
    answer = plan.answer(rpc.Authorised(status="Accepted"))
    (fact,) = plan.facts
    assert isinstance(fact, messages.Event)
    assert (fact.type, fact.session, fact.energy_wh, fact.id_tag) == (
        "started", str(answer["transactionId"]), 1000, "TAG1",
    )  # fmt: skip
    assert (fact.evse, fact.ts_ms, fact.seq) == (2, NOW_MS, 1)
    assert plan.wait is Wait.COMMITTED


@pytest.mark.req("CHG-09")
def test_a_repeated_start_is_the_same_fact_and_gets_the_same_id() -> None:
    one, two = say("StartTransaction", START), say("StartTransaction", dict(reversed(START.items())))
    result = rpc.Authorised(status="Accepted")
    assert one.facts == two.facts
    assert one.answer(result) == two.answer(result)


@pytest.mark.req("CHG-09")
@pytest.mark.parametrize("change", [{"connectorId": 1}, {"idTag": "TAG2"}, {"meterStart": 1001}])
def test_another_start_is_another_fact(change: dict[str, Any]) -> None:
    assert say("StartTransaction", START).facts[0].boot != say("StartTransaction", START | change).facts[0].boot


@pytest.mark.req("CHG-09")
def test_a_stop_with_its_samples() -> None:
    state, transaction = started()
    plan = say(
        "StopTransaction",
        {
            "transactionId": transaction,
            "meterStop": 3500,
            "timestamp": AT,
            "reason": "EVDisconnected",
            "transactionData": [
                {"timestamp": AT, "sampledValue": [{"value": "1000", "context": "Transaction.Begin"}]},
                {"timestamp": AT, "sampledValue": [{"value": "3.5", "unit": "kWh", "context": "Transaction.End"}]},
            ],
        },
        state,
    )
    assert [fact.energy_wh for fact in plan.plain if isinstance(fact, messages.Telemetry)] == [1000, 3500]
    (stopped,) = plan.facts
    assert isinstance(stopped, messages.Event)
    assert stopped.energy_wh == 3500
    assert (stopped.session, stopped.reason, stopped.code, stopped.evse) == (
        str(transaction), "unplugged", "EVDisconnected", 2,
    )  # fmt: skip
    assert plan.state.running == {}
    assert plan.answer(None) == {}


@pytest.mark.req("CHG-09")
def test_a_stop_names_its_connector_to_a_gateway_that_forgot() -> None:
    _, transaction = started()
    (fact,) = say("StopTransaction", {"transactionId": transaction, "meterStop": 5, "timestamp": AT}).facts
    assert fact.evse == 2


@pytest.mark.req("CHG-09")
@pytest.mark.parametrize("transaction", [-1, 0])
def test_a_stop_of_a_station_that_never_got_an_id(transaction: int) -> None:
    plan = say("StopTransaction", {"transactionId": transaction, "meterStop": 5, "timestamp": AT})
    (fact,) = plan.facts
    assert isinstance(fact, messages.Event)
    assert (fact.session, fact.energy_wh, fact.reason) == (None, 5, "local")


@pytest.mark.req("CHG-09")
def test_stops_of_different_content_are_different_facts() -> None:
    stops = [{"transactionId": 7, "meterStop": stop, "timestamp": AT} for stop in (5, 6, 5)]
    boots = [say("StopTransaction", stop).facts[0].boot for stop in stops]
    assert boots[0] == boots[2] != boots[1]


@pytest.mark.req("CHG-08")
def test_meter_values_become_telemetry_of_the_transaction() -> None:
    state, transaction = started()
    sampled = [
        {"value": "1.5", "unit": "kWh", "measurand": "Energy.Active.Import.Register"},
        {"value": "7360", "measurand": "Power.Active.Import", "unit": "W"},
    ]
    payload = {
        "connectorId": 2,
        "transactionId": transaction,
        "meterValue": [{"timestamp": AT, "sampledValue": sampled}],
    }
    plan = say("MeterValues", payload, state)
    (fact,) = plan.facts
    assert isinstance(fact, messages.Telemetry)
    assert (fact.energy_wh, fact.power_w, fact.session, fact.evse) == (1500, 7360, str(transaction), 2)
    assert fact.low is None
    assert plan.wait is Wait.PUBLISHED
    assert plan.answer(None) == {}


@pytest.mark.req("CHG-08")
def test_a_sample_without_energy_takes_the_last_register() -> None:
    state, transaction = started()
    payload = {
        "connectorId": 2,
        "transactionId": transaction,
        "meterValue": [
            {"timestamp": AT, "sampledValue": [{"value": "16", "measurand": "Current.Import", "unit": "A"}]}
        ],
    }
    (fact,) = say("MeterValues", payload, state).facts
    assert isinstance(fact, messages.Telemetry)
    assert (fact.energy_wh, fact.current_ma) == (1000, 16000)
    assert say("MeterValues", payload).facts == ()


@pytest.mark.req("CHG-08")
def test_status_becomes_plugs_and_faults() -> None:
    state, seen = State(device="st_1"), []
    for status, error in [
        ("Available", "NoError"),
        ("Preparing", "NoError"),
        ("Charging", "NoError"),
        ("Faulted", "HighTemperature"),
        ("Finishing", "NoError"),
        ("Available", "NoError"),
    ]:
        plan = say("StatusNotification", {"connectorId": 1, "status": status, "errorCode": error}, state)
        state = plan.state
        seen.append([(fact.type, fact.code, fact.reason) for fact in plan.facts if isinstance(fact, messages.Event)])
        assert plan.question == rpc.StatusReport(
            device="st_1", evse=1, status=status, ts_ms=NOW_MS, error_code=error, info=""
        )
    assert seen == [
        [("cleared", "station_fault", None), ("unplugged", "Available", None)],
        [("plugged", "Preparing", None)],
        [],
        [("fault", "station_fault", "over_temperature")],
        [("cleared", "station_fault", None), ("plugged", "Finishing", None)],
        [("unplugged", "Available", None)],
    ]


def test_what_a_station_says_of_an_error_is_kept_in_full() -> None:
    more = {"vendorId": "V", "vendorErrorCode": "E-17", "info": "fan"}
    for status, kind, code in (("Faulted", "fault", "station_fault"), ("Charging", "notice", "HighTemperature")):
        said = {"connectorId": 1, "status": status, "errorCode": "HighTemperature", **more}
        facts = say("StatusNotification", said).facts
        (fact,) = [fact for fact in facts if isinstance(fact, messages.Event) and fact.type == kind]
        assert (fact.code, fact.reason) == (code, "over_temperature")
        assert fact.detail == "errorCode=HighTemperature, vendorId=V, vendorErrorCode=E-17, info=fan"


def test_the_station_as_a_whole_is_its_busiest_connector() -> None:
    state = State(device="st_1").with_status(1, 1, "Available").with_status(2, 1, "Charging")
    assert state.condition() == "charging"
    assert state.with_status(0, 1, "Faulted").condition() == "fault"


def test_unusual_words_are_kept_as_notices() -> None:
    plan = say("FirmwareStatusNotification", {"status": "Installed"})
    (fact,) = plan.facts
    assert isinstance(fact, messages.Event)
    assert (fact.type, fact.code, fact.reason) == ("notice", "FirmwareStatusNotification", "Installed")


def command(kind: str, **fields: Any) -> messages.Command:
    return messages.Command(v=1, id="c1", type=kind, ts_ms=0, expires_ms=1, **fields)


@pytest.mark.req("CHG-02")
@pytest.mark.parametrize(
    ("asked", "action", "payload"),
    [
        (
            command("activate", session="s1", evse=2),
            "RemoteStartTransaction",
            {"connectorId": 2, "idTag": tag_of_session("s1")},
        ),
        (command("activate", data={"id_tag": "CARD"}), "RemoteStartTransaction", {"connectorId": 1, "idTag": "CARD"}),
        (command("stop", data={"transaction_id": "77"}), "RemoteStopTransaction", {"transactionId": 77}),
        (command("stop", session="s1"), "RemoteStopTransaction", {"transactionId": 9}),
        (command("unlock", evse=1), "UnlockConnector", {"connectorId": 1}),
        (
            command("config", data={"HeartbeatInterval": 60}),
            "ChangeConfiguration",
            {"key": "HeartbeatInterval", "value": "60"},
        ),
    ],
)
def test_commands_become_calls(asked: messages.Command, action: str, payload: dict[str, Any]) -> None:
    state = State(device="st_1", running={"8": Running(1, "OTHER"), "9": Running(2, tag_of_session("s1").lower())})
    (out,) = v16.calls(asked, state)
    assert (out.action, out.payload) == (action, payload)
    schemas.check_request("1.6", out.action, out.payload)


@pytest.mark.req("CHG-07")
def test_a_limit_becomes_a_charging_profile() -> None:
    (out,) = v16.calls(command("limit", current_ma=10_500), State(device="st_1"))
    schemas.check_request("1.6", out.action, out.payload)
    schedule = out.payload["csChargingProfiles"]["chargingSchedule"]
    assert schedule == {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 10.5}]}


@pytest.mark.req("CHG-02")
def test_commands_without_meaning_are_refused_by_name() -> None:
    state = State(device="st_1")
    with pytest.raises(CannotTranslate, match="unknown_session"):
        v16.calls(command("stop", session="s1"), state)
    with pytest.raises(CannotTranslate, match="unknown_command"):
        v16.calls(command("ota"), state)
    assert v16.calls(command("permit"), state) == []


@pytest.mark.req("CHG-05", "CHG-09")
def test_starts_of_one_second_are_transactions_of_their_own() -> None:
    """A clock that stands still, or a test script with one time for all: other content, another transaction."""
    state, first = started()
    other = say("StartTransaction", START | {"idTag": "TAG2"}, state)
    second = other.answer(rpc.Authorised(status="Accepted"))["transactionId"]
    assert first != second and first % 8 == second % 8 == START["connectorId"]
    boot = say("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}, other.state)
    for payload, known in ((START, first), (START | {"idTag": "TAG2"}, second)):
        again = say("StartTransaction", payload, boot.state)
        assert again.answer(rpc.Authorised(status="Accepted"))["transactionId"] == known

"""The fault vocabulary is whole: no word of OCPP and none of our adapter is without a meaning."""

import pytest
from ocpp.v16 import enums as v16
from ocpp.v201 import enums as v201

from saas.contracts import faults
from saas.contracts.maintenance import Cause
from saas.contracts.telemetry import wire
from tenants.maintenance import fault_words, reading, words
from tenants.maintenance.models import Alert
from tenants.power.models import Alarm

pytestmark = pytest.mark.req("MNT-01")
ALL: list[faults.Fault] = [
    fault
    for table in (faults.OCPP16, faults.STATUSES, faults.SECURITY, faults.STOPS, faults.EVENTS, faults.ADAPTER,
                  faults.PLATFORM)
    for fault in table.values()  # type: ignore[attr-defined]
    if fault is not None
]  # fmt: skip


def test_there_are_the_26_codes_of_chargex() -> None:
    assert list(faults.MREC) == [f"CX{number:03}" for number in range(1, 27)]
    assert len({one.name for one in faults.MREC.values()}) == 26
    names = ("ConnectorLockFailure", "GroundFailure", "HighTemperature", "OverCurrentFailure", "OverVoltage",
             "UnderVoltage", "WeakSignal")  # fmt: skip
    assert tuple(one.name for one in list(faults.MREC.values())[:7]) == names, "the first are OCPP's own"


@pytest.mark.parametrize(
    ("said", "known"),
    [
        (v16.ChargePointErrorCode, faults.OCPP16),
        (v16.ChargePointStatus, faults.STATUSES),
        (v201.ConnectorStatusEnumType, faults.STATUSES),
        (v16.Reason, faults.STOPS),
        (v201.ReasonEnumType, faults.STOPS),
        (v201.SecurityEventType, faults.SECURITY),
    ],
)
def test_every_word_of_ocpp_has_a_meaning(said: type, known: dict[str, object]) -> None:
    assert {word.value for word in said} - known.keys() == set()  # type: ignore[attr-defined]


def test_every_problem_of_every_component_has_a_meaning() -> None:
    for variable in ("Problem", "Tripped", "Overload", "Fallback"):
        for component in ("Connector", "EVSE", "ChargingStation", "SomethingNew"):
            fault = faults.of_event(component, variable)
            assert fault is not None and fault.mrec in (faults.OTHER, *faults.MREC)
    assert faults.of_event("Connector", "AvailabilityState") is None


def test_every_fault_of_our_adapter_and_every_alarm_has_a_meaning() -> None:
    assert set(wire.FAULTS) <= faults.ADAPTER.keys()
    assert {f"power_{kind}" for kind in Alarm.Kind.values} <= faults.PLATFORM.keys()
    assert set(faults.PLATFORM) | set(wire.FAULTS) <= fault_words.CODES.keys(), "and people read of it in words"


def test_every_meaning_is_made_of_known_words() -> None:
    for fault in ALL:
        assert fault.mrec in (faults.OTHER, *faults.MREC)
        assert fault.severity in faults.SEVERITIES and fault.cause in faults.CAUSES
    assert set(faults.CAUSES) == set(Cause.__args__) == set(words.CAUSES)  # type: ignore[attr-defined]
    assert {fault.cause for fault in ALL} == set(faults.CAUSES)
    assert set(Alert.Source.values) >= {"adapter", "ocpp", "platform"}


def test_an_offline_modem_a_power_cut_and_a_vehicle_are_no_broken_charger() -> None:
    wrong = [fault for fault in ALL if fault.broken and fault.cause in ("network", "grid", "vehicle", "planned")]
    assert wrong == []
    assert faults.ADAPTER["stuck_relay"].broken and faults.MREC["CX026"].broken


@pytest.mark.parametrize(
    ("said", "own", "code", "mrec"),
    [
        ({"errorCode": "GroundFailure"}, {}, "GroundFailure", "CX002"),
        ({"errorCode": "OtherError", "vendorId": "https://chargex.inl.gov", "vendorErrorCode": "CX024"}, {},
         "https://chargex.inl.gov:CX024", "CX024"),
        ({"errorCode": "OtherError", "vendorErrorCode": "cx017"}, {}, "cx017", "CX017"),
        ({"errorCode": "OtherError", "vendorId": "com.evgo.mrec", "vendorErrorCode": "F999,F004"}, {},
         "com.evgo.mrec:F999,F004", "CX025"),
        ({"errorCode": "OtherError", "vendorId": "Acme", "vendorErrorCode": "E17"}, {}, "Acme:E17", "OtherError"),
        ({"errorCode": "OtherError", "vendorId": "Acme", "vendorErrorCode": "E17"}, {("acme", "e17"): "CX012"},
         "Acme:E17", "CX012"),
        ({"errorCode": "PowerMeterFailure", "vendorErrorCode": "77"}, {}, "PowerMeterFailure", "OtherError"),
        ({"errorCode": "NeverHeardOf"}, {}, "NeverHeardOf", "OtherError"),
    ],
)  # fmt: skip
def test_an_error_of_a_station_is_read_with_its_vendors_words(
    said: dict[str, str], own: dict[tuple[str, str], str], code: str, mrec: str
) -> None:
    meaning = reading.of_status(said, own)
    assert meaning.fault is not None
    assert (meaning.code, meaning.fault.mrec) == (code, mrec)
    assert meaning.detail == said, "the raw words are kept"


def test_no_error_is_no_fault() -> None:
    assert reading.of_status({"errorCode": "NoError"}, {}).fault is None


@pytest.mark.parametrize(
    ("data", "evse", "code", "mrec", "over"),
    [
        ({"component": {"name": "Connector", "evse": {"id": 2}}, "variable": {"name": "Problem"},
          "actualValue": "true"}, 2, "Connector.Problem", "OtherError", False),
        ({"component": {"name": "RCD"}, "variable": {"name": "Tripped"}, "actualValue": "False"}, 0, "RCD.Tripped",
         "CX002", True),
        ({"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Problem"}, "actualValue": "true",
          "techCode": "CX026", "cleared": True}, 1, "EVSE.Problem", "CX026", True),
        ({"component": {"name": "TemperatureSensor", "instance": "2", "evse": {"id": -3}},
          "variable": {"name": "Problem"}, "actualValue": "1"}, 0, "TemperatureSensor.Problem.2", "CX003", False),
    ],
)  # fmt: skip
def test_a_monitored_event_says_where_what_and_whether(
    data: dict[str, object], evse: int, code: str, mrec: str, over: bool
) -> None:
    found = reading.of_event(data, {})
    assert found is not None and found.meaning.fault is not None
    assert (found.evse, found.meaning.code, found.meaning.fault.mrec, found.over) == (evse, code, mrec, over)


def test_the_gateways_text_is_taken_apart_as_it_was_put_together() -> None:
    text = "errorCode=OtherError, vendorId=Acme, vendorErrorCode=E17, info=L1, L2 and L3: 6=9"
    assert words.parts_of(text) == {
        "errorCode": "OtherError", "vendorId": "Acme", "vendorErrorCode": "E17", "info": "L1, L2 and L3: 6=9",
    }  # fmt: skip
    assert words.parts_of("nothing of the kind") == {}

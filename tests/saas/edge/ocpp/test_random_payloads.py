"""Whatever the standard lets a station say gets a lawful answer, and its facts obey the contract."""

from types import ModuleType
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.contracts import rpc
from saas.contracts.telemetry import messages
from saas.edge.ocpp import schemas, v16, v201
from saas.edge.ocpp.station import Running, State, Wait

from .payloads import request

pytestmark = pytest.mark.req("CHG-01")
NOW_MS = 1_767_225_600_000
RESULTS = {
    rpc.Authorise: rpc.Authorised(status="Accepted", expires_ms=NOW_MS, parent="GROUP1"),
    rpc.Boot: rpc.Booted(status="Accepted", interval_s=300, now_ms=NOW_MS),
    rpc.StatusReport: None,
    rpc.Heard: None,
    type(None): None,
}
KINDS = {messages.Event: "event", messages.Telemetry: "telemetry"}
CASES = [(module, action) for module in (v16, v201) for action in sorted(module.ACTIONS)]
# What the standards let a station send: OCPP 1.6 with the security whitepaper, OCPP 2.0.1 part 2.
SENT_16 = """Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate SignedFirmwareStatusNotification
    StartTransaction StatusNotification StopTransaction"""
SENT_201 = """Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
    Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit
    NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
    NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles
    ReservationStatusUpdate SecurityEventNotification SignCertificate StatusNotification TransactionEvent"""


@pytest.mark.parametrize(("module", "sent"), [(v16, SENT_16), (v201, SENT_201)])
def test_every_action_that_a_station_may_send_has_a_handler(module: ModuleType, sent: str) -> None:
    assert set(sent.split()) == module.ACTIONS
    assert schemas.actions(module.VERSION) >= module.ACTIONS


@pytest.mark.parametrize(("module", "action"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_any_lawful_message_is_translated(module: ModuleType, action: str) -> None:
    state = State(device="st_1", registers={1: 5}, running={"7": Running(1, "TAG", flowing=True)})

    @settings(max_examples=60, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(request(module.VERSION, action))
    def check(payload: dict[str, Any]) -> None:
        schemas.check_request(module.VERSION, action, payload)
        plan = module.translate(action, payload, state, NOW_MS)
        schemas.check_response(module.VERSION, action, plan.answer(RESULTS[type(plan.question)]))
        for fact in (*plan.plain, *plan.facts):
            again = messages.DECODERS[KINDS[type(fact)]].decode(messages.encode(fact))
            assert again == fact
        if plan.wait is Wait.COMMITTED:
            assert {fact.seq for fact in plan.facts} <= {1}
            assert len({fact.boot for fact in plan.facts}) == len(plan.facts)
        copy = msgspec.json.decode(msgspec.json.encode(payload))
        assert module.translate(action, copy, state, NOW_MS).facts == plan.facts

    check()


@pytest.mark.parametrize(("module", "action"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_repeat_is_the_same_fact_even_to_a_gateway_that_forgot(module: ModuleType, action: str) -> None:
    """The names of what both make agree; what was there first stays."""
    if (module.translate is v201.translate and action == "BootNotification") or action in (
        "Heartbeat",
        "BootNotification",
    ):
        return

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(request(module.VERSION, action))
    def check(payload: dict[str, Any]) -> None:
        first = module.translate(action, payload, State(device="st_1"), NOW_MS)
        again = module.translate(action, payload, first.state, NOW_MS)
        one, two = (
            {(fact.boot, fact.seq): (type(fact), fact.ts_ms) for fact in (*plan.plain, *plan.facts)}
            for plan in (first, again)
        )
        assert all(one[name] == two[name] for name in one.keys() & two.keys())
        assert samples(one) <= samples(two), "a state adds registers, never takes samples away"
        assert two.keys() - samples(two) <= one.keys(), "a state never makes another event"

    check()


def samples(named: dict[tuple[int, int], tuple[type, int]]) -> set[tuple[int, int]]:
    return {name for name, (kind, _) in named.items() if kind is messages.Telemetry}


@given(st.sampled_from(["st_1", "st_2"]), st.sampled_from(["st_1", "st_2"]))
def test_equal_messages_of_two_stations_are_two_facts(one: str, other: str) -> None:
    payload = {"connectorId": 1, "idTag": "T", "meterStart": 0, "timestamp": "2026-01-01T00:00:00Z"}
    plans = [v16.translate("StartTransaction", payload, State(device=device), NOW_MS) for device in (one, other)]
    assert (plans[0].facts[0].boot == plans[1].facts[0].boot) == (one == other)

"""A true history of a station, told in any order, repeated, with parts that come late: the same session and bill."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from saas.edge.ocpp import v16, v201
from tenants.charging import actions
from tenants.charging.models import HeldFact, Session
from tenants.fleets.models import Vehicle
from tests import builders

from .joint import START, Joint, at

pytestmark = [pytest.mark.slow, pytest.mark.req("CHG-09")]
TAG = "04A1B2C3"
TOKEN = {"idToken": TAG, "type": "ISO14443"}
Message = tuple[str, dict[str, Any]]
DONE = ("closed", 6000, 240, START, START + timedelta(minutes=40), "unplugged")


@pytest.fixture
def device(ampere: Any) -> Any:
    people = builders.cast()
    Vehicle.objects.create(plate="A", rfid=TAG, driver=people.driver)
    station = builders.device(kind="station", station_id="CP1")
    builders.listing(host=people.host, on=builders.evse(of=station), per_hour=None, per_kwh="0.40")
    return station


def sampled(minute: float, wh: int) -> list[dict[str, Any]]:
    return [{"timestamp": at(minute), "sampledValue": [{"value": str(wh)}]}]


def history_16(number: int) -> list[Message]:
    start = {"connectorId": 1, "idTag": TAG, "meterStart": 1000, "timestamp": at(0)}
    stop = {"transactionId": number, "meterStop": 7000, "timestamp": at(40), "reason": "EVDisconnected"}
    samples = [(minute, {"connectorId": 1, "transactionId": number, "meterValue": sampled(minute, 1000 + 150 * minute)})
               for minute in (5, 15, 25, 35)]  # fmt: skip
    return [("StartTransaction", start), *(("MeterValues", one) for _, one in samples), ("StopTransaction", stop)]


def turn(minute: float, kind: str, seq_no: int, trigger: str, wh: int, **more: Any) -> Message:
    info = {"transactionId": "tx-1", **more.pop("info", {})}
    value = [{"timestamp": at(minute), "sampledValue": [{"value": wh}]}]
    return "TransactionEvent", {
        "eventType": kind, "seqNo": seq_no, "triggerReason": trigger, "timestamp": at(minute), "transactionInfo": info,
        "evse": {"id": 1, "connectorId": 1}, "meterValue": value, **more,
    }  # fmt: skip


HISTORY_201: list[Message] = [
    turn(-5, "Started", 0, "CablePluggedIn", 1000, info={"chargingState": "EVConnected"}),
    turn(0, "Updated", 1, "Authorized", 1000, idToken=TOKEN),
    turn(1, "Updated", 2, "ChargingStateChanged", 1000, info={"chargingState": "Charging"}),
    turn(20, "Updated", 3, "MeterValuePeriodic", 4000),
    turn(40, "Ended", 4, "EVDeparted", 7000, info={"stoppedReason": "EVDisconnected"}),
]


def told(joint: Joint, messages: list[Message], forgetful: list[bool]) -> tuple[Any, ...]:
    """Say it all within a minute, then let time pass."""
    for place, (action, payload) in enumerate(messages):
        if forgetful[place % len(forgetful)]:
            joint.forget()
        joint.say(action, 60 + place / 100, **payload)
    for minute in (65, 66):
        actions.sweep(now=START + timedelta(minutes=minute))
    (session,) = Session.objects.all()
    assert joint.poison == [] and not HeldFact.objects.filter(kind="event", body__type="started").exists()
    return (
        session.state,
        session.energy_wh,
        session.cost_minor,
        session.started_at,
        session.ended_at,
        session.stop_reason,
    )


@st.composite
def disorder(draw: st.DrawFn, history: list[Message]) -> list[Message]:
    """Everything at least once, some of it again, in any order."""
    again = draw(st.lists(st.sampled_from(history), max_size=4))
    return list(draw(st.permutations([*history, *again])))


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside did not happen."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
def test_any_order_gives_the_same_session(device: Any, version: str) -> None:
    module = v16 if version == "1.6" else v201
    number = v16.transaction_id(device.device_id, history_16(1)[0][1])
    history = history_16(number) if version == "1.6" else HISTORY_201

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(disorder(history), st.lists(st.booleans(), min_size=1, max_size=7))
    def check(messages: list[Message], forgetful: list[bool]) -> None:
        with undone():
            assert told(Joint(module, device), messages, forgetful) == DONE

    with undone():
        assert told(Joint(module, device), history, [False]) == DONE
    check()

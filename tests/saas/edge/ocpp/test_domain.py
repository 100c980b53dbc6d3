"""What the translators say and what the tenant's side understands, joined without a network: a booked session."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import msgspec
import pytest

from saas.contracts.telemetry.messages import Command, Event, Telemetry
from saas.devices import queries as devices
from saas.edge.ocpp import schemas, v16, v201
from saas.edge.ocpp.facts import text_of
from saas.edge.ocpp.station import State
from saas.kit.time import to_ms
from tenants.charging import actions
from tenants.charging.models import DeviceCommand, Session
from tenants.charging.queries import qr_token
from tenants.stations import actions as stations
from tests import builders
from tests.builders import NOW

START = NOW + timedelta(hours=1)


class Joint:
    """A station whose words reach the tenant's actions as the ingester would bring them."""

    def __init__(self, module: ModuleType, session: Session) -> None:
        self.module, self.session = module, session
        self.device = devices.get(session.device_id)
        self.state = State(device=session.device_id)

    def say(self, action: str, minute: float, **payload: Any) -> dict[str, Any]:
        now = START + timedelta(minutes=minute)
        schemas.check_request(self.module.VERSION, action, payload)
        plan = self.module.translate(action, payload, self.state, to_ms(now))
        self.state = plan.state
        result = plan.question and actions.authorise(device=self.device, id_tag=plan.question.id_tag, now=now)
        for fact in (*plan.plain, *plan.facts):
            self._bring(fact, now)
        self.session.refresh_from_db()
        told = msgspec.convert({"status": result.status}, v16.rpc.Authorised) if result else None
        return dict(plan.answer(told))

    def command(self, kind: str) -> dict[str, Any]:
        """The call that the newest command of this kind becomes."""
        row = DeviceCommand.objects.filter(session=self.session, type=kind).latest("id")
        (out,) = self.module.calls(msgspec.convert(row.payload, Command), self.state)
        schemas.check_request(self.module.VERSION, out.action, out.payload)
        return dict(out.payload)

    def _bring(self, fact: Any, now: Any) -> None:
        if isinstance(fact, Event):
            actions.receive_event(device=self.device, event=fact, received_at=now)
        elif isinstance(fact, Telemetry):
            actions.receive_sample(device=self.device, sample=fact, received_at=now)


def activated(module: ModuleType) -> Joint:
    """A driver has booked and paid a station's hour, and scanned its code."""
    people = builders.cast()
    station = builders.device(kind="station", station_id="CP1")
    listing = builders.listing(host=people.host, on=builders.evse(of=station))
    _, session = builders.confirmed(of=listing, by=people.driver, start=START)
    actions.activate(session_uid=session.uid, driver=people.driver, qr_token=qr_token(session.evse), now=START)
    return Joint(module, session)


def at(minute: float) -> str:
    return text_of(to_ms(START + timedelta(minutes=minute)))


@pytest.mark.req("CHG-01", "MKT-11", "CHG-10")
def test_a_booked_session_on_a_16_station(ampere: Any) -> None:
    joint = activated(v16)
    tag = joint.command("activate")["idTag"]
    assert joint.say("Authorize", 0, idTag=tag)["idTagInfo"]["status"] == "Accepted"
    started = {"connectorId": 1, "idTag": tag, "meterStart": 5000, "timestamp": at(1)}
    transaction = joint.say("StartTransaction", 1, **started)["transactionId"]
    assert joint.session.state == Session.State.CHARGING
    values = [{"timestamp": at(30), "sampledValue": [{"value": "8.5", "unit": "kWh"}]}]
    joint.say("MeterValues", 30, connectorId=1, transactionId=transaction, meterValue=values)
    assert joint.session.energy_wh == 3500
    joint.state = State(device=joint.session.device_id)
    actions.sweep(now=START + timedelta(minutes=60))
    assert joint.command("stop") == {"transactionId": transaction}
    joint.say("StopTransaction", 61, transactionId=transaction, meterStop=12_000, timestamp=at(60), reason="Remote")
    assert (joint.session.state, joint.session.energy_wh) == (Session.State.CLOSED, 7000)
    assert joint.session.evse.sessions.count() == 1


@pytest.mark.req("CHG-01", "MKT-11", "CHG-10")
def test_a_booked_session_on_a_201_station(ampere: Any) -> None:
    joint = activated(v201)
    token = joint.command("activate")["idToken"]
    assert joint.say("Authorize", 0, idToken=token)["idTokenInfo"]["status"] == "Accepted"
    steps: list[tuple[str, float, float, dict[str, Any]]] = [
        ("Started", 0, 5000, {"triggerReason": "CablePluggedIn"}),
        ("Updated", 1, 5000, {"triggerReason": "Authorized", "idToken": token}),
        ("Updated", 30, 8500, {"triggerReason": "MeterValuePeriodic"}),
        ("Ended", 60, 12_000, {"triggerReason": "RemoteStop"}),
    ]
    for number, (kind, minute, wh, more) in enumerate(steps):
        if kind == "Ended":
            assert joint.command("stop") == {"transactionId": "tx-1"}
        joint.say(
            "TransactionEvent",
            minute,
            eventType=kind,
            seqNo=number,
            timestamp=at(minute),
            transactionInfo={"transactionId": "tx-1"},
            evse={"id": 1, "connectorId": 1},
            meterValue=[{"timestamp": at(minute), "sampledValue": [{"value": wh}]}],
            **more,
        )
    assert (joint.session.state, joint.session.energy_wh) == (Session.State.CLOSED, 7000)
    assert joint.session.evse.sessions.count() == 1


@pytest.mark.req("CHG-10")
def test_notices_and_faults_of_a_station_are_understood(ampere: Any) -> None:
    joint = activated(v16)
    joint.say("FirmwareStatusNotification", 0, status="Installed")
    evse = joint.session.evse
    for status, error, expected in (
        ("Faulted", "HighTemperature", "OUTOFORDER"),
        ("Available", "NoError", "AVAILABLE"),
    ):
        plan = v16.translate(
            "StatusNotification",
            {"connectorId": 1, "status": status, "errorCode": error},
            State(device=joint.session.device_id),
            to_ms(START + timedelta(minutes=len(status))),
        )
        for fact in plan.facts:
            joint._bring(fact, START)
        stations.station_status(device=joint.device, status=plan.question, now=START)
        evse.refresh_from_db()
        assert evse.status == expected

"""What the translators say and what the tenant's side understands, joined without a network: a booked session."""

from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest

from saas.edge.ocpp import v16, v201
from tenants.charging import actions
from tenants.charging.models import Session
from tenants.charging.queries import qr_token
from tests import builders

from .joint import START, Joint, at, joint


def only(speaker: Joint) -> Session:
    """The one session of the station, as it is now."""
    (session,) = speaker.sessions()
    return session


def activated(module: ModuleType) -> Joint:
    """A driver has booked and paid a station's hour, and scanned its code."""
    people = builders.cast()
    station = builders.device(kind="station", station_id="CP1")
    listing = builders.listing(host=people.host, on=builders.evse(of=station))
    _, session = builders.confirmed(of=listing, by=people.driver, start=START)
    actions.activate(session_uid=session.uid, driver=people.driver, qr_token=qr_token(session.evse), now=START)
    return joint(module, session)


@pytest.mark.req("CHG-01", "MKT-11", "CHG-10")
def test_a_booked_session_on_a_16_station(ampere: Any) -> None:
    speaker = activated(v16)
    tag = speaker.command("activate")["idTag"]
    assert speaker.say("Authorize", 0, idTag=tag)["idTagInfo"]["status"] == "Accepted"
    started = {"connectorId": 1, "idTag": tag, "meterStart": 5000, "timestamp": at(1)}
    transaction = speaker.say("StartTransaction", 1, **started)["transactionId"]
    assert only(speaker).state == Session.State.CHARGING
    values = [{"timestamp": at(30), "sampledValue": [{"value": "8.5", "unit": "kWh"}]}]
    speaker.say("MeterValues", 30, connectorId=1, transactionId=transaction, meterValue=values)
    assert only(speaker).energy_wh == 3500
    speaker.forget()
    actions.sweep(now=START + timedelta(minutes=60))
    assert speaker.command("stop") == {"transactionId": transaction}
    speaker.say("StopTransaction", 61, transactionId=transaction, meterStop=12_000, timestamp=at(60), reason="Remote")
    assert (only(speaker).state, only(speaker).energy_wh) == (Session.State.CLOSED, 7000)


@pytest.mark.req("CHG-01", "MKT-11", "CHG-10")
def test_a_booked_session_on_a_201_station(ampere: Any) -> None:
    speaker = activated(v201)
    token = speaker.command("activate")["idToken"]
    assert speaker.say("Authorize", 0, idToken=token)["idTokenInfo"]["status"] == "Accepted"
    steps: list[tuple[str, float, float, dict[str, Any]]] = [
        ("Started", 0, 5000, {"triggerReason": "CablePluggedIn"}),
        ("Updated", 1, 5000, {"triggerReason": "Authorized", "idToken": token}),
        ("Updated", 30, 8500, {"triggerReason": "MeterValuePeriodic"}),
        ("Ended", 60, 12_000, {"triggerReason": "RemoteStop"}),
    ]
    for number, (kind, minute, wh, more) in enumerate(steps):
        if kind == "Ended":
            assert speaker.command("stop") == {"transactionId": "tx-1"}
        speaker.say(
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
    assert (only(speaker).state, only(speaker).energy_wh) == (Session.State.CLOSED, 7000)


@pytest.mark.req("CHG-10", "MNT-04")
def test_notices_and_faults_of_a_station_are_understood(ampere: Any) -> None:
    speaker = activated(v16)
    speaker.say("FirmwareStatusNotification", 0, status="Installed")
    evse = only(speaker).evse
    for minute, status, error, expected in (
        (1, "Faulted", "HighTemperature", "OUTOFORDER"),
        (2, "Available", "NoError", "AVAILABLE"),
    ):
        speaker.say("StatusNotification", minute, connectorId=1, status=status, errorCode=error, timestamp=at(minute))
        evse.refresh_from_db()
        assert evse.status == expected
    assert speaker.poison == []

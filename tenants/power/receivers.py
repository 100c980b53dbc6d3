"""What smart charging hears of the apps below it."""

from datetime import datetime
from typing import Any

from saas.contracts.telemetry import wire
from tenants.charging.models import DeviceCommand, Session
from tenants.sites.models import Evse
from tenants.stations.models import Station, StationCommand

from .actions.hurry import hurry
from .actions.needs import vehicle_needs
from .actions.offers import vehicle_plans
from .actions.tell import ORIGIN
from .models import Member
from .queries.permits import permit_ma


def renewed(sender: object, old: Evse, new: Evse, **_: Any) -> None:
    """The device of an EVSE goes on under a new one: so does its place on the circuit."""
    Member.objects.filter(evse=old).update(evse=new)


def replied(sender: object, command: DeviceCommand, now: datetime, **_: Any) -> None:
    """A device answered: where it was about a limit, the others wait for it."""
    if command.type in (wire.CMD_LIMIT, wire.CMD_PERMIT):
        hurry()


def answered(sender: object, command: StationCommand, now: datetime, **_: Any) -> None:
    """A station answered one of our calls."""
    if command.origin == ORIGIN:
        hurry()


def permitting(sender: object, session: Session, **_: Any) -> int | None:
    """What a permit may say at most."""
    return permit_ma(session)


def heard(sender: object, station: Station, action: str, payload: dict[str, Any], now: datetime, **_: Any) -> object:
    """A vehicle says by ISO 15118 what it needs, and what it makes of what it got; the answer is OCPP's."""
    if action == "NotifyEVChargingNeeds":
        return vehicle_needs(station=station, payload=payload, now=now)
    if action == "NotifyEVChargingSchedule":
        return vehicle_plans(station=station, payload=payload, now=now)
    return None

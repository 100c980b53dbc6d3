"""What stations hear of the apps below them."""

from datetime import datetime
from typing import Any

from saas.devices.models import Device
from tenants.charging.models import Session

from .actions import goes_on, session_began, session_ended, station_uses
from .models import StationCommand


def evse_missing(sender: object, device: Device, evse: int, now: datetime, **_: Any) -> None:
    """A station uses an EVSE that nobody described."""
    station_uses(device=device, evse=evse, now=now)


def began(sender: object, session: Session, reservation: int | None, now: datetime, **_: Any) -> None:
    """A session may use a reservation up."""
    session_began(session=session, reservation=reservation, now=now)


def ended(sender: object, session: Session, **_: Any) -> None:
    """A profile of a transaction ends with it."""
    session_ended(session=session)


def answered(sender: object, command: StationCommand, now: datetime, **_: Any) -> None:
    """A step of keeping a list up to date was answered."""
    goes_on(command=command, now=now)

"""What sessions mean for a station's EVSEs, reservations and profiles."""

from datetime import datetime

from saas.devices.models import Device
from tenants.charging.models import Session

from ..models import Station
from .effects import charging, reservations
from .equipment import make_evse
from .hearing import station_of


def station_uses(*, device: Device, evse: int, now: datetime) -> None:
    """A station uses an EVSE that is not there: it is made, where the station has a place."""
    make_evse(station=station_of(device), number=evse, now=now)


def session_began(*, session: Session, reservation: int | None, now: datetime) -> None:
    """The reservation that a start names, or that was kept for its token, is used up."""
    reservations.used(session=session, reservation=reservation, now=now)


def session_ended(*, session: Session) -> None:
    """Profiles of the transaction are gone with it."""
    station = Station.objects.filter(device_id=session.device_id).first()
    if station is not None:
        charging.transaction_over(station, session.evse.device_evse)

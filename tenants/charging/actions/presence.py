"""Presence before power, and stopping."""

from datetime import datetime, timedelta
from uuid import UUID

from saas.contracts.telemetry import wire
from saas.devices.models import Device
from saas.devices.queries import is_online
from saas.kit.errors import Forbidden, NotFound
from saas.kit.transactions import atomic
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse

from ..errors import AlreadyRunning, BookingNeeded, ChargerOffline, NotRunning, TimeOver, TooEarly, WrongCharger
from ..models import Session
from ..queries import device_of_evse, evse_of_token
from .changes import change
from .commands import queue, queue_end, queue_stop

State = Session.State
RELATED = ("evse__location", "driver", "booking__listing__host", "booking__driver")
WAIT = timedelta(seconds=60)
CAME = "presence shown, charger offline"


def activate(*, session_uid: UUID, driver: User, qr_token: str, now: datetime) -> Session:
    """The booker scanned the charger's code: ask the device to close its relay. May be repeated.

    Raises NotFound, WrongCharger, TooEarly, TimeOver, NotRunning, ChargerOffline. That the driver was there is kept
    even when the charger is not: who came is no no-show.
    """
    try:
        return _activate(session_uid, driver, qr_token, now)
    except ChargerOffline:
        _note_presence(session_uid, now)
        raise


@atomic
def _activate(session_uid: UUID, driver: User, qr_token: str, now: datetime) -> Session:
    session = _locked(session_uid)
    if session.driver_id != driver.pk:
        raise NotFound("There is no such session.")
    if evse_of_token(qr_token).pk != session.evse_id:
        raise WrongCharger()
    if session.state in (State.STARTING, State.CHARGING):
        return session
    _check_time(session, now)
    _start(session, now, reason="qr")
    return session


@atomic
def start_by_operator(*, evse: Evse, by: User, now: datetime, session_uid: UUID | None = None) -> Session:
    """Start a booked session for its driver (presence was shown to staff), or a free one at a station.

    Raises Forbidden, NotFound, WrongCharger, TooEarly, TimeOver, BookingNeeded, AlreadyRunning, ChargerOffline.
    """
    if not can(by, "station.start"):
        raise Forbidden()
    if session_uid is not None:
        session = _locked(session_uid)
        if session.evse_id != evse.pk:
            raise WrongCharger()
        _check_time(session, now)
    else:
        _check_free(evse)
        session = Session.objects.create(
            evse=evse, device_id=evse.device_id or "", permit_start_at=now, currency=current().currency
        )
    _start(session, now, reason=f"operator {by.uid}")
    return session


@atomic
def stop(*, session_uid: UUID, by: User, now: datetime) -> Session:
    """Ask the device to stop; the session ends when it says so. By driver, host or staff. NotFound, NotRunning."""
    session = _locked(session_uid)
    if not can(by, "session.stop", session):
        raise NotFound("There is no such session.")
    if session.state not in (State.STARTING, State.CHARGING):
        raise NotRunning()
    session.stop_by = session.stop_by or role_in(session, by)
    session.save(update_fields=["stop_by"])
    queue_stop(session=session, now=now)
    change(session=session, state=session.state, at=now, now=now, reason=f"stop asked by {session.stop_by}")
    return session


def _check_free(evse: Evse) -> None:
    device = device_of_evse(evse)
    if device is not None and device.kind != Device.Kind.STATION:
        raise BookingNeeded()
    if Session.objects.filter(evse=evse, state__in=(State.STARTING, State.CHARGING)).exists():
        raise AlreadyRunning()


def role_in(session: Session, person: User) -> str:
    """driver, host or operator: what the person is to this session."""
    if session.driver_id == person.pk:
        return "driver"
    host = session.booking.listing.host_id if session.booking else None
    return "host" if host == person.pk else "operator"


@atomic
def _note_presence(session_uid: UUID, now: datetime) -> None:
    session = _locked(session_uid)
    change(session=session, state=session.state, at=now, now=now, reason=CAME)


def _locked(uid: UUID) -> Session:
    session = Session.objects.select_for_update(of=("self",)).select_related(*RELATED).filter(uid=uid).first()
    if session is None:
        raise NotFound("There is no such session.")
    return session


def _check_time(session: Session, now: datetime) -> None:
    if session.state != State.PERMITTED:
        raise NotRunning("This session is over.", state=session.state)
    if session.permit_start_at is not None and now < session.permit_start_at:
        raise TooEarly(starts_at=session.permit_start_at.isoformat())
    if session.permit_end_at is not None and now >= session.permit_end_at:
        raise TimeOver()


def _start(session: Session, now: datetime, *, reason: str) -> None:
    device = device_of_evse(session.evse)
    if device is None or not is_online(device):
        raise ChargerOffline()
    expires = min(now + WAIT, session.permit_end_at or now + WAIT)
    change(session=session, state=State.STARTING, at=now, now=now, reason=reason)
    session.save(update_fields=["state"])
    queue(session=session, kind=wire.CMD_ACTIVATE, now=now, expires_at=expires)
    queue_end(session=session, now=now)

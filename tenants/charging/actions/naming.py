"""Which session a message means: by its own name, by a station's transaction, by the card or the EVSE."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from saas.contracts.telemetry.messages import Event, Telemetry
from saas.devices.models import Device
from saas.kit.time import from_ms
from saas.tenancy.queries import current
from tenants.sites import status as evse_status
from tenants.sites.models import Evse

from .. import metering
from ..errors import UnknownEvse, UnknownSession
from ..models import Session, SessionChange, SessionName
from ..signals import evse_missing
from .changes import change
from .commands import name_transaction, queue_end
from .stations import bind_card, booked_now, is_of_driver, session_of_tag

State = Session.State
OVER = (State.CLOSED, State.CANCELLED)
RELATED = ("evse__location", "driver", "booking__listing__host", "booking__driver")
Message = Event | Telemetry


def find(device: Device, message: Message, *, related: tuple[str, ...] = RELATED) -> Session:
    """The locked session that a message names, on this device. UnknownSession."""
    name = message.session or ""
    session = _of_uid(device, name, related) or _of_transaction(device, name, related)
    if session is None and isinstance(message, Event) and not name and is_station(device):
        session = _of_nameless_stop(device, message)
    if session is None:
        raise UnknownSession(session=name, device=device.device_id)
    return session


def find_or_open(device: Device, event: Event, now: datetime) -> Session:
    """Like `find`; a transaction that a station opens becomes the session that it was asked to start, else a walk-up.

    UnknownSession, UnknownEvse.
    """
    try:
        session = find(device, event)
    except UnknownSession:
        if not (event.session and is_station(device)):
            raise
        return _claim(device, event, now)
    return _adopted(device, session, event, now)


def is_station(device: Device) -> bool:
    """An OCPP station: it knows no session of ours, only its own transactions."""
    return device.kind == Device.Kind.STATION


def evses_of(device: Device, message: Message, now: datetime) -> list[Evse]:
    """The EVSEs of a message, locked; 0 means all. One that a station uses first may be made. UnknownEvse."""
    evses = evse_status.lock(device_id=device.device_id, device_evse=message.evse)
    if not evses and is_station(device):
        evse_missing.send(Device, device=device, evse=message.evse, now=now)
        evses = evse_status.lock(device_id=device.device_id, device_evse=message.evse)
    if not evses:
        raise UnknownEvse(evse=message.evse)
    return evses


def _locked(device: Device, related: tuple[str, ...] = RELATED) -> "QuerySet[Session]":
    rows = Session.objects.select_for_update(of=("self",)).select_related(*related)
    return rows.filter(device_id=device.device_id)


def _of_uid(device: Device, name: str, related: tuple[str, ...]) -> Session | None:
    try:
        uid = UUID(name)
    except ValueError:
        return None
    return _locked(device, related).filter(uid=uid).first()


def _of_transaction(device: Device, name: str, related: tuple[str, ...]) -> Session | None:
    if not name:
        return None
    found = _locked(device, related).filter(transaction_id=name).first()
    if found is None:
        other = SessionName.objects.filter(device_id=device.device_id, transaction_id=name).first()
        found = _locked(device, related).filter(pk=other.session_id).first() if other else None
    return found


def _of_nameless_stop(device: Device, event: Event) -> Session | None:
    """The stop of a station that never learnt its transaction's number: the one session that it can be about."""
    at = metering.believed_ms(event.ts_ms, 2**62)
    running = [row for row in _locked(device).filter(state=State.CHARGING) if _fits(row, event, at)]
    return running[0] if len(running) == 1 else None


def _fits(session: Session, event: Event, at_ms: int) -> bool:
    began = session.started_at is None or session.started_at <= from_ms(at_ms)
    metered = not event.energy_wh or session.meter_start_wh is None or session.meter_start_wh <= event.energy_wh
    carded = not (event.id_tag and session.id_tag) or event.id_tag.casefold() == session.id_tag.casefold()
    return began and metered and carded


def _claim(device: Device, event: Event, now: datetime) -> Session:
    """A transaction that a station opened: of the session whose tag it shows, else of a walk-up."""
    tag = event.id_tag or ""
    asked = session_of_tag(device=device, id_tag=tag) if tag else None
    if asked is not None:
        return _name(_locked(device).get(pk=asked.pk), event.session or "")
    evse = evses_of(device, event, now)[0] if event.evse else _only_evse(device)
    booked = booked_now(device_id=device.device_id, evse=evse.device_evse, now=now) if tag else None
    if booked is not None and is_of_driver(tag, booked):
        session = _locked(device).get(pk=booked.pk)
        queue_end(session=session, now=now)
        return _name(session, event.session or "")
    again = _said_again(device, evse, event)
    if again is not None:
        return _name(again, event.session or "")
    session = Session.objects.create(
        evse=evse, device_id=device.device_id, state=State.STARTING, currency=current().currency
    )
    bind_card(session, tag)
    return _name(session, event.session or "")


def _only_evse(device: Device) -> Evse:
    """The EVSE of a transaction that does not say which yet: where there is only one."""
    evses = evse_status.lock(device_id=device.device_id, device_evse=0)
    if len(evses) != 1:
        raise UnknownEvse(evse=0)
    return evses[0]


def _said_again(device: Device, evse: Evse, event: Event) -> Session | None:
    """The running session whose start this is, said anew: the same card, the same register, no energy since."""
    for row in _locked(device).filter(evse=evse, state=State.CHARGING, booking__isnull=True).order_by("-id"):
        same_card = row.id_tag.casefold() == (event.id_tag or "").casefold()
        if same_card and row.id_tag and row.meter_start_wh == event.energy_wh and row.energy_wh == 0:
            return row
    return None


def _name(session: Session, transaction: str) -> Session:
    """The station's number of it; a further one is kept beside the first."""
    if session.transaction_id and session.transaction_id != transaction:
        SessionName.objects.get_or_create(
            device_id=session.device_id, transaction_id=transaction, defaults={"session": session}
        )
        return session
    session.transaction_id = transaction
    name_transaction(session=session)
    return session


def _adopted(device: Device, session: Session, event: Event, now: datetime) -> Session:
    """A card that is shown only after the transaction began: a walk-up becomes its card's, or the booked session."""
    if not event.id_tag or session.id_tag or session.booking_id is not None or session.state in OVER:
        return session
    booked = session_of_tag(device=device, id_tag=event.id_tag)
    if booked is None or booked.pk == session.pk:
        bind_card(session, event.id_tag)
        return session
    name, evidence = session.transaction_id, session.evidence
    session.transaction_id, session.evidence = "", {}
    change(session=session, state=State.CANCELLED, at=now, now=now, reason="belongs to the session that was booked")
    session.save()
    found = _locked(device).get(pk=booked.pk)
    found.evidence = evidence
    return _name(found, name)


def note(session: Session, reason: str, at: datetime) -> None:
    """What happened or was not certain, on the session's record."""
    SessionChange.objects.create(session=session, state=session.state, reason=reason[:80], at=at)

"""Facts from devices. Any of them may come late, twice or in any order; the session ends the same.

A session closes once both its start and its stop are known. Money moves once, at closing; later news about a closed
session changes nothing but the record that it came.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Status, Telemetry
from saas.devices.models import Device
from saas.kit.time import from_ms, iso
from saas.tenancy.queries import current
from tenants.bookings.actions import move
from tenants.bookings.models import Booking
from tenants.feed.actions import publish
from tenants.sites import status as evse_status
from tenants.sites.models import Evse

from ..errors import IncompleteEvent, UnknownEvse, UnknownSession
from ..models import Session, SessionChange
from ..queries.live import accrued_minor
from ..signals import noticed
from .changes import change, tell_status
from .closing import close
from .commands import name_transaction, queue_stop
from .stations import bind_card, session_of_tag

State = Session.State
OVER = (State.CLOSED, State.CANCELLED)
RELATED = ("evse__location", "driver", "booking__listing__host", "booking__driver")
MEASURED = (
    "register_wh", "energy_wh", "power_w", "current_ma", "voltage_mv", "soc_pct", "last_sample_at", "cost_minor",
    "stop_by",
)  # fmt: skip
REPORTED = "reported"  # a fault that the device shows in its status without naming it


@transaction.atomic
def receive_event(*, device: Device, event: Event, received_at: datetime) -> None:
    """Apply one event. Raises UnknownSession, UnknownEvse, IncompleteEvent: then the message belongs in quarantine."""
    _HANDLERS[event.type](device, event, received_at)


@transaction.atomic
def receive_sample(*, device: Device, sample: Telemetry, received_at: datetime) -> None:
    """Apply one sample of the meter. One without a session changes no state. Raises UnknownSession."""
    if sample.session is None:
        return
    session = _session(device, sample, related=("booking",))
    at = from_ms(sample.ts_ms)
    session.register_wh = max(session.register_wh or 0, sample.energy_wh)
    if session.state not in (State.ENDED, *OVER):
        _measure(session)
    newest = session.last_sample_at is None or at > session.last_sample_at
    if newest:
        session.last_sample_at = at
        session.soc_pct = sample.soc_pct if sample.soc_pct is not None else session.soc_pct
        session.voltage_mv = sample.voltage_mv if sample.voltage_mv is not None else session.voltage_mv
    if newest and session.state not in (State.ENDED, *OVER):
        session.power_w, session.current_ma = sample.power_w or 0, sample.current_ma
        _end_at_limit(device, session, received_at)
        session.cost_minor = accrued_minor(session, at)
        _tell_sample(session, at, received_at)
    session.save(update_fields=MEASURED)


@transaction.atomic
def receive_status(*, device: Device, status: Status, received_at: datetime) -> None:
    """The device came, went, or says its state, which counts where it has one EVSE. Maps look again in any case.

    That it is online the caller keeps in the registry.
    """
    evses = evse_status.lock(device_id=device.device_id, device_evse=0)
    if len(evses) == 1 and status.online:
        _reported(evses, status)
    tell_status(evses=evses, now=received_at)


def _reported(evses: list[Evse], status: Status) -> None:
    at = from_ms(status.ts_ms)
    if status.state == wire.STATE_FAULT:
        evse_status.raise_fault(evses, REPORTED, at)
        return
    use = Evse.Status.CHARGING if status.state == wire.STATE_CHARGING else Evse.Status.AVAILABLE
    evse_status.set_use(evses, use, at)
    if REPORTED in evses[0].faults:
        evse_status.clear_fault(evses, REPORTED, at)


def _started(device: Device, event: Event, now: datetime) -> None:
    session, at = _session(device, event, walk_up=True), from_ms(event.ts_ms)
    _use(device, event, Evse.Status.CHARGING, now)
    if event.energy_wh is None:
        raise IncompleteEvent(type=event.type)
    if session.state in OVER:
        return _too_late(session, event, now)
    if session.started_at is None or at < session.started_at:
        session.started_at, session.meter_start_wh = at, event.energy_wh
    session.register_wh = max(session.register_wh or 0, event.energy_wh)
    if session.booking is not None:
        move(booking=session.booking, before=(Booking.State.CONFIRMED,), state=Booking.State.ACTIVE, now=now)
    if session.state in (State.PERMITTED, State.STARTING):
        change(session=session, state=State.CHARGING, at=at, now=now)
    _measure(session)
    _settle_down(session, now)


def _stopped(device: Device, event: Event, now: datetime) -> None:
    session, at = _session(device, event, walk_up=True), from_ms(event.ts_ms)
    _use(device, event, Evse.Status.AVAILABLE, now)
    if session.state in OVER:
        return _too_late(session, event, now)
    if event.energy_wh is None and session.register_wh is None:
        raise IncompleteEvent(type=event.type)
    if session.ended_at is None or at > session.ended_at:
        session.ended_at, session.stop_reason = at, event.reason or ""
        session.meter_stop_wh = event.energy_wh if event.energy_wh is not None else session.register_wh
    session.register_wh = max(session.register_wh or 0, event.energy_wh or 0)
    if session.state != State.ENDED:
        change(session=session, state=State.ENDED, at=at, now=now, reason=event.reason or "")
    _settle_down(session, now)


def _presence(device: Device, event: Event, now: datetime) -> None:
    """The code was typed on the device: the relay is about to close."""
    session = _session(device, event)
    if session.state == State.PERMITTED:
        change(session=session, state=State.STARTING, at=from_ms(event.ts_ms), now=now, reason=event.method or "code")
    session.save()


def _noted(device: Device, event: Event, now: datetime) -> None:
    """`permit` and `refused` change no state; the session's page shows the device's words."""
    if event.session is None:
        return
    session = _session(device, event)
    data = {"type": event.type, "reason": event.reason}
    publish(audience=f"session:{session.uid}", kind=event.type, data=data, now=now)


def _notice(device: Device, event: Event, now: datetime) -> None:
    noticed.send(Device, device=device, event=event, now=now)
    _noted(device, event, now)


def _plugged(device: Device, event: Event, now: datetime) -> None:
    for evse in _evses(device, event):
        data = {"evse": str(evse.uid), "type": event.type}
        publish(audience="operations", kind=event.type, data=data, now=now)
    if event.session is not None:
        _noted(device, event, now)


def _fault(device: Device, event: Event, now: datetime) -> None:
    evses = _evses(device, event)
    tell_status(evses=evse_status.raise_fault(evses, event.code or REPORTED, from_ms(event.ts_ms)), now=now)


def _cleared(device: Device, event: Event, now: datetime) -> None:
    evses = _evses(device, event)
    tell_status(evses=evse_status.clear_fault(evses, event.code or REPORTED, from_ms(event.ts_ms)), now=now)


def _boot(device: Device, event: Event, now: datetime) -> None:
    """A restart alone changes nothing of a session: the device goes on with its permit, or says that it stopped."""
    data = {"device": device.device_id, "firmware": event.fw}
    publish(audience="operations", kind=event.type, data=data, now=now)


_HANDLERS: dict[str, Callable[[Device, Event, datetime], None]] = {
    wire.EV_BOOT: _boot,
    wire.EV_PLUGGED: _plugged,
    wire.EV_UNPLUGGED: _plugged,
    wire.EV_PERMIT: _noted,
    wire.EV_PRESENCE: _presence,
    wire.EV_STARTED: _started,
    wire.EV_STOPPED: _stopped,
    wire.EV_REFUSED: _noted,
    wire.EV_FAULT: _fault,
    wire.EV_CLEARED: _cleared,
    wire.EV_NOTICE: _notice,
}


def _session(
    device: Device, message: Event | Telemetry, *, walk_up: bool = False, related: tuple[str, ...] = RELATED
) -> Session:
    """The locked session that a message names, on this device. A station's transaction may open one."""
    name = message.session or ""
    rows = Session.objects.select_for_update(of=("self",)).select_related(*related).filter(device_id=device.device_id)
    session = (rows.filter(uid=uid).first() if (uid := _uuid(name)) else None) or (
        rows.filter(transaction_id=name).first() if name else None
    )
    if session is None and walk_up and name and device.kind == Device.Kind.STATION:
        session = _claim(device, message)
    if session is None:
        raise UnknownSession(session=name, device=device.device_id)
    return session


def _claim(device: Device, message: Event | Telemetry) -> Session:
    """A transaction that a station opened: of the session whose tag it shows, else of a walk-up."""
    tag = (message.id_tag or "") if isinstance(message, Event) else ""
    asked = session_of_tag(device=device, id_tag=tag) if tag else None
    if asked is not None:
        session = Session.objects.select_for_update(of=("self",)).select_related(*RELATED).get(pk=asked.pk)
    else:
        evse = _evses(device, message)[0]
        session = Session.objects.create(
            evse=evse, device_id=device.device_id, state=State.STARTING, currency=current().currency
        )
        bind_card(session, tag)
    session.transaction_id = message.session or ""
    name_transaction(session=session)
    return session


def _uuid(name: str) -> UUID | None:
    try:
        return UUID(name)
    except ValueError:
        return None


def _evses(device: Device, event: Event | Telemetry) -> list[Evse]:
    evses = evse_status.lock(device_id=device.device_id, device_evse=event.evse)
    if not evses:
        raise UnknownEvse(evse=event.evse)
    return evses


def _use(device: Device, event: Event, use: str, now: datetime) -> None:
    tell_status(evses=evse_status.set_use(_evses(device, event), use, from_ms(event.ts_ms)), now=now)


def _measure(session: Session) -> None:
    """Energy so far, from whatever registers are known."""
    top = session.meter_stop_wh if session.meter_stop_wh is not None else session.register_wh
    if session.meter_start_wh is not None and top is not None:
        session.energy_wh = max(0, top - session.meter_start_wh)


def _end_at_limit(device: Device, session: Session, now: datetime) -> None:
    """A station keeps no permit: it is told to stop at the paid energy. An adapter does so by itself."""
    limit = session.booking.energy_limit_wh if session.booking else 0
    if device.kind == Device.Kind.STATION and limit and session.energy_wh >= limit and session.stop_by == "":
        session.stop_by = "limit"
        queue_stop(session=session, now=now, reason=wire.STOP_ENERGY)


def _settle_down(session: Session, now: datetime) -> None:
    """Close when start and stop are both known, else keep what is."""
    _measure(session)
    if session.started_at is not None and session.ended_at is not None:
        close(session=session, now=now)
    else:
        session.save()


def _too_late(session: Session, event: Event, now: datetime) -> None:
    """News about a session that is over. A device that starts one that was cancelled is told to stop."""
    known = {wire.EV_STARTED: session.started_at, wire.EV_STOPPED: session.ended_at}[event.type]
    if known == from_ms(event.ts_ms):
        return
    SessionChange.objects.create(
        session=session, state=session.state, reason=f"late {event.type} at {iso(from_ms(event.ts_ms))}", at=now
    )
    if event.type == wire.EV_STARTED and session.state == State.CANCELLED:
        queue_stop(session=session, now=now)


def _tell_sample(session: Session, at: datetime, now: datetime) -> None:
    data = {
        "energy_wh": session.energy_wh,
        "power_w": session.power_w,
        "current_ma": session.current_ma,
        "voltage_mv": session.voltage_mv,
        "soc_pct": session.soc_pct,
        "cost_minor": session.cost_minor,
        "currency": session.currency,
        "ends_at": session.permit_end_at.isoformat() if session.permit_end_at else None,
        "at": at.isoformat(),
    }
    publish(audience=f"session:{session.uid}", kind="sample", data=data, now=now)

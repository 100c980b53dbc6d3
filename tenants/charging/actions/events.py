"""Facts from devices. Any of them may come late, twice or in any order; the session ends the same.

A session closes once both its start and its stop are known, at once where nothing is in doubt, else when it has been
quiet for a while. Money moves once, at closing; later news about a closed session changes nothing but the record that
it came.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Status, Telemetry
from saas.devices import queries as devices
from saas.devices.models import Device
from saas.kit.errors import Refused
from saas.kit.time import from_ms, iso, to_ms
from tenants.bookings.actions import move
from tenants.bookings.models import Booking
from tenants.feed.actions import publish
from tenants.sites import status as evse_status
from tenants.sites.models import Evse

from .. import metering
from ..errors import IncompleteEvent, UnknownEvse, UnknownSession
from ..models import HeldFact, Session
from ..signals import began, faulted, noticed, refused
from . import cards, held
from .changes import change, tell_status
from .closing import close, measure
from .commands import queue_stop
from .naming import OVER, evses_of, find, find_or_open, is_station, note
from .samples import evident, moment, take

State = Session.State
GOING_ON = ("Charging", "SuspendedEV", "SuspendedEVSE")
REPORTED = "reported"  # a fault that the device shows in its status without naming it


@transaction.atomic
def receive_event(*, device: Device, event: Event, received_at: datetime) -> None:
    """Apply one event. Raises UnknownSession, UnknownEvse, IncompleteEvent: then the message belongs in quarantine.

    What a station says before its session or its EVSE is there is kept and told again then.
    """
    try:
        with transaction.atomic():
            _HANDLERS[event.type](device, event, received_at)
    except (UnknownSession, UnknownEvse) as early:
        if not (is_station(device) and event.type in HELD):
            raise
        held.hold(device=device, message=event, why=early, received_at=received_at)


@transaction.atomic
def receive_status(*, device: Device, status: Status, received_at: datetime) -> None:
    """The device came, went, or says its state, which counts where it has one EVSE. Maps look again in any case.

    That it is online the caller keeps in the registry.
    """
    evses = evse_status.lock(device_id=device.device_id, device_evse=0)
    if len(evses) == 1 and status.online:
        _reported(evses, status)
    tell_status(evses=evses, now=received_at)


@transaction.atomic
def release(*, device: Device, rows: list[HeldFact]) -> int:
    """Tell once more what came too early; how many found their place. The others stay."""
    placed = 0
    for row in rows:
        try:
            with transaction.atomic():
                _tell_again(device, row)
        except Refused:
            continue
        row.delete()
        placed += 1
    return placed


@transaction.atomic
def bill_orphan(*, row: HeldFact, now: datetime) -> bool:
    """A stop whose start never came becomes a session where samples say what it delivered; else it is let go."""
    device, stop = devices.get(row.device_id), held.message_of(row)
    samples = [held.message_of(kept) for kept in held.waiting(row.device_id, row.name) if kept.kind == "telemetry"]
    readings = [sample for sample in samples if isinstance(sample, Telemetry)]
    row.delete()
    if not isinstance(stop, Event) or not row.name or not readings or readings[-1].energy_wh <= readings[0].energy_wh:
        return False
    first = readings[0]
    begun = Event(
        v=1, boot=stop.boot, seq=stop.seq, ts_ms=first.ts_ms, evse=first.evse, type=wire.EV_STARTED,
        session=stop.session, id_tag=stop.id_tag,
    )  # fmt: skip
    _started(device, begun, row.received_at)
    _stopped(device, stop, now)
    return True


def _tell_again(device: Device, row: HeldFact) -> None:
    message = held.message_of(row)
    if isinstance(message, Event):
        _HANDLERS[message.type](device, message, row.received_at)
    else:
        session = find(device, message, related=("booking", "evse"))
        take(device, session, message, row.received_at)


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
    session = find_or_open(device, event, now)
    if event.energy_wh is None and not is_station(device):
        raise IncompleteEvent(type=event.type)
    at = moment(device, event.ts_ms, now)
    _use(session, Evse.Status.CHARGING, at, now)
    if session.state in OVER:
        return _too_late(session, event, now)
    evident(device, session, now)
    session.evidence = metering.with_start(session.evidence, event.ts_ms, to_ms(now), event.energy_wh)
    session.register_wh = max(session.register_wh or 0, event.energy_wh or 0)
    if session.booking is not None:
        move(booking=session.booking, before=(Booking.State.CONFIRMED,), state=Booking.State.ACTIVE, now=now)
    first = session.state in (State.PERMITTED, State.STARTING)
    if first:
        change(session=session, state=State.CHARGING, at=at, now=now)
    _settle_down(session, now)
    if first:
        _begun(device, session, event, at, now)


def _begun(device: Device, session: Session, event: Event, at: datetime, now: datetime) -> None:
    """What follows from the first word of a start: others at the EVSE are over, what came too early has its place."""
    began.send(Session, session=session, reservation=event.reservation, now=now)
    if not is_station(device):
        return
    cards.check(device=device, session=session, now=now)
    _replaced(session, at, now)
    release(device=device, rows=held.waiting(device.device_id, event.session or ""))


def _replaced(session: Session, at: datetime, now: datetime) -> None:
    """A station that starts anew at an EVSE has ended what ran there, and did not say so yet."""
    others = Session.objects.filter(evse=session.evse, state=State.CHARGING, started_at__lt=at).exclude(pk=session.pk)
    for other in others.filter(over_at__isnull=True).select_for_update(of=("self",)):
        _must_be_over(other, "start", at, now)


def _must_be_over(session: Session, why: str, at: datetime, now: datetime) -> None:
    session.over_at, session.evidence = at, {**session.evidence, "over": why}
    session.save(update_fields=["over_at", "evidence"])
    note(session, f"no stop was heard, must be over: {why}", now)


def _stopped(device: Device, event: Event, now: datetime) -> None:
    session = find(device, event)
    at = moment(device, event.ts_ms, now)
    _use(session, Evse.Status.AVAILABLE, at, now)
    if session.state in OVER:
        return _too_late(session, event, now)
    if event.energy_wh is None and session.register_wh is None and not is_station(device):
        raise IncompleteEvent(type=event.type)
    evident(device, session, now)
    register = event.energy_wh if event.energy_wh is not None or is_station(device) else session.register_wh
    known = session.evidence.get("stop")
    session.evidence = metering.with_stop(session.evidence, event.ts_ms, to_ms(now), register, gaps=bool(event.gaps))
    if session.evidence["stop"] != known:
        session.stop_reason = event.reason or ""
        session.evidence["word"] = event.code or ""
    session.register_wh = max(session.register_wh or 0, event.energy_wh or 0)
    if session.state != State.ENDED:
        change(session=session, state=State.ENDED, at=at, now=now, reason=event.reason or "")
    _settle_down(session, now)


def _presence(device: Device, event: Event, now: datetime) -> None:
    """The code was typed on the device: the relay is about to close."""
    session = find(device, event)
    if session.state == State.PERMITTED:
        change(session=session, state=State.STARTING, at=from_ms(event.ts_ms), now=now, reason=event.method or "code")
    session.save()


def _noted(device: Device, event: Event, now: datetime) -> None:
    """`permit` and `refused` change no state; the session's page shows the device's words."""
    if event.type == wire.EV_REFUSED:
        reason = event.reason or ""
        refused.send(Device, device=device, evse=event.evse, reason=reason, by_device=True, now=now)
    if event.session is None:
        return
    session = find(device, event)
    data = {"type": event.type, "reason": event.reason}
    publish(audience=f"session:{session.uid}", kind=event.type, data=data, now=now)


def _notice(device: Device, event: Event, now: datetime) -> None:
    noticed.send(Device, device=device, event=event, now=now)
    _noted(device, event, now)


def _plugged(device: Device, event: Event, now: datetime) -> None:
    for evse in evses_of(device, event, now):
        data = {"evse": str(evse.uid), "type": event.type}
        publish(audience="operations", kind=event.type, data=data, now=now)
        if is_station(device) and event.evse:
            _follow_plug(evse, event, now)
    if event.session is not None and not is_station(device):
        _noted(device, event, now)


def _follow_plug(evse: Evse, event: Event, now: datetime) -> None:
    """A free connector ends what ran there; one that charges after a restart goes on with it."""
    running = Session.objects.filter(evse=evse)
    if event.type == wire.EV_UNPLUGGED:
        _over_by(running, event, now)
    elif event.code in GOING_ON:
        at = from_ms(metering.believed_ms(event.ts_ms, to_ms(now)))
        running.filter(state=State.CHARGING, over_at__lte=at, evidence__over=wire.EV_BOOT).update(over_at=None)


def _over_by(sessions: "QuerySet[Session]", event: Event, now: datetime) -> None:
    """A free connector or a restart is the end of what ran there, unless the station goes on with it."""
    at = from_ms(metering.believed_ms(event.ts_ms, to_ms(now)))
    running = sessions.filter(state=State.CHARGING, started_at__lte=at, over_at__isnull=True)
    for session in running.select_for_update(of=("self",)):
        if session.last_sample_at is None or session.last_sample_at <= at:
            _must_be_over(session, event.type, at, now)


def _fault(device: Device, event: Event, now: datetime) -> None:
    evses, at = evses_of(device, event, now), moment(device, event.ts_ms, now)
    tell_status(evses=evse_status.raise_fault(evses, event.code or REPORTED, at), now=now)
    faulted.send(Device, device=device, evses=evses, event=event, at=at, now=now)


def _cleared(device: Device, event: Event, now: datetime) -> None:
    evses, at = evses_of(device, event, now), moment(device, event.ts_ms, now)
    tell_status(evses=evse_status.clear_fault(evses, event.code or REPORTED, at), now=now)
    faulted.send(Device, device=device, evses=evses, event=event, at=at, now=now)


def _boot(device: Device, event: Event, now: datetime) -> None:
    """A device with a permit goes on after a restart, or says that it stopped. A station that says neither is done."""
    data = {"device": device.device_id, "firmware": event.fw}
    publish(audience="operations", kind=event.type, data=data, now=now)
    if is_station(device):
        _over_by(Session.objects.filter(device_id=device.device_id), event, now)


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
    wire.EV_CARD: cards.shown,
}


# What is told again once its session or its EVSE is there.
HELD = frozenset({wire.EV_STARTED, wire.EV_STOPPED})


def _use(session: Session, use: str, at: datetime, now: datetime) -> None:
    tell_status(evses=evse_status.set_use(list(_locked_evse(session)), use, at), now=now)


def _locked_evse(session: Session) -> "QuerySet[Evse]":
    return Evse.objects.select_for_update(of=("self",)).select_related("location").filter(pk=session.evse_id)


def _settle_down(session: Session, now: datetime) -> None:
    """Close when start and stop are both known and nothing is in doubt, else keep what is."""
    found = measure(session)
    if session.started_at is not None and session.ended_at is not None and metering.certain(session.evidence, found):
        close(session=session, now=now)
    else:
        session.save()


def _too_late(session: Session, event: Event, now: datetime) -> None:
    """News about a session that is over. A device that starts one that was cancelled is told to stop."""
    side = {wire.EV_STARTED: "start", wire.EV_STOPPED: "stop"}[event.type]
    known = session.evidence.get(side)
    if known is not None and known[0] == event.ts_ms:
        return
    note(session, f"late {event.type} at {iso(from_ms(event.ts_ms))}", now)
    if event.type == wire.EV_STARTED and session.state == State.CANCELLED:
        queue_stop(session=session, now=now)

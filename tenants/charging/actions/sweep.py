"""What time alone brings. Every step may run again at any moment, by several processes."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from saas.contracts.telemetry import wire
from saas.devices import queries as devices
from saas.devices.models import Device
from saas.kit.time import to_ms
from saas.kit.transactions import atomic
from tenants.bookings.actions import expire_holds, move
from tenants.bookings.models import Booking
from tenants.payments.actions import perform_due

from .. import outcomes
from ..models import Session, SessionChange
from . import held
from .closing import close, finish
from .commands import expire_commands
from .events import bill_orphan, release
from .presence import CAME
from .settlement import settle

State = Session.State
# A device may know more than we do. How long one that is online may be quiet, one that is gone may be gone.
QUIET, OFFLINE = timedelta(hours=1), timedelta(hours=24)
# How long one that could tell is given to tell: that a session began; how it ended.
BEGIN_PATIENCE, END_PATIENCE = timedelta(minutes=5), timedelta(minutes=15)
FREE_START = timedelta(minutes=5)  # of a station that was started remotely and did not
SETTLE = timedelta(minutes=2)
# Why a session of a station must be over: the reason of its stop.
OVER_REASONS = {"unplugged": wire.STOP_UNPLUGGED, "boot": wire.STOP_POWER_LOSS, "start": wire.STOP_LOCAL}
SILENT, OVERDUE = "silent", "overdue"


def sweep(*, now: datetime) -> dict[str, int]:
    """Expire holds and commands, settle no-shows, close silent sessions, make the provider calls that wait. Counts."""
    return {
        "holds": expire_holds(now=now),
        "commands": expire_commands(now=now),
        "no_shows": sum(_no_show(key, now) for key in _keys(_never_started(now))),
        "silent": sum(_close_silent(key, now) for key in _keys(_silent(now))),
        "settled": sum(_settle(key, now) for key in _keys(_quiet(now)))
        + sum(_end(key, now) for key in _keys(_over(now))),
        "placed": _place(now),
        "payments": perform_due(now=now),
    }


def _keys(condition: Q) -> list[int]:
    return list(Session.objects.filter(condition).order_by("id").values_list("pk", flat=True)[:500])


def _never_started(now: datetime) -> Q:
    waiting = Q(state__in=(State.PERMITTED, State.STARTING))
    free = Q(booking__isnull=True, permit_start_at__lte=now - FREE_START)
    return waiting & (free | (Q(booking__isnull=False) & _could_have_told(now)))


def _silent(now: datetime) -> Q:
    walk_up = Q(booking__isnull=True, last_sample_at__lte=now - OFFLINE)
    never = Q(booking__isnull=True, last_sample_at__isnull=True, created_at__lte=now - OFFLINE)
    booked = Q(permit_end_at__isnull=False) & _could_have_told(now)
    return Q(state__in=(State.CHARGING, State.ENDED)) & (booked | walk_up | never)


def _quiet(now: datetime) -> Q:
    """Start and stop are known, something was in doubt, and nothing more came for a while."""
    known = Q(state=State.ENDED, started_at__isnull=False, ended_at__isnull=False)
    return known & Q(evidence__heard__lte=to_ms(now - SETTLE))


def _over(now: datetime) -> Q:
    """A station is free, was started again or started something else there, and its stop did not come after it."""
    return Q(state=State.CHARGING, over_at__lte=now - END_PATIENCE)


def _could_have_told(now: datetime) -> Q:
    """The booked time is over and the device was heard since, or has been quiet or gone for long."""
    there = Device.objects.filter(device_id=OuterRef("device_id"), online=True)
    heard = Exists(there.filter(last_seen_at__gte=OuterRef("permit_end_at")))
    quiet = Q(permit_end_at__lte=now - QUIET) & Exists(there)
    return Q(permit_end_at__lte=now) & (heard | quiet | Q(permit_end_at__lte=now - OFFLINE))


def _waited(session: Session, patience: timedelta, now: datetime) -> bool:
    """A device that is back says first that it is there, then what it kept: it is given time for that."""
    mark = session.changes.filter(reason=OVERDUE).order_by("id").first()
    if mark is None:
        SessionChange.objects.create(session=session, state=session.state, reason=OVERDUE, at=now)
    return mark is not None and mark.at <= now - patience


@atomic
def _no_show(key: int, now: datetime) -> bool:
    session = _lock(key, (State.PERMITTED, State.STARTING))
    if session is None:
        return False
    booking = session.booking
    if booking is None:
        finish(session=session, state=State.CANCELLED, now=now)
        return True
    if not _waited(session, BEGIN_PATIENCE, now):
        return False
    outcome, bill, state = outcomes.FAULT, outcomes.nothing(), Booking.State.COMPLETED
    if not _charger_failed(session, now):
        outcome, state = outcomes.NO_SHOW, Booking.State.NO_SHOW
        bill = outcomes.unused(quote=booking.quote, held_minor=booking.amount_minor)
    settle(booking=booking, session=session, outcome=outcome, bill=bill, now=now)
    move(booking=booking, before=(Booking.State.CONFIRMED,), state=state, now=now)
    finish(session=session, state=State.CLOSED, now=now)
    return True


def _charger_failed(session: Session, now: datetime) -> bool:
    """The driver showed presence and no power came, or the charger has been gone since: then nothing is owed."""
    came = Q(state=State.STARTING) | Q(reason=CAME)
    if session.changes.filter(came).exists():
        return True
    return not Device.objects.filter(device_id=session.device_id, online=True).exists()


@atomic
def _close_silent(key: int, now: datetime) -> bool:
    """Closed with what is known: an adapter ends on time by itself, its last register counts."""
    session = _lock(key, (State.CHARGING, State.ENDED))
    if session is None:
        return False
    if not _waited(session, END_PATIENCE, now):
        return False
    session.stop_reason = session.stop_reason or SILENT
    end = session.ended_at or session.permit_end_at or session.last_sample_at or now
    session.started_at = session.started_at or session.permit_start_at or end
    session.ended_at = max(end, session.started_at)
    close(session=session, now=now)
    return True


@atomic
def _settle(key: int, now: datetime) -> bool:
    session = _lock(key, (State.ENDED,))
    if session is not None:
        close(session=session, now=now)
    return session is not None


@atomic
def _end(key: int, now: datetime) -> bool:
    """With the last that was heard of it; its time ends with the last sample, in the driver's favour."""
    session = _lock(key, (State.CHARGING,))
    if session is None or session.over_at is None:
        return False
    session.stop_reason = OVER_REASONS[session.evidence.get("over", "start")]
    session.ended_at = max(session.last_sample_at or session.over_at, session.started_at or session.over_at)
    close(session=session, now=now)
    return True


@atomic
def _place(now: datetime) -> int:
    """What came for an EVSE that is there by now; stops whose start never came, where the meter says enough."""
    placed = sum(release(device=devices.get(row.device_id), rows=[row]) for row in held.placeable())
    for row in held.orphans(before=now - OFFLINE):
        placed += bill_orphan(row=row, now=now)
    held.forget(now=now)
    return placed


def _lock(key: int, states: tuple[str, ...]) -> Session | None:
    rows = Session.objects.select_for_update(of=("self",), skip_locked=True)
    related = ("evse__location", "driver", "booking__listing__host", "booking__driver")
    return rows.select_related(*related).filter(pk=key, state__in=states).first()

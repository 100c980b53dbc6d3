"""What time alone brings. Every step may run again at any moment, by several processes."""

from datetime import datetime, timedelta

from django.db.models import Q

from saas.devices.models import Device
from saas.kit.transactions import atomic
from tenants.bookings.actions import expire_holds, move
from tenants.bookings.models import Booking
from tenants.payments.actions import perform_due

from .. import outcomes
from ..models import Session
from .closing import close, finish
from .commands import expire_commands
from .presence import CAME
from .settlement import settle

State = Session.State
# A device may know more than we do and tell it when it is back: how long to wait for it.
SILENCE, OFFLINE = timedelta(minutes=15), timedelta(hours=24)
FREE_START = timedelta(minutes=5)  # of a station that was started remotely and did not
WALK_UP_SILENCE = timedelta(hours=24)
SILENT = "silent"


def sweep(*, now: datetime) -> dict[str, int]:
    """Expire holds and commands, settle no-shows, close silent sessions, make the provider calls that wait. Counts."""
    return {
        "holds": expire_holds(now=now),
        "commands": expire_commands(now=now),
        "no_shows": sum(_no_show(key, now) for key in _keys(_never_started(now))),
        "silent": sum(_close_silent(key, now) for key in _keys(_silent(now))),
        "payments": perform_due(now=now),
    }


def _keys(condition: Q) -> list[int]:
    return list(Session.objects.filter(condition).order_by("id").values_list("pk", flat=True)[:500])


def _never_started(now: datetime) -> Q:
    """Over, never started, and the device could have said otherwise: it is there, or has been gone for long."""
    ended = Q(state__in=(State.PERMITTED, State.STARTING), permit_end_at__lte=now)
    free = Q(booking__isnull=True, state__in=(State.PERMITTED, State.STARTING), permit_start_at__lte=now - FREE_START)
    heard = Device.objects.filter(online=True, last_seen_at__isnull=False).values("device_id")
    return free | (ended & (Q(device_id__in=heard) | Q(permit_end_at__lte=now - OFFLINE)))


def _silent(now: datetime) -> Q:
    booked = Q(booking__isnull=False, permit_end_at__lte=now - SILENCE)
    walk_up = Q(booking__isnull=True, last_sample_at__lte=now - WALK_UP_SILENCE)
    never = Q(booking__isnull=True, last_sample_at__isnull=True, created_at__lte=now - WALK_UP_SILENCE)
    return Q(state__in=(State.CHARGING, State.ENDED)) & (booked | walk_up | never)


@atomic
def _no_show(key: int, now: datetime) -> bool:
    session = _lock(key, (State.PERMITTED, State.STARTING))
    if session is None:
        return False
    booking = session.booking
    if booking is None:
        finish(session=session, state=State.CANCELLED, now=now)
        return True
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
    session.stop_reason = session.stop_reason or SILENT
    end = session.ended_at or session.permit_end_at or session.last_sample_at or now
    session.started_at = session.started_at or session.permit_start_at or end
    session.ended_at = max(end, session.started_at)
    close(session=session, now=now)
    return True


def _lock(key: int, states: tuple[str, ...]) -> Session | None:
    rows = Session.objects.select_for_update(of=("self",), skip_locked=True)
    related = ("evse__location", "driver", "booking__listing__host", "booking__driver")
    return rows.select_related(*related).filter(pk=key, state__in=states).first()

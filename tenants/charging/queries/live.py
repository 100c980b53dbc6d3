"""What a running session looks like at a moment."""

from datetime import datetime
from typing import TypedDict

from ..models import Session
from ..outcomes import accrued


class LiveState(TypedDict):
    """Base units. `cost_minor`: so far, tax included. `held_minor`: the most that it can become. Missing: unknown."""

    state: str
    energy_wh: int
    power_w: int
    current_ma: int | None
    voltage_mv: int | None
    soc_pct: int | None
    cost_minor: int
    held_minor: int
    currency: str
    ends_at: datetime | None
    seconds_left: int | None
    energy_limit_wh: int
    last_sample_at: datetime | None


def live_state(session: Session, now: datetime) -> LiveState:
    """The session as its page shows it. Time left counts to the end of the booked time, and only while it runs."""
    running = session.state not in (Session.State.ENDED, Session.State.CLOSED, Session.State.CANCELLED)
    left = None
    if running and session.permit_end_at is not None:
        left = max(0, int((session.permit_end_at - now).total_seconds()))
    return LiveState(
        state=session.state,
        energy_wh=session.energy_wh,
        power_w=session.power_w,
        current_ma=session.current_ma,
        voltage_mv=session.voltage_mv,
        soc_pct=session.soc_pct,
        cost_minor=accrued_minor(session, now),
        held_minor=session.booking.amount_minor if session.booking else 0,
        currency=session.currency,
        ends_at=session.permit_end_at,
        seconds_left=left,
        energy_limit_wh=session.booking.energy_limit_wh if session.booking else 0,
        last_sample_at=session.last_sample_at,
    )


def accrued_minor(session: Session, now: datetime) -> int:
    """The cost so far: of a running booked session worked out, else what is kept."""
    if session.state != Session.State.CHARGING or session.booking is None or session.started_at is None:
        return session.cost_minor
    return accrued(
        quote=session.booking.quote,
        now=now,
        energy_wh=session.energy_wh,
        held_minor=session.booking.amount_minor,
    )

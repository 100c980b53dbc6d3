"""Closing a session: price by outcome, settle, CDR. In the same transaction as the fact that ended it."""

from datetime import datetime
from typing import cast

from saas.kit.time import to_ms
from saas.tenancy.queries import current
from tenants.bookings.actions import move
from tenants.bookings.models import Booking
from tenants.sites.models import Evse

from .. import metering, outcomes
from ..cdr import cdr_of
from ..metering import Evidence, Metered
from ..models import Session, SessionChange
from ..outcomes import Bill, Delivered
from ..signals import ended
from ..walkups import priced
from .changes import change
from .commands import withdraw
from .settlement import settle

RUNNING = (Booking.State.CONFIRMED, Booking.State.ACTIVE)


def close(*, session: Session, now: datetime) -> None:
    """Close an ended session whose meter is known. Saves it. The caller holds its lock.

    What was not certain about its energy and times is written on its record.
    """
    found = measure(session)
    assert session.started_at is not None and session.ended_at is not None
    _note_doubts(session, found, now)
    delivered = Delivered(session.started_at, session.ended_at, session.energy_wh)
    booking = session.booking
    if booking is None:
        _price_walk_up(session, delivered)
    else:
        outcome = outcomes.outcome_of(
            reason=session.stop_reason,
            stop_by=session.stop_by,
            ended_at=session.ended_at,
            permit_end=session.permit_end_at,
        )
        bill = _bill(booking, outcome, delivered)
        settle(booking=booking, session=session, outcome=outcome, bill=bill, now=now)
        move(booking=booking, before=RUNNING, state=Booking.State.COMPLETED, now=now)
    finish(session=session, state=Session.State.CLOSED, now=now)


def measure(session: Session) -> Metered:
    """Work out registers, energy and times from what is known; the caller saves."""
    session.evidence = completed(session)
    found = metering.metered(session.evidence, evse_power_w=power_of(session.evse))
    times = metering.period(session.evidence)
    session.meter_start_wh, session.meter_stop_wh = found.start_wh, found.stop_wh
    session.energy_wh = found.energy_wh
    session.started_at = times.start or session.started_at
    session.ended_at = times.end or session.ended_at
    return found


def power_of(evse: Evse) -> int:
    """What the EVSE is said to deliver, W."""
    return evse.phases * (evse.max_current_ma // 1000) * (evse.voltage_mv // 1000)


def completed(session: Session) -> Evidence:
    """The evidence; of a session of an older release, which kept it in its columns alone, from there."""
    older: Evidence = {}
    if "heard" in session.evidence:
        return cast(Evidence, session.evidence)
    if session.started_at is not None and session.meter_start_wh is not None:
        older["start"] = [to_ms(session.started_at), to_ms(session.started_at), session.meter_start_wh]
    if session.ended_at is not None and session.meter_stop_wh is not None:
        older["stop"] = [to_ms(session.ended_at), to_ms(session.ended_at), session.meter_stop_wh]
    if session.register_wh is not None and older:
        older["high"] = session.register_wh
    return older


def _note_doubts(session: Session, found: Metered, now: datetime) -> None:
    for doubt in (found.note, metering.period(session.evidence).note):
        if doubt:
            SessionChange.objects.create(session=session, state=session.state, reason=doubt[:80], at=now)


def finish(*, session: Session, state: str, now: datetime) -> None:
    """The last words on a session: no more commands, CDR where something was delivered or paid. Saves it."""
    withdraw(session=session, now=now)
    session.power_w, session.current_ma = 0, 0
    if state == Session.State.CLOSED:
        session.cdr = cdr_of(session, country=session.evse.location.country, party_id=party_id(), now=now)
    change(session=session, state=state, at=session.ended_at or now, now=now, reason=session.outcome)
    session.over_at = None
    session.save()
    ended.send(Session, session=session, now=now)


def party_id() -> str:
    """OCPI's three letters for this tenant: from its schema, as roaming has not assigned one."""
    letters = [letter for letter in current().schema_name.upper() if letter.isascii() and letter.isalpha()]
    return "".join([*letters, "X", "X", "X"][:3])


def _bill(booking: Booking, outcome: str, delivered: Delivered) -> Bill:
    if outcome in (outcomes.FAULT, outcomes.CUT_OFF):
        return outcomes.broken(
            quote=booking.quote,
            delivered=delivered,
            held_minor=booking.amount_minor,
            requested_wh=booking.requested_energy_wh,
        )
    return outcomes.used(quote=booking.quote, delivered=delivered, held_minor=booking.amount_minor)


def _price_walk_up(session: Session, delivered: Delivered) -> None:
    found = priced(session, delivered)
    session.outcome = outcomes.NORMAL
    session.currency, session.cost_minor, session.bill = found.currency, found.total_minor, found.bill

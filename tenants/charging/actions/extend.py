"""A longer session, if the next time is free: the database decides."""

from datetime import datetime, timedelta
from uuid import UUID

from saas.kit.errors import Invalid, NotFound
from saas.kit.transactions import atomic
from tenants.accounts.models import User
from tenants.bookings.actions import OutsideAvailability, SlotTaken, lengthen
from tenants.bookings.models import Booking
from tenants.bookings.queries import Quote, quote
from tenants.ledger import postings
from tenants.marketplace.availability import open_periods
from tenants.marketplace.queries import rules_of
from tenants.payments import actions as payments
from tenants.payments.models import Payment

from ..errors import NotRunning, TimeOver
from ..models import Session
from .changes import change
from .commands import queue_end, queue_permit
from .confirm import book_hold

RUNNING = (Session.State.PERMITTED, Session.State.STARTING, Session.State.CHARGING)


def extend(*, session_uid: UUID, driver: User, minutes: int, now: datetime) -> Session:
    """Add whole minutes, priced as the booking was, held on the same card; the device gets a new permit.

    Raises NotFound, NotRunning, TimeOver, Invalid, SlotTaken, OutsideAvailability, and those of payments. A repeat with
    the same end is the same call to the provider.
    """
    session = _check(session_uid, driver, minutes, now)
    booking = session.booking
    assert booking is not None
    end = booking.during.upper + timedelta(minutes=minutes)
    payment = _hold(booking, end, now)
    try:
        return _lengthen(session_uid, end, payment, now)
    except (SlotTaken, NotRunning):
        if payment is not None:
            _give_back(payment, now)
        raise


def _check(session_uid: UUID, driver: User, minutes: int, now: datetime) -> Session:
    related = ("booking__listing__evse__location", "booking__driver")
    session = Session.objects.select_related(*related).filter(uid=session_uid, driver=driver).first()
    if session is None or session.booking is None:
        raise NotFound("There is no such session.")
    if session.state not in RUNNING:
        raise NotRunning()
    start, listing = session.booking.during.upper, session.booking.listing
    if now >= start:
        raise TimeOver()
    if not 1 <= minutes <= listing.most_minutes:
        raise Invalid(f"Between 1 and {listing.most_minutes} minutes can be added.", minutes=minutes)
    end = start + timedelta(minutes=minutes)
    if open_periods(rules_of([listing])[listing.pk], start, end) != [(start, end)]:
        raise OutsideAvailability()
    if Booking.objects.filter(
        listing=listing, state__in=("confirmed", "active"), during__overlap=(start, end)
    ).exists():
        raise SlotTaken("The next time is taken: the session cannot be made longer.")
    return session


def _offer(booking: Booking, end: datetime, now: datetime) -> Quote:
    """The whole longer booking at the price and terms of the old one."""
    listing = booking.listing
    listing.tariff.elements, listing.tariff.tax_bp = booking.quote["elements"], booking.quote["tax_bp"]
    whole = quote(listing=listing, start=booking.during.lower, end=end, energy_wh=booking.requested_energy_wh, now=now)
    kept = ("tariff", "name", "commission_bp", "refund_bp", "refund_notice_minutes")
    whole.snapshot.update({key: booking.quote[key] for key in kept})
    return whole


def _hold(booking: Booking, end: datetime, now: datetime) -> Payment | None:
    more = _offer(booking, end, now).amount_minor - booking.amount_minor
    if more <= 0:
        return None
    first = booking.payments.filter(state=Payment.State.HELD).order_by("id").first()
    token = first.operations.get(kind="hold").detail["token"] if first else ""
    key = f"{booking.uid}:until:{end.isoformat()}"
    payment = payments.open_payment(booking=booking, amount_minor=more, token=token, idempotency_key=key, now=now)
    return payments.hold(payment=payment, token=token, now=now)


@atomic
def _lengthen(session_uid: UUID, end: datetime, payment: Payment | None, now: datetime) -> Session:
    related = ("evse", "driver", "booking__listing__evse__location", "booking__listing__host", "booking__driver")
    session = Session.objects.select_for_update(of=("self",)).select_related(*related).get(uid=session_uid)
    booking = session.booking
    assert booking is not None
    if booking.during.upper >= end:
        return session
    if session.state not in RUNNING:
        raise NotRunning()
    lengthen(booking=booking, end=end, offer=_offer(booking, end, now), now=now)
    if payment is not None:
        book_hold(booking=booking, payment=payment, now=now, name=postings.HOLD_ADDED)
    session.permit_end_at = end
    session.save(update_fields=["permit_end_at"])
    queue_permit(session=session, now=now)
    if session.state in (Session.State.STARTING, Session.State.CHARGING):
        queue_end(session=session, now=now)
    change(session=session, state=session.state, at=now, now=now, reason=f"extended to {end.isoformat()}")
    return session


def _give_back(payment: Payment, now: datetime) -> None:
    payments.schedule(
        payment=payment, kind="release", amount_minor=payment.amount_minor, key=f"release:{payment.uid}", now=now
    )
    payments.perform_due(now=now, booking=payment.booking)

"""Paying: a held slot becomes a booking with a session and a permit on its way to the device."""

from datetime import datetime
from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.transactions import atomic
from tenants.accounts.models import User
from tenants.bookings.actions import HoldExpired, WrongState, move, one_time_code
from tenants.bookings.models import Booking
from tenants.ledger import postings
from tenants.ledger.actions import post
from tenants.payments import actions as payments
from tenants.payments.models import Operation, Payment

from ..models import Session
from .changes import change
from .commands import code_hash, queue_permit

State = Booking.State


def confirm_booking(*, booking_uid: UUID, driver: User, method: str, idempotency_key: str, now: datetime) -> Booking:
    """Hold the price on the card and confirm. `method`: a token of the provider. The same key again is the same call.

    Raises NotFound, HoldExpired, WrongState, and payments' PaymentDeclined, ConfirmationNeeded, ProviderUnreachable.
    Three transactions: the provider's answer is kept even when the booking is lost meanwhile; then the hold goes back.
    """
    payment = _open(booking_uid, driver, method, idempotency_key, now)
    if payment is not None:
        payments.hold(payment=payment, token=method, now=now)
    booking = _confirm(booking_uid, payment, now)
    if booking is None:
        payments.perform_due(now=now, booking=payment.booking if payment else None)
        raise HoldExpired()
    return booking


@atomic
def _open(booking_uid: UUID, driver: User, method: str, key: str, now: datetime) -> Payment | None:
    booking = Booking.objects.select_for_update().filter(uid=booking_uid, driver=driver).first()
    if booking is None:
        raise NotFound("There is no such booking.")
    scoped = f"{booking.uid}:{key}"
    if booking.state != State.HELD:
        if booking.state == State.EXPIRED:
            raise HoldExpired()
        if not Operation.objects.filter(idempotency_key=f"hold:{scoped}"[:120]).exists():
            raise WrongState("This booking was confirmed or cancelled already.", state=booking.state)
    elif booking.hold_expires_at <= now:
        raise HoldExpired()
    if booking.amount_minor == 0:
        return None
    return payments.open_payment(
        booking=booking, amount_minor=booking.amount_minor, token=method, idempotency_key=scoped, now=now
    )


@atomic
def _confirm(booking_uid: UUID, payment: Payment | None, now: datetime) -> Booking | None:
    """None when the time was lost while the card was asked: then the hold on the card is on its way back."""
    booking = (
        Booking.objects.select_for_update(of=("self",))
        .select_related("listing__evse", "listing__host", "driver")
        .get(uid=booking_uid)
    )
    if booking.state not in (State.HELD, State.EXPIRED):
        return booking
    if payment is not None and booking.state == State.EXPIRED:
        payments.schedule(
            payment=payment, kind="release", amount_minor=payment.amount_minor, key=f"release:{payment.uid}", now=now
        )
    if booking.state == State.EXPIRED:
        return None
    if payment is not None:
        book_hold(booking=booking, payment=payment, now=now)
    _permit(booking, now)
    move(booking=booking, before=(State.HELD,), state=State.CONFIRMED, now=now)
    return booking


def book_hold(*, booking: Booking, payment: Payment, now: datetime, name: str = postings.PAYMENT_HELD) -> None:
    """Write a hold on the card into the books, once."""
    lines = postings.held(
        driver=f"user:{booking.driver.uid}", amount_minor=payment.amount_minor, currency=payment.currency
    )
    post(name=name, key=f"{name}:{payment.uid}", reference=f"booking:{booking.uid}", lines=lines, now=now)


def _permit(booking: Booking, now: datetime) -> None:
    evse = booking.listing.evse
    session = Session.objects.create(
        booking=booking,
        evse=evse,
        driver=booking.driver,
        vehicle=booking.vehicle,
        device_id=evse.device_id or "",
        permit_start_at=booking.during.lower,
        permit_end_at=booking.during.upper,
        currency=booking.currency,
    )
    booking.code_hash = code_hash(str(session.uid), one_time_code(booking))
    booking.save(update_fields=["code_hash"])
    queue_permit(session=session, now=now)
    change(session=session, state=Session.State.PERMITTED, at=now, now=now)

"""Cancelling, by whom it is, at what cost: the product's outcome table."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.transactions import atomic
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.bookings.actions import WrongState, move
from tenants.bookings.models import Booking
from tenants.payments import actions as payments

from .. import outcomes
from ..errors import HostTooLate
from ..models import Session
from ..outcomes import Bill
from .closing import finish
from .commands import queue_stop, withdraw
from .settlement import settle

State = Booking.State
ENDINGS = {
    "driver": State.CANCELLED_BY_DRIVER,
    "host": State.CANCELLED_BY_HOST,
    "operator": State.CANCELLED_BY_OPERATOR,
}


def cancel_booking(*, booking_uid: UUID, by: User, now: datetime, reason: str = "") -> Booking:
    """Cancel a booking that has not begun to charge. Money goes back at once where it does. May be repeated.

    Raises NotFound, WrongState (it runs or is over), HostTooLate. `reason`: why an operator does it.
    """
    booking = _cancel(booking_uid, by, now, reason)
    payments.perform_due(now=now, booking=booking)
    return booking


def role_of(booking: Booking, person: User) -> str | None:
    """driver, host or operator; None when the person may not cancel it. Who is both driver and host is the driver."""
    if booking.driver_id == person.pk:
        return "driver"
    if booking.listing.host_id == person.pk:
        return "host"
    return "operator" if can(person, "booking.cancel") else None


@atomic
def _cancel(booking_uid: UUID, by: User, now: datetime, reason: str) -> Booking:
    # The session first, as everybody locks them: a device that starts it this moment waits, or is waited for.
    Session.objects.select_for_update(of=("self",)).filter(booking__uid=booking_uid).first()
    rows = Booking.objects.select_for_update(of=("self",)).select_related("listing__host", "driver")
    booking = rows.filter(uid=booking_uid).first()
    role = role_of(booking, by) if booking else None
    if booking is None or role is None:
        raise NotFound("There is no such booking.")
    if booking.state == ENDINGS[role]:
        return booking
    if booking.state == State.CONFIRMED:
        _undo(booking, role, now)
    elif booking.state != State.HELD:
        raise WrongState("Only a booking that has not started can be cancelled.", state=booking.state)
    move(booking=booking, before=(State.HELD, State.CONFIRMED), state=ENDINGS[role], now=now, reason=reason[:140])
    return booking


def _undo(booking: Booking, role: str, now: datetime) -> None:
    outcome, bill = _PRICES[role](booking, now)
    session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("evse__location", "driver", "booking__listing__host")
        .get(booking=booking)
    )
    settle(booking=booking, session=session, outcome=outcome, bill=bill, now=now)
    may_hold_permit = withdraw(session=session, now=now)
    finish(session=session, state=Session.State.CANCELLED, now=now)
    if may_hold_permit:
        queue_stop(session=session, now=now)


def _by_driver(booking: Booking, now: datetime) -> tuple[str, Bill]:
    if outcomes.in_time(quote=booking.quote, start=booking.during.lower, now=now):
        bill = outcomes.cancelled_in_time(quote=booking.quote, held_minor=booking.amount_minor)
        return outcomes.DRIVER_CANCEL, bill
    return outcomes.LATE_CANCEL, outcomes.unused(quote=booking.quote, held_minor=booking.amount_minor)


def _by_host(booking: Booking, now: datetime) -> tuple[str, Bill]:
    if booking.during.lower - now < outcomes.HOST_NOTICE:
        raise HostTooLate()
    return outcomes.HOST_CANCEL, outcomes.nothing()


def _by_operator(booking: Booking, now: datetime) -> tuple[str, Bill]:
    return outcomes.OPERATOR_CANCEL, outcomes.nothing()


_PRICES: dict[str, Callable[[Booking, datetime], tuple[str, Bill]]] = {
    "driver": _by_driver,
    "host": _by_host,
    "operator": _by_operator,
}

"""The end of a booking in money: payment, books, credit. One settlement per booking, whatever its outcome."""

from datetime import datetime

from tenants.bookings.models import Booking
from tenants.feed.actions import publish
from tenants.ledger import postings
from tenants.ledger.actions import post
from tenants.payments import actions as payments

from ..models import Session
from ..outcomes import Bill


def settle(*, booking: Booking, session: Session, outcome: str, bill: Bill, now: datetime) -> None:
    """Schedule capture and release, book the outcome, credit the host, put the bill on the session (caller saves)."""
    held = payments.settle(booking=booking, charge_minor=bill.total_minor, now=now)
    earned = postings.earning(
        net_minor=bill.net_minor, tax_minor=bill.tax_minor, commission_bp=int(booking.quote["commission_bp"])
    )
    if held:
        lines = postings.settled(
            driver=f"user:{booking.driver.uid}",
            host=f"user:{booking.listing.host.uid}",
            held_minor=held,
            earned=earned,
            fee_minor=bill.fee_minor,
            currency=booking.currency,
        )
        post(name=outcome, key=f"settle:{booking.uid}", reference=f"booking:{booking.uid}", lines=lines, now=now)
    session.outcome, session.cost_minor, session.currency = outcome, bill.total_minor, booking.currency
    session.bill = {
        "lines": [line.as_json() for line in bill.lines],
        "net_minor": bill.net_minor,
        "tax_minor": bill.tax_minor,
        "fee_minor": bill.fee_minor,
        "total_minor": bill.total_minor,
        "held_minor": held,
        "back_minor": held - bill.total_minor,
        "commission_bp": booking.quote["commission_bp"],
        "commission_minor": earned.commission_minor,
        "host_minor": earned.host_minor,
    }
    if earned.host_minor:
        data = {"booking": str(booking.uid), "amount_minor": earned.host_minor, "currency": booking.currency}
        publish(audience=f"user:{booking.listing.host.uid}", kind="credit", data=data, now=now)

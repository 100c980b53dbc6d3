"""Giving money back after the fact, for cause."""

from datetime import datetime
from uuid import UUID

from saas.kit.errors import Forbidden, NotFound
from saas.kit.transactions import atomic
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.ledger import postings
from tenants.ledger.actions import post
from tenants.payments import actions as payments

from ..errors import Unsettled
from ..models import Session
from .changes import change


def refund(*, session_uid: UUID, by: User, reason: str, now: datetime) -> Session:
    """Give the whole price of a closed session back: host, tenant and tax give their parts. May be repeated.

    Raises Forbidden, NotFound, Unsettled (nothing was earned, or it is not closed yet).
    """
    session = _book(session_uid, by, reason, now)
    payments.perform_due(now=now, booking=session.booking)
    return session


@atomic
def _book(session_uid: UUID, by: User, reason: str, now: datetime) -> Session:
    if not can(by, "payment.refund"):
        raise Forbidden()
    related = ("booking__listing__host", "driver")
    session = Session.objects.select_for_update(of=("self",)).select_related(*related).filter(uid=session_uid).first()
    if session is None:
        raise NotFound("There is no such session.")
    booking, bill = session.booking, session.bill
    if booking is None or not bill or not bill["net_minor"] + bill["tax_minor"]:
        raise Unsettled()
    earned = postings.Earning(bill["net_minor"], bill["tax_minor"], bill["commission_minor"])
    lines = postings.refunded(host=f"user:{booking.listing.host.uid}", earned=earned, currency=booking.currency)
    key, reference = f"refund:{booking.uid}", f"booking:{booking.uid}"
    post(name=postings.PAYMENT_REFUNDED, key=key, reference=reference, lines=lines, now=now)
    for operation in payments.captures(booking=booking):
        payments.schedule(
            payment=operation.payment,
            kind="refund",
            amount_minor=operation.amount_minor,
            key=f"refund:{operation.payment.uid}",
            now=now,
        )
    change(session=session, state=session.state, at=now, now=now, reason=f"refunded: {reason}"[:80])
    return session

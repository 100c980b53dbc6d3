"""What a driver paid and what a host earned, line by line."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ..models import Session


@dataclass(frozen=True)
class ReceiptLine:
    """`kind`: TIME, ENERGY, FLAT, PARKING_TIME, TAX, ADJUSTMENT, CANCELLATION_FEE, PRICE, COMMISSION.

    `volume` in seconds, Wh, sessions or (tax, commission) basis points; `price` as in the tariff, or empty.
    """

    kind: str
    volume: int
    price: str
    amount_minor: int


@dataclass(frozen=True)
class Receipt:
    """The lines sum to `total_minor`. `held_minor` was held on the card, `back_minor` of it went back."""

    session: UUID
    outcome: str
    currency: str
    lines: list[ReceiptLine]
    total_minor: int
    held_minor: int
    back_minor: int
    energy_wh: int
    started_at: datetime | None
    ended_at: datetime | None
    method: str
    closed: bool


def receipt(session: Session) -> Receipt:
    """The driver's. While the session is not closed: `closed` False, no lines, the cost so far as total."""
    bill = session.bill or {}
    lines = [ReceiptLine(**line) for line in bill.get("lines", [])]
    return _receipt(session, lines, bill.get("total_minor", session.cost_minor))


def host_receipt(session: Session) -> Receipt:
    """The host's: price before tax, less commission. Holds nothing about the driver's card."""
    bill = session.bill or {}
    lines: list[ReceiptLine] = []
    if "host_minor" in bill:
        lines = [
            ReceiptLine("PRICE", 1, "", bill["net_minor"]),
            ReceiptLine("COMMISSION", bill["commission_bp"], "", -bill["commission_minor"]),
        ]
    full = _receipt(session, lines, bill.get("host_minor", 0))
    return Receipt(**{**full.__dict__, "held_minor": 0, "back_minor": 0, "method": ""})


def _receipt(session: Session, lines: list[ReceiptLine], total: int) -> Receipt:
    bill = session.bill or {}
    payment = session.booking.payments.order_by("id").last() if session.booking else None
    return Receipt(
        session=session.uid,
        outcome=session.outcome,
        currency=session.currency,
        lines=lines,
        total_minor=total,
        held_minor=bill.get("held_minor", 0),
        back_minor=bill.get("back_minor", 0),
        energy_wh=session.energy_wh,
        started_at=session.started_at,
        ended_at=session.ended_at,
        method=payment.method if payment else "",
        closed=session.state in (Session.State.CLOSED, Session.State.CANCELLED),
    )

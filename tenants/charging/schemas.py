"""Shapes of the sessions API."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from ninja import Field, Schema

from saas.kit.schemas import Moment, Money, Paging, Word, money

from .models import Session as Row
from .queries import Receipt as Paid
from .queries import live_state

State = Literal["permitted", "starting", "charging", "ended", "closed", "cancelled"]


class Confirmation(Schema):
    """How to pay: a token of the payment provider (of the offline stand-in: tok_approved, tok_declined, …)."""

    method: Annotated[Word, Field(min_length=1)]


class Cancellation(Schema):
    reason: Annotated[Word, Field(description="Why, when an operator cancels")] = ""


class Scan(Schema):
    """What the charger's QR code says after `/q/`."""

    qr_token: Annotated[Word, Field(min_length=1)]


class Extension(Schema):
    minutes: int = Field(ge=1, le=1440)


class Session(Schema):
    """One delivery of energy, as it is now. `cost`: so far, tax included; final once closed."""

    uid: UUID
    booking: UUID | None = None
    charger: UUID | None = None
    state: State
    started_at: Moment | None = None
    ended_at: Moment | None = None
    starts_at: Moment | None = Field(None, description="When the booked time begins")
    ends_at: Moment | None = Field(None, description="When the booked time ends")
    seconds_left: int | None = None
    energy_wh: int
    energy_limit_wh: int
    power_w: int
    current_ma: int | None = None
    voltage_mv: int | None = None
    soc_pct: int | None = None
    cost: Money
    held: Money
    last_sample_at: Moment | None = None
    stop_reason: str


class SessionFilter(Paging):
    side: Literal["driver", "host", "organisation", "all"] = "driver"
    state: State | None = None


class ReceiptLine(Schema):
    """`volume`: seconds, Wh, times or (tax, commission) basis points, by kind."""

    kind: str
    volume: int
    price: str
    amount_minor: int


class Receipt(Schema):
    """What was paid, or for a host what was earned. Lines sum to the total. Closed without lines: nothing to pay."""

    session: UUID
    outcome: str
    closed: bool
    lines: list[ReceiptLine]
    total: Money
    held: Money
    back: Money = Field(description="Of what was held, what went back")
    energy_wh: int
    started_at: Moment | None = None
    ended_at: Moment | None = None
    method: str


def session_shown(session: Row, *, now: datetime) -> dict[str, Any]:
    """A session as its page shows it."""
    live = dict(live_state(session, now))
    currency = str(live.pop("currency"))
    return {
        **live,
        "uid": session.uid,
        "booking": session.booking.uid if session.booking else None,
        "charger": _charger(session),
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "starts_at": session.permit_start_at,
        "cost": money(_number(live.pop("cost_minor")), currency),
        "held": money(_number(live.pop("held_minor")), currency),
        "stop_reason": session.stop_reason,
    }


def receipt_shown(paid: Paid) -> dict[str, Any]:
    """A receipt with its amounts as money."""
    amounts = {"total": paid.total_minor, "held": paid.held_minor, "back": paid.back_minor}
    return {**paid.__dict__, **{name: money(value, paid.currency) for name, value in amounts.items()}}


def _charger(session: Row) -> UUID | None:
    try:
        uid: UUID = session.evse.listing.uid
    except ObjectDoesNotExist:
        return None
    return uid


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value

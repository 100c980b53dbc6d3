"""Shapes of the bookings API."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from ninja import Field, Schema

from saas.kit.schemas import EnergyWh, Moment, Money, Paging, money
from tenants.accounts.permissions import Someone

from .actions import one_time_code
from .models import Booking as Row
from .queries import refunded_minor

State = Literal[
    "held", "confirmed", "active", "completed", "expired", "cancelled_by_driver", "cancelled_by_host",
    "cancelled_by_operator", "no_show",
]  # fmt: skip
CODE_STATES = (Row.State.CONFIRMED, Row.State.ACTIVE)


class Wish(Schema):
    """A charger and a period, half open, on whole minutes."""

    charger: UUID
    start: Moment
    end: Moment
    energy_wh: EnergyWh = Field(0, description="At most this energy; 0: as much as time and power allow")


class NewBooking(Wish):
    vehicle: UUID | None = None


class Line(Schema):
    """One line of a price. `volume`: seconds, Wh, times or (tax) basis points, by kind."""

    kind: str
    volume: int
    price: str
    amount_minor: int


class Quote(Schema):
    """What a booking would hold on the card."""

    amount: Money
    net: Money
    tax: Money
    energy_wh: int
    lines: list[Line]


class Booking(Schema):
    """The right to use a charger. `code` is for its driver alone: to be typed on a charger without network."""

    uid: UUID
    charger: UUID
    charger_title: str
    state: State
    start: Moment
    end: Moment
    hold_expires_at: Moment
    amount: Money = Field(description="Held on the card: the most that can be charged")
    refunded: Money | None = Field(
        None, description="Once cancelled: of what was held, what went back (0: nothing); else null"
    )
    energy_limit_wh: int = Field(description="0: no limit but the time")
    lines: list[Line]
    vehicle: UUID | None = None
    session: UUID | None = None
    code: Annotated[str, Field(pattern="^[0-9]{6}$")] | None = None


class BookingFilter(Paging):
    side: Literal["driver", "host", "all"] = Field("driver", description="Own, at own chargers, or (staff) all")
    state: State | None = None


def shown(booking: Row, *, viewer: Someone) -> dict[str, Any]:
    """A booking as its viewer may see it: the code only by its driver, and only while it is of use."""
    mine = viewer is not None and booking.driver_id == viewer.pk
    return {
        "uid": booking.uid,
        "charger": booking.listing.uid,
        "charger_title": booking.listing.title,
        "state": booking.state,
        "start": booking.during.lower,
        "end": booking.during.upper,
        "hold_expires_at": booking.hold_expires_at,
        "amount": money(booking.amount_minor, booking.currency),
        "refunded": _refunded(booking),
        "energy_limit_wh": booking.energy_limit_wh,
        "lines": booking.quote["lines"],
        "vehicle": booking.vehicle.uid if booking.vehicle else None,
        "session": _session(booking),
        "code": one_time_code(booking) if mine and booking.state in CODE_STATES else None,
    }


def _refunded(booking: Row) -> dict[str, Any] | None:
    back = refunded_minor(booking)
    return None if back is None else money(back, booking.currency)


def _session(booking: Row) -> UUID | None:
    try:
        uid: UUID = booking.session.uid
    except ObjectDoesNotExist:
        return None
    return uid

"""Reading bookings, and what one would cost."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from saas.kit.errors import Invalid, NotFound
from saas.kit.time import iso
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can
from tenants.marketplace.models import Listing
from tenants.payments.models import Payment
from tenants.payments.queries import due_from_provider
from tenants.sites.models import Connector
from tenants.tariffs.engine import ENERGY, Line, Stretch, price, uses
from tenants.tariffs.queries import snapshot

from .models import Booking

RELATED = ("listing__evse__location", "listing__tariff", "listing__host", "driver", "vehicle")


CANCELLED = (
    Booking.State.CANCELLED_BY_DRIVER,
    Booking.State.CANCELLED_BY_HOST,
    Booking.State.CANCELLED_BY_OPERATOR,
)
NEVER_HELD = (Payment.State.CREATED, Payment.State.DECLINED)
LONGEST, MOST_AHEAD = timedelta(days=30), timedelta(days=366)


@dataclass(frozen=True)
class Quote:
    """What a booking would hold on the card: the booked time and the most energy that can flow in it.

    `snapshot` is kept with the booking; the session is priced from it. `energy_wh` is the limit the device will keep,
    0 for none.
    """

    lines: tuple[Line, ...]
    amount_minor: int
    net_minor: int
    tax_minor: int
    currency: str
    energy_wh: int
    snapshot: dict[str, Any]


def quote(*, listing: Listing, start: datetime, end: datetime, energy_wh: int = 0, now: datetime) -> Quote:
    """The price of using the charger in [start, end). `energy_wh` 0: as much as its power allows. Invalid.

    Says nothing of whether it is free: `hold` does.
    """
    if not timedelta() < end - start <= LONGEST or energy_wh < 0 or abs(start - now) > MOST_AHEAD:
        raise Invalid("There is no price for this.", start=str(start), end=str(end), energy_wh=energy_wh)
    tariff, zone = listing.tariff, listing.evse.location.timezone
    most = most_energy_wh(listing, start, end)
    limit = min(energy_wh, most) if energy_wh else (most if uses(tariff.elements, ENERGY) else 0)
    priced = price(
        elements=tariff.elements,
        code=tariff.currency,
        tax_bp=tariff.tax_bp,
        stretches=[Stretch(start, end, Fraction(limit))],
        zone=ZoneInfo(zone),
    )
    kept = snapshot(tariff) | _terms(zone, start, end, limit)
    kept |= {"lines": [line.as_json() for line in priced.lines], "total_minor": priced.total_minor}
    return Quote(priced.lines, priced.total_minor, priced.net_minor, priced.tax_minor, tariff.currency, limit, kept)


def most_energy_wh(listing: Listing, start: datetime, end: datetime) -> int:
    """The most that the charger's power allows in the period, rounded up to the Wh."""
    powers = Connector.objects.filter(evse_id=listing.evse_id).order_by("id").values_list("max_power_w", flat=True)
    seconds = (end - start) // timedelta(seconds=1)
    return -(-max(powers, default=0) * seconds // 3600)


def get(*, uid: UUID, viewer: Someone) -> Booking:
    """With listing, place, driver. NotFound unless the viewer is its driver, its host, or staff with the right."""
    booking = Booking.objects.select_related(*RELATED).filter(uid=uid).first()
    if booking is None or not can(viewer, "booking.view", booking):
        raise NotFound("There is no such booking.")
    return booking


def refunded_minor(booking: Booking) -> int | None:
    """Of what was held for a cancelled booking, what went back, be it released or refunded; 0 where nothing was paid.

    None unless cancelled. Counts what is ordered from the provider already, even while it does not answer.
    """
    if booking.state not in CANCELLED:
        return None
    return sum(p.amount_minor - due_from_provider(p) for p in booking.payments.exclude(state__in=NEVER_HELD))


def of_driver(*, driver: User) -> list[Booking]:
    """All bookings of a driver, newest first."""
    return list(Booking.objects.select_related(*RELATED).filter(driver=driver).order_by("-id"))


def of_host(*, host: User) -> list[Booking]:
    """Paid bookings of all chargers of a host, newest first."""
    rows = Booking.objects.select_related(*RELATED).filter(listing__host=host)
    return list(rows.exclude(state__in=(Booking.State.HELD, Booking.State.EXPIRED)).order_by("-id"))


def _terms(zone: str, start: datetime, end: datetime, limit: int) -> dict[str, Any]:
    """The tenant's terms of this day: they hold for this booking, whatever the tenant changes later."""
    tenant = current()
    return {
        "zone": zone,
        "start": iso(start),
        "end": iso(end),
        "energy_wh": limit,
        "commission_bp": tenant.commission_bp,
        "refund_bp": tenant.refund_bp,
        "refund_notice_minutes": tenant.refund_notice_minutes,
    }

"""What hosts do with their chargers. Every change shows on open maps at once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction

from saas.kit.errors import Invalid, Refused
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.feed.actions import publish
from tenants.sites.models import Connector, Evse
from tenants.tariffs import actions as tariffs
from tenants.tariffs.engine import Stretch, price
from tenants.tariffs.models import Tariff

from . import signals
from .availability import Weekly
from .models import Availability, AvailabilityException, Listing

ALWAYS: tuple[Weekly, ...] = tuple((weekday, 0, 1440) for weekday in range(7))
CHANGEABLE = frozenset(
    {"title", "description", "amenities", "photo", "instant_book"}
    | {"least_minutes", "most_minutes", "gap_minutes", "lead_minutes"}
)  # fmt: skip
USUAL_W = 11_000
FEWEST = {"least_minutes": 1, "most_minutes": 1}


class StillBooked(Refused):
    """There are bookings to come. Cancel them, or pause the charger until they are over."""

    code = "still_booked"


class Deleted(Refused):
    """This charger was deleted."""

    code = "deleted"


@transaction.atomic
def create_listing(
    *,
    host: User,
    evse: Evse,
    title: str,
    now: datetime,
    per_hour: str | None = None,
    per_kwh: str | None = None,
    tax_bp: int = 0,
    availability: Sequence[Weekly] = ALWAYS,
    live: bool = True,
    **details: Any,
) -> Listing:
    """Offer an EVSE. Prices: decimal text, main unit of the tenant's currency, before tax. Raises Invalid."""
    tariff = tariffs.create_simple(
        name=title, code=current().currency, per_hour=per_hour, per_kwh=per_kwh, tax_bp=tax_bp, now=now
    )
    details.setdefault("least_minutes", current().least_minutes)
    _check(title=title, **details)
    listing = Listing.objects.create(
        host=host,
        evse=evse,
        title=title.strip(),
        tariff=tariff,
        hour_minor=_hour_minor(tariff, evse),
        state=Listing.State.LIVE if live else Listing.State.DRAFT,
        **details,
    )
    _replace_week(listing, availability)
    signals.priced.send(sender=Listing, listing=listing, now=now)
    tell(listing=listing, now=now)
    return listing


@transaction.atomic
def update_listing(*, listing: Listing, now: datetime, **changes: Any) -> Listing:
    """Change what people read and the rules of booking. Bookings made before keep theirs. Raises Invalid."""
    _check(**changes)
    _save(listing, now, **changes)
    return listing


@transaction.atomic
def set_price(
    *,
    listing: Listing,
    now: datetime,
    per_hour: str | None = None,
    per_kwh: str | None = None,
    tax_bp: int | None = None,
) -> Listing:
    """A new tariff from now on. What is booked keeps its price. `tax_bp` None: as before."""
    tariff = tariffs.create_simple(
        name=listing.title,
        code=listing.tariff.currency,
        per_hour=per_hour,
        per_kwh=per_kwh,
        tax_bp=listing.tariff.tax_bp if tax_bp is None else tax_bp,
        now=now,
    )
    _save(listing, now, tariff=tariff, hour_minor=_hour_minor(tariff, listing.evse))
    signals.priced.send(sender=Listing, listing=listing, now=now)
    return listing


@transaction.atomic
def set_availability(*, listing: Listing, weekly: Sequence[Weekly], now: datetime) -> Listing:
    """Replace the week. Bookings survive: only what is not booked yet is taken away. Raises Invalid."""
    _replace_week(listing, weekly)
    _save(listing, now)
    return listing


@transaction.atomic
def add_exception(
    *,
    listing: Listing,
    day: date,
    start_minute: int,
    end_minute: int,
    open: bool,
    now: datetime,
) -> AvailabilityException:
    """A local day that differs: open or closed in that period. Raises Invalid."""
    _check_minutes(start_minute, end_minute)
    row = AvailabilityException.objects.create(
        listing=listing, day=day, start_minute=start_minute, end_minute=end_minute, open=open
    )
    _save(listing, now)
    return row


@transaction.atomic
def remove_exception(*, listing: Listing, exception_id: int, now: datetime) -> None:
    """Take an exception back. Doing it twice is the same as once."""
    AvailabilityException.objects.filter(listing=listing, pk=exception_id).delete()
    _save(listing, now)


@transaction.atomic
def pause(*, listing: Listing, now: datetime) -> Listing:
    """Nobody can book it until it is resumed. What is booked stays booked."""
    _save(listing, now, state=Listing.State.PAUSED)
    return listing


@transaction.atomic
def resume(*, listing: Listing, now: datetime) -> Listing:
    """Offer it again, or for the first time."""
    _save(listing, now, state=Listing.State.LIVE)
    return listing


@transaction.atomic
def delete(*, listing: Listing, now: datetime) -> Listing:
    """Withdraw it for good. StillBooked while bookings are to come. The row stays: receipts name it."""
    if listing.bookings.filter(state__in=("confirmed", "active")).exists():
        raise StillBooked()
    _save(listing, now, state=Listing.State.DELETED)
    return listing


def tell(*, listing: Listing, now: datetime) -> None:
    """Open maps and the charger's open pages look again. Names the charger and nothing else."""
    data = {"charger": str(listing.uid)}
    publish(audience="map", kind="availability", data=data, now=now)
    publish(audience=f"charger:{listing.uid}", kind="availability", data=data, now=now)


def _save(listing: Listing, now: datetime, **changes: Any) -> None:
    if listing.state == Listing.State.DELETED:
        raise Deleted()
    for name, value in changes.items():
        setattr(listing, name, value)
    listing.save(update_fields=list(changes)) if changes else None
    tell(listing=listing, now=now)


def _check(**values: Any) -> None:
    wrong: dict[str, object] = {name: "cannot be changed" for name in values if name not in CHANGEABLE}
    if "title" in values and not 3 <= len(values["title"].strip()) <= 80:
        wrong["title"] = "3 to 80 characters"
    for name in ("least_minutes", "most_minutes", "gap_minutes", "lead_minutes"):
        if name in values and not FEWEST.get(name, 0) <= values[name] <= 43_200:
            wrong[name] = "minutes, at most 30 days"
    if values.get("least_minutes", 1) > values.get("most_minutes", 43_200):
        wrong["most_minutes"] = "less than the least"
    if wrong:
        raise Invalid("The charger's details do not fit.", **wrong)


def _replace_week(listing: Listing, weekly: Sequence[Weekly]) -> None:
    for weekday, start, end in weekly:
        if not 0 <= weekday <= 6:
            raise Invalid("Weekdays go from 0 (Monday) to 6.", weekday=weekday)
        _check_minutes(start, end)
    listing.availability.all().delete()
    Availability.objects.bulk_create(
        Availability(listing=listing, weekday=weekday, start_minute=start, end_minute=end)
        for weekday, start, end in weekly
    )


def _check_minutes(start: int, end: int) -> None:
    if not 0 <= start < end <= 1440:
        raise Invalid("A period of a day starts before it ends, in minutes from 0 to 1440.", start=start, end=end)


def _hour_minor(tariff: Tariff, evse: Evse) -> int:
    """An hour at the charger's power, at most that of a usual car: makes prices per hour and per kWh comparable."""
    power = Connector.objects.filter(evse=evse).order_by("id").values_list("max_power_w", flat=True).first() or USUAL_W
    start = tariff.valid_from.replace(second=0, microsecond=0)
    hour = Stretch(start, start + timedelta(hours=1), energy_wh=Fraction(min(power, USUAL_W)))
    zone = ZoneInfo(evse.location.timezone)
    return price(
        elements=tariff.elements, code=tariff.currency, tax_bp=tariff.tax_bp, stretches=[hour], zone=zone
    ).total_minor

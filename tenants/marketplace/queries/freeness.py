"""Who is free when, for one listing or for many in few queries."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import models

from saas.devices.models import Device
from saas.devices.queries import is_online
from saas.kit.errors import Invalid
from saas.kit.time import Period

from ..availability import DayException, Rules, free_periods
from ..models import Availability, AvailabilityException, Listing

MOST_SPAN, MOST_AHEAD = timedelta(days=62), timedelta(days=366)


def bookable(listing: Listing) -> bool:
    """Live, and its device is there and in use."""
    if listing.state != Listing.State.LIVE or not listing.evse.device_id:
        return False
    device = Device.objects.filter(device_id=listing.evse.device_id).first()
    return device is not None and is_online(device)


def free_slots(*, listing: Listing, start: datetime, end: datetime, now: datetime) -> list[Period]:
    """Half-open periods in [start, end) that could be booked now. Invalid for more than 62 days."""
    if end - start > MOST_SPAN or abs(start - now) > MOST_AHEAD:
        raise Invalid("Ask for at most 62 days, within a year.", start=str(start), end=str(end))
    return free_of([listing], start=start, end=end, now=now)[listing.pk]


def free_of(listings: Iterable[Listing], *, start: datetime, end: datetime, now: datetime) -> dict[int, list[Period]]:
    """The free periods of many listings, by key. They must come with evse and location. Three queries in all."""
    held = list(listings)
    rules = rules_of(held)
    margin = max((rule.gap for rule in rules.values()), default=timedelta())
    taken = _taken(rules.keys(), start - margin, end + margin, now)
    return {key: free_periods(rule, taken[key], start, end, now) for key, rule in rules.items()}


def rules_of(listings: Iterable[Listing]) -> dict[int, Rules]:
    """The opening rules of each listing, by key."""
    held = {listing.pk: listing for listing in listings}
    weekly: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    rows = Availability.objects.filter(listing__in=held).order_by("id")
    for key, *week in rows.values_list("listing_id", "weekday", "start_minute", "end_minute"):
        weekly[key].append((week[0], week[1], week[2]))
    special: dict[int, list[DayException]] = defaultdict(list)
    days = AvailabilityException.objects.filter(listing__in=held).order_by("id")
    for key, day, first, last, is_open in days.values_list("listing_id", "day", "start_minute", "end_minute", "open"):
        special[key].append((day, first, last, is_open))
    return {
        key: Rules(
            zone=ZoneInfo(listing.evse.location.timezone),
            weekly=weekly[key],
            exceptions=special[key],
            least=timedelta(minutes=listing.least_minutes),
            gap=timedelta(minutes=listing.gap_minutes),
            lead=timedelta(minutes=listing.lead_minutes),
        )
        for key, listing in held.items()
    }


def _taken(keys: Iterable[int], start: datetime, end: datetime, now: datetime) -> dict[int, list[Period]]:
    """Through the reverse relation: bookings lie above the marketplace. A hold that ran out takes nothing."""
    bookings = Listing._meta.get_field("bookings").related_model._default_manager
    alive = models.Q(state__in=("confirmed", "active")) | models.Q(state="held", hold_expires_at__gt=now)
    rows = bookings.filter(alive, listing_id__in=list(keys), during__overlap=(start, end))
    found: dict[int, list[Period]] = defaultdict(list)
    for listing_id, during in rows.values_list("listing_id", "during"):
        found[listing_id].append((during.lower, during.upper))
    return found

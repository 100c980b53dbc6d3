"""Listings as cards: prices, availability and devices looked up for all of them at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.utils.translation import get_language

from saas.devices.models import Device
from saas.devices.queries import is_online
from saas.kit.time import floor_minute
from tenants.sites.models import Connector, Evse
from tenants.tariffs import queries as tariffs

from ..models import Listing
from .freeness import free_of
from .shapes import ChargerCard

UNUSABLE = (Evse.Status.OUTOFORDER, Evse.Status.INOPERATIVE, Evse.Status.CHARGING)


def cards(
    listings: Sequence[Listing], *, now: datetime, distances: Mapping[int, float] | None = None
) -> list[ChargerCard]:
    """In the same order. The listings must come with evse, location and tariff. `distances`: metres, by key."""
    keys = [listing.evse_id for listing in listings]
    connectors = {c.evse_id: c for c in Connector.objects.filter(evse__in=keys).order_by("-id")}
    devices = Device.objects.in_bulk([row.evse.device_id for row in listings if row.evse.device_id])
    longest = max((listing.least_minutes for listing in listings), default=1)
    minute = floor_minute(now)
    free = free_of(listings, start=minute, end=minute + timedelta(minutes=longest + 1), now=now)
    return [
        _card(
            listing,
            connectors[listing.evse_id],
            device=devices.get(listing.evse.device_id or ""),
            free=_free_now(free[listing.pk], now),
            distance=(distances or {}).get(listing.pk),
        )
        for listing in listings
    ]


def _free_now(periods: list[tuple[datetime, datetime]], now: datetime) -> bool:
    return any(start <= now < end for start, end in periods)


def _card(
    listing: Listing, connector: Connector, *, device: Device | None, free: bool, distance: float | None
) -> ChargerCard:
    location, tariff = listing.evse.location, listing.tariff
    can_book = listing.state == Listing.State.LIVE and device is not None and is_online(device)
    return ChargerCard(
        uid=listing.uid,
        title=listing.title,
        latitude=location.public_latitude,
        longitude=location.public_longitude,
        distance_m=None if distance is None else round(distance),
        connector=connector.standard,
        power_w=connector.max_power_w,
        currency=tariff.currency,
        price=tariffs.display(tariff, get_language() or "en"),
        price_parts=tariffs.parts(tariff),
        price_per_hour_minor=tariffs.per_hour_minor(tariff),
        price_per_kwh=tariffs.component(tariff.elements, "ENERGY"),
        hour_minor=listing.hour_minor,
        available_now=can_book and free and listing.evse.status not in UNUSABLE,
        bookable=can_book,
        rating=round(listing.rating_sum / listing.rating_count, 1) if listing.rating_count else None,
        rating_count=listing.rating_count,
        amenities=list(listing.amenities),
        photo=listing.photo,
        city=location.city,
    )

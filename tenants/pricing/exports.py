"""What the pipelines may know: counts of searches, and chargers with prices, costs and wishes."""

from collections import defaultdict
from datetime import datetime

import h3

from saas.contracts.pricing import CELL_RESOLUTION, Offer, OfferPage, PriceSince, SearchCount, SearchPage
from saas.kit.errors import Invalid
from saas.kit.money import currency
from saas.kit.time import iso
from saas.tenancy.queries import current
from tenants.marketplace.models import Listing
from tenants.sites.models import Connector
from tenants.tariffs.models import Tariff

from . import queries
from .amounts import simple
from .models import Policy, PriceMark, SearchHour, Wish

MOST = 1000


def searches(*, since: datetime | None, after: str | None, limit: int) -> SearchPage:
    """Counts of the hours at or after `since`, in the order in which they were first made."""
    rows = SearchHour.objects.filter(pk__gt=_key(after)).order_by("pk")
    if since is not None:
        rows = rows.filter(hour__gte=since)
    size = max(1, min(limit, MOST))
    found = list(rows[: size + 1])
    items = [
        SearchCount(
            key=row.pk, cell=row.cell, hour=iso(row.hour), connector=row.connector, power_w=row.power_w,
            timed=row.timed, searches=row.searches, unmet=row.unmet,
        )
        for row in found[:size]
    ]  # fmt: skip
    return SearchPage(items=items, next=str(items[-1].key) if len(found) > size else None)


def offers(*, after: str | None, limit: int) -> OfferPage:
    """Listed chargers whose tariff is a plain price per kWh, per hour, or both."""
    rows = Listing.objects.select_related("evse__location", "tariff").filter(pk__gt=_key(after))
    rows = rows.filter(state__in=(Listing.State.LIVE, Listing.State.PAUSED)).order_by("pk")
    size = max(1, min(limit, MOST))
    found = list(rows[: size + 1])
    last = str(found[size - 1].pk) if len(found) > size else None
    return OfferPage(items=_offers(found[:size]), next=last)


def _offers(listings: list[Listing]) -> list[Offer]:
    keys = [row.pk for row in listings]
    wishes = {wish.listing_id: wish for wish in Wish.objects.filter(listing__in=keys)}
    marks = defaultdict(list)
    for mark in PriceMark.objects.select_related("tariff").filter(listing__in=keys).order_by("since", "pk"):
        marks[mark.listing_id].append((mark.since, mark.tariff))
    plugs = {c.evse_id: c for c in Connector.objects.filter(evse__in=[r.evse_id for r in listings]).order_by("-id")}
    rules, fee = queries.policy(), current().commission_bp
    return [
        _offer(row, marks[row.pk], plugs[row.evse_id], wishes.get(row.pk), rules=rules, fee=fee)
        for row in listings
        if simple(row.tariff.elements) is not None and row.evse_id in plugs
    ]


def _offer(
    listing: Listing,
    marks: list[tuple[datetime, Tariff]],
    plug: Connector,
    wish: Wish | None,
    *,
    rules: Policy,
    fee: int,
) -> Offer:
    place = listing.evse.location
    marks = marks or [(listing.tariff.valid_from, listing.tariff)]
    costs = wish or rules
    return Offer(
        listing=str(listing.uid), charger=str(listing.evse.uid), site=str(place.uid), city=place.city,
        cell=h3.latlng_to_cell(place.public_latitude, place.public_longitude, CELL_RESOLUTION),
        latitude=place.public_latitude, longitude=place.public_longitude, connector=plug.standard,
        power_w=plug.max_power_w, currency=listing.tariff.currency,
        exponent=currency(listing.tariff.currency).exponent,
        prices=[price for since, tariff in marks if (price := _since(since, tariff)) is not None],
        energy_cost_micro=costs.energy_cost_micro, losses_bp=costs.losses_bp, wear_micro=costs.wear_micro,
        profit_micro=wish.profit_micro if wish else 0, fee_bp=fee, most_change_bp=rules.most_change_bp,
        least_micro=rules.least_kwh_micro, most_micro=rules.most_kwh_micro,
        least_hour_micro=rules.least_hour_micro, most_hour_micro=rules.most_hour_micro, offered=rules.offered,
    )  # fmt: skip


def _since(since: datetime, tariff: Tariff) -> PriceSince | None:
    prices = simple(tariff.elements)
    return None if prices is None else PriceSince(since=iso(since), kwh_micro=prices["kwh"], hour_micro=prices["hour"])


def _key(after: str | None) -> int:
    if after is None:
        return 0
    if not (after.isdecimal() and after.isascii() and len(after) < 19):
        raise Invalid("This cursor is not one of ours.", after="not a cursor")
    return int(after)

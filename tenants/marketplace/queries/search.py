"""Finding chargers. Everything here is computed from the public position: filters, distance, order and cursor."""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, degrees, radians

from django.db import connection

from saas.kit.errors import Invalid
from tenants.accounts.permissions import Someone
from tenants.sites.geography import EARTH_M

from ..models import Listing
from .cards import cards
from .freeness import free_of
from .shapes import Page

Box = tuple[float, float, float, float]
MOST = 200
# Distance in metres from the given point: haversine on the public position.
DISTANCE = (
    f"2 * {EARTH_M} * asin(least(1, sqrt(power(sin(radians(p.public_latitude - %s) / 2), 2) + cos(radians(%s)) * "
    "cos(radians(p.public_latitude)) * power(sin(radians(p.public_longitude - %s) / 2), 2))))"
)
RATING = "-(l.rating_sum::float8 / greatest(l.rating_count, 1))"
FROM = (
    "FROM marketplace_listing l JOIN sites_evse e ON e.id = l.evse_id JOIN sites_location p ON p.id = e.location_id "
)


@dataclass
class _Where:
    """Conditions of the statement with their parameters."""

    conditions: list[str] = field(default_factory=lambda: ["l.state = 'live'"])
    values: list[object] = field(default_factory=list)

    def add(self, condition: str, *values: object) -> None:
        self.conditions.append(condition)
        self.values += values


def search(
    *,
    viewer: Someone,
    now: datetime,
    bbox: Box | None = None,
    near: tuple[float, float] | None = None,
    radius_m: float | None = None,
    connector: str | None = None,
    power_w: int | None = None,
    max_price_minor: int | None = None,
    amenities: Iterable[str] = (),
    free_from: datetime | None = None,
    free_minutes: int | None = None,
    order: str = "distance",
    limit: int = 50,
    after: str | None = None,
) -> Page:
    """Live chargers. bbox: south, west, north, east; near: latitude, longitude; `max_price_minor`: for an hour.

    `order` distance (by age where no point is given), price or rating. `after`: the `next` of the page before, asked for
    with the same filters. Raises Invalid for an order or cursor that is none.
    """
    where, sort = _Where(), _sort(order, near)
    _within(where, bbox, near, radius_m)
    _equipment(where, connector, power_w, max_price_minor, list(amenities))
    size = max(1, min(limit, MOST))
    window = _window(free_from, free_minutes, now)
    found, cursor = _page(where, sort, size, _cursor(after), window, now)
    distances = {key: value for key, value in found} if near and order == "distance" else _far(found, near)
    listings = _load([key for key, _ in found])
    return Page(cards(listings, now=now, distances=distances if near else None), cursor)


def _page(
    where: _Where, sort: tuple[str, list[object]], size: int, after: tuple[float, int] | None,
    window: tuple[datetime, datetime] | None, now: datetime,
) -> tuple[list[tuple[int, float]], str | None]:  # fmt: skip
    """Keys with their sort value, and the cursor. With a wished period, reads on until the page is full."""
    found: list[tuple[int, float]] = []
    while True:
        rows = _rows(where, sort, size + 1, after)
        kept = rows if window is None else _free_rows(rows, window, now)
        found += kept
        if len(found) > size:
            last = found[size - 1]
            return found[:size], _encode(last)
        if len(rows) <= size:
            return found, None
        after = (rows[-1][1], rows[-1][0])


def _rows(
    where: _Where, sort: tuple[str, list[object]], limit: int, after: tuple[float, int] | None
) -> list[tuple[int, float]]:
    expression, values = sort
    inner = f"SELECT l.id, ({expression})::float8 AS sort {FROM} WHERE {' AND '.join(where.conditions)}"
    keyset = "WHERE (sort, id) > (%s, %s)" if after else ""
    statement = f"SELECT id, sort FROM ({inner}) found {keyset} ORDER BY sort, id LIMIT %s"  # noqa: S608  constants only
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *where.values, *(after or ()), limit])
        return cursor.fetchall()


def _sort(order: str, near: tuple[float, float] | None) -> tuple[str, list[object]]:
    if order == "distance":
        return (DISTANCE, [near[0], near[0], near[1]]) if near else ("l.id", [])
    if order not in ("price", "rating"):
        raise Invalid("Chargers are ordered by distance, price or rating.", order=order)
    return ("l.hour_minor" if order == "price" else RATING), []


def _within(where: _Where, bbox: Box | None, near: tuple[float, float] | None, radius_m: float | None) -> None:
    if bbox:
        _box(where, bbox)
    if near and radius_m is not None:
        _box(where, _around(near, radius_m))
        where.add(f"{DISTANCE} <= %s", near[0], near[0], near[1], radius_m)


def _box(where: _Where, bbox: Box) -> None:
    """A box whose west lies east of its east goes over the date line."""
    south, west, north, east = bbox
    where.add("p.public_latitude BETWEEN %s AND %s", south, north)
    if west <= east:
        where.add("p.public_longitude BETWEEN %s AND %s", west, east)
    else:
        where.add("(p.public_longitude >= %s OR p.public_longitude <= %s)", west, east)


def _around(near: tuple[float, float], radius_m: float) -> Box:
    up = degrees(radius_m / EARTH_M)
    narrow = cos(radians(min(89.9, abs(near[0]) + up)))
    aside = min(180.0, up / narrow)
    west, east = ((x + 180) % 360 - 180 for x in (near[1] - aside, near[1] + aside))
    return (near[0] - up, west, near[0] + up, east) if aside < 180 else (near[0] - up, -180.0, near[0] + up, 180.0)


def _equipment(
    where: _Where, connector: str | None, power_w: int | None, max_price_minor: int | None, amenities: list[str]
) -> None:
    if connector or power_w:
        where.add(
            "EXISTS (SELECT 1 FROM sites_connector c WHERE c.evse_id = e.id AND c.standard = coalesce(%s, c.standard) "
            "AND c.max_power_w >= %s)",
            connector or None, power_w or 0,
        )  # fmt: skip
    if max_price_minor is not None:
        where.add("l.hour_minor <= %s", max_price_minor)
    if amenities:
        where.add("l.amenities @> %s::jsonb", json.dumps(amenities))


def _window(free_from: datetime | None, minutes: int | None, now: datetime) -> tuple[datetime, datetime] | None:
    if free_from is None and minutes is None:
        return None
    start = (free_from or now).replace(second=0, microsecond=0)
    return start, start + timedelta(minutes=minutes or 1)


def _free_rows(
    rows: Sequence[tuple[int, float]], window: tuple[datetime, datetime], now: datetime
) -> list[tuple[int, float]]:
    free = free_of(_load([key for key, _ in rows]), start=window[0], end=window[1], now=now)
    return [row for row in rows if window in free[row[0]]]


def _load(keys: list[int]) -> list[Listing]:
    held = Listing.objects.select_related("evse__location", "tariff").in_bulk(keys)
    return [held[key] for key in keys]


def _far(found: list[tuple[int, float]], near: tuple[float, float] | None) -> dict[int, float]:
    if not near or not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id, {DISTANCE} {FROM} WHERE l.id = ANY(%s)",  # noqa: S608  constants only
            [near[0], near[0], near[1], [key for key, _ in found]],
        )
        return dict(cursor.fetchall())


def _encode(row: tuple[int, float]) -> str:
    return base64.urlsafe_b64encode(json.dumps([row[1], row[0]]).encode()).decode().rstrip("=")


def _cursor(text: str | None) -> tuple[float, int] | None:
    if text is None:
        return None
    try:
        sort, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return float(sort), int(key)
    except (ValueError, TypeError) as error:
        raise Invalid("This is not the cursor of a page.", after=text) from error

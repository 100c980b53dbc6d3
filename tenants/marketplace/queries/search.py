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
from tenants.sites.models import Connector

from .. import signals
from ..models import Listing
from .cards import cards
from .freeness import free_of
from .shapes import Page

Box = tuple[float, float, float, float]
Row = tuple[int, float]  # key of a listing, its sort value
Value = str | float | None
MOST = 200
REACH_M = 5_000.0  # how far somebody goes who names a point and no radius
WIDEST_DEGREES = 1.0  # a map that shows more than this is looked at, not searched
MOST_MINUTES, MOST_AHEAD = 43_200, timedelta(days=366)
# Distance in metres from the given point: haversine on the public position.
DISTANCE = (
    f"2 * {EARTH_M} * asin(least(1, sqrt(power(sin(radians(p.public_latitude - %s) / 2), 2) + cos(radians(%s)) * "
    "cos(radians(p.public_latitude)) * power(sin(radians(p.public_longitude - %s) / 2), 2))))"
)
RATING = "-(l.rating_sum::float8 / greatest(l.rating_count, 1))"
FROM = "FROM marketplace_listing l JOIN sites_evse e ON e.id = l.evse_id JOIN sites_location p ON p.id = e.location_id "


@dataclass(frozen=True)
class Asked:
    """A search as the signal `searched` tells of it: where about, what with, and when."""

    latitude: float
    longitude: float
    connector: str
    power_w: int
    timed: bool
    now: datetime


@dataclass
class _Where:
    """Conditions of the statement with their parameters."""

    conditions: list[str] = field(default_factory=lambda: ["l.state = 'live'"])
    values: list[Value] = field(default_factory=list)

    def add(self, condition: str, *values: Value) -> None:
        self.conditions.append(condition)
        self.values += values


@dataclass(frozen=True)
class _Asked:
    """One search. `sort`: expression and its parameters; `window`: the period that must be free."""

    where: _Where
    sort: tuple[str, list[Value]]
    size: int
    window: tuple[datetime, datetime] | None
    now: datetime


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
    counted: bool = True,
) -> Page:
    """Live chargers. bbox: south, west, north, east; near: latitude, longitude; `max_price_minor`: for an hour.

    `order` distance (by age where no point is given), price or rating. `after`: the `next` of the page before, asked
    for with the same filters. `counted` False: nobody named this place. Raises Invalid for an order or cursor that is
    none.
    """
    where = _Where()
    _within(where, bbox, near, radius_m)
    _equipment(where, connector, power_w, max_price_minor, list(amenities))
    window = _window(free_from, free_minutes, now)
    asked = _Asked(where, _sort(order, near), max(1, min(limit, MOST)), window, now)
    found, cursor = _page(asked, _cursor(after))
    distances = dict(found) if near and order == "distance" else _far(found, near)
    listings = _load([key for key, _ in found])
    if counted and after is None and (place := _place(bbox, near)) is not None:
        reach = REACH_M if radius_m is None else radius_m
        close = any(far <= reach for far in distances.values()) or (order != "distance" and cursor is not None)
        met = close if near and bbox is None else bool(found)
        told = Asked(*place, connector or "", power_w or 0, window is not None, now)
        signals.searched.send_robust(sender=Listing, asked=told, met=met)
    return Page(cards(listings, now=now, distances=distances if near else None), cursor)


def _place(bbox: Box | None, near: tuple[float, float] | None) -> tuple[float, float] | None:
    """Where somebody looks: the middle of the map, else the point; None where the map shows a whole country."""
    if bbox is None:
        return near
    south, west, north, east = bbox
    wide = (east - west) % 360
    if north - south > WIDEST_DEGREES or wide > 2 * WIDEST_DEGREES:
        return None
    return (south + north) / 2, (west + wide / 2 + 180) % 360 - 180


def _page(asked: _Asked, after: Row | None) -> tuple[list[Row], str | None]:
    """Rows, and the cursor. With a wished period, reads on until the page is full."""
    found: list[Row] = []
    while True:
        rows = _rows(asked, after)
        found += rows if asked.window is None else _free_rows(rows, asked.window, asked.now)
        if len(found) > asked.size:
            return found[: asked.size], _encode(found[asked.size - 1])
        if len(rows) <= asked.size:
            return found, None
        after = rows[-1]


def _rows(asked: _Asked, after: Row | None) -> list[Row]:
    where, (expression, values) = asked.where, asked.sort
    inner = f"SELECT l.id, ({expression})::float8 AS sort {FROM} WHERE {' AND '.join(where.conditions)}"
    keyset = "WHERE (sort, id) > (%s, %s)" if after else ""
    statement = f"SELECT id, sort FROM ({inner}) found {keyset} ORDER BY sort, id LIMIT %s"  # noqa: S608  constants only
    last = [after[1], after[0]] if after else []
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *where.values, *last, asked.size + 1])
        rows: list[Row] = cursor.fetchall()
    return rows


def _sort(order: str, near: tuple[float, float] | None) -> tuple[str, list[Value]]:
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
    if connector and connector not in Connector.Standard.values:
        raise Invalid(
            f"There is no connector {connector!r}.", connector=f"one of {', '.join(Connector.Standard.values)}"
        )
    if any("\0" in name for name in amenities):
        raise Invalid("This is no amenity.", amenities="not text")
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
    length = 1 if minutes is None else minutes
    if not 1 <= length <= MOST_MINUTES or abs(start - now) > MOST_AHEAD:
        raise Invalid(
            "Look for a period of at most 30 days, within a year.", free_minutes=minutes, free_from=str(start)
        )
    return start, start + timedelta(minutes=length)


def _free_rows(rows: Sequence[Row], window: tuple[datetime, datetime], now: datetime) -> list[Row]:
    free = free_of(_load([key for key, _ in rows]), start=window[0], end=window[1], now=now)
    return [row for row in rows if window in free[row[0]]]


def _load(keys: list[int]) -> list[Listing]:
    held = Listing.objects.select_related("evse__location", "tariff").in_bulk(keys)
    return [held[key] for key in keys]


def _far(found: list[Row], near: tuple[float, float] | None) -> dict[int, float]:
    if not near or not found:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT l.id, {DISTANCE} {FROM} WHERE l.id = ANY(%s)",
            [near[0], near[0], near[1], [key for key, _ in found]],
        )
        return dict(cursor.fetchall())


def _encode(row: Row) -> str:
    return base64.urlsafe_b64encode(json.dumps([row[1], row[0]]).encode()).decode().rstrip("=")


def _cursor(text: str | None) -> Row | None:
    if text is None:
        return None
    try:
        sort, key = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return int(key), float(sort)
    except (ValueError, TypeError) as error:
        raise Invalid("This is not the cursor of a page.", after=text) from error

"""Cached reads of marts, always for one viewer: sums made in the lake, never its rows.

Every key holds the tenant, the organisations, what was asked, and the version of the mart: nothing that was read for
one viewer can serve another, and new data shows at once. Frames that come out are as small as what a page shows.
"""

from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any, cast

import polars as pl
import streamlit as st

from analytics_app.who import Viewer
from pipelines.marts import (
    carbon,
    charger_health_daily,
    churn,
    energy_daily,
    energy_hours,
    fleet_daily,
    performance,
    roster,
    sessions,
    sessions_daily,
    set_aside,
    tenants,
)
from pipelines.marts._sums import Where

Kept = tuple[tuple[str, tuple[str, ...]], ...]
MARTS: dict[str, ModuleType] = {
    "sessions": sessions,
    "sessions_daily": sessions_daily,
    "energy_daily": energy_daily,
    "energy_hours": energy_hours,
    "charger_health_daily": charger_health_daily,
    "carbon": carbon,
    "fleet_daily": fleet_daily,
    "performance": performance,
    "churn": churn,
    "set_aside": set_aside,
    "roster": roster,
}
PLAIN = {
    "name": "Wattlane",
    "colour_primary": "#1f4e79",
    "colour_accent": "#e0a100",
    "logo_svg": "",
    "currency": "",
    "language": "en",
    "timezone": "UTC",
    "country": "",
    "kind": "reseller",
}


def cached(read: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
    """A read of a mart, kept by all its arguments. 256 small frames at most."""
    return cast(Callable[..., pl.DataFrame], st.cache_data(max_entries=256, show_spinner=False)(read))


def places_of(viewer: Viewer) -> pl.DataFrame:
    """Names of all chargers and sites of the tenant, by id (see the mart `roster`)."""
    return _places(tenant=viewer.tenant, version=_version(roster))


def placed(viewer: Viewer, rows: pl.DataFrame) -> pl.DataFrame:
    """Chargers and sites by name, no two by the same one."""
    return roster.placed(rows, places_of(viewer))


def brand_of(viewer: Viewer) -> dict[str, str]:
    """Brand of the tenant; a plain one while the pipelines have not heard of it."""
    rows = _tenants(tenant=viewer.tenant, version=_version(tenants)).to_dicts()
    return rows[0] if rows else dict(PLAIN)


def sums_of(
    viewer: Viewer,
    *by: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    where: Where | None = None,
) -> pl.DataFrame:
    """Sums of the viewer's sessions (see the mart `sessions_daily`) in the local days [start, end), per `by`."""
    return placed(viewer, ids_of(viewer, *by, start=start, end=end, source=source, where=where))


def ids_of(viewer: Viewer, *by: str, where: Where | None = None, **asked: Any) -> pl.DataFrame:
    """The same, asked for by the same words, with chargers and sites by id."""
    return _sums(**_whose(viewer), by=by, where=_kept(where), version=_version(sessions_daily), **asked)


def span_of(viewer: Viewer) -> tuple[date, date] | None:
    """Local days of the viewer's first and last session; None without any."""
    first, last, sessions_ = sums_of(viewer).select("first_day", "last_day", "sessions").row(0)
    return (first, last) if sessions_ else None


def hours_of(
    viewer: Viewer,
    *by: str,
    start: date | None,
    end: date | None,
    source: str | None = None,
    where: Where | None = None,
) -> pl.DataFrame:
    """Energy per `by`, such as weekday and local_hour; for a viewer of some organisations only their chargers'."""
    return _hours(**_whose(viewer), by=by, start=start, end=end, source=source,
                  where=_kept(where), version=_version(energy_hours))  # fmt: skip


def health_of(viewer: Viewer, start: date | None, end: date | None, source: str | None = None) -> pl.DataFrame:
    """What was heard of each charger; for a viewer of some organisations only of their chargers."""
    mine = None if viewer.organisations is None else tuple(_names(viewer, "charger"))
    rows = _health(tenant=viewer.tenant, chargers=mine, start=start, end=end, source=source,
                   version=_version(charger_health_daily))  # fmt: skip
    return placed(viewer, rows)


def fleet_of(
    viewer: Viewer,
    *by: str,
    start: date | None,
    end: date | None,
    source: str | None,
    where: Where | None = None,
) -> pl.DataFrame:
    """Sums of the sessions of the viewer's fleets, with emissions (see the mart `fleet_daily`)."""
    rows = _fleet(**_whose(viewer), by=by, start=start, end=end, source=source, where=_kept(where),
                  version=_version(fleet_daily))  # fmt: skip
    return placed(viewer, rows)


def business_of(viewer: Viewer, *by: str, start: date | None, end: date | None) -> pl.DataFrame:
    """Bookings and money per `by`, over the months that the period touches (see the mart `performance`)."""
    return _business(**_whose(viewer), by=by, start=start, end=end, version=_version(performance))


def churn_of(viewer: Viewer, start: date | None, end: date | None) -> pl.DataFrame:
    """Who came and went per month and role: of the tenant, or of each of the viewer's organisations."""
    return _churn(**_whose(viewer), start=start, end=end, version=_version(churn))


def sessions_page(
    viewer: Viewer, *, start: date | None, end: date | None, source: str | None, offset: int, limit: int
) -> pl.DataFrame:
    """The viewer's single sessions, newest first, one page of them."""
    rows = _page(**_whose(viewer), start=start, end=end, source=source, offset=offset, limit=limit,
                 version=_version(sessions))  # fmt: skip
    return placed(viewer, rows)


def roster_of(viewer: Viewer) -> pl.DataFrame:
    return _roster(**_whose(viewer), version=_version(roster))


def set_aside_of(viewer: Viewer) -> pl.DataFrame:
    """What checks kept out; belongs to no organisation, so only those who see the whole tenant see it."""
    rows = _set_aside(tenant=viewer.tenant, version=_version(set_aside))
    return rows if viewer.organisations is None else rows.clear()


def states() -> list[dict[str, Any]]:
    """Version and time of publication of each mart."""
    return [_state_of(name, mart) for name, mart in MARTS.items()]


def _state_of(name: str, mart: ModuleType) -> dict[str, Any]:
    state = mart.state()
    version, published_at = (state.version, state.published_at) if state else (None, None)
    return {"mart": name, "version": version, "published_at": published_at}


def _whose(viewer: Viewer) -> dict[str, Any]:
    return {"tenant": viewer.tenant, "organisations": viewer.organisations}


def _kept(where: Where | None) -> Kept:
    """Filters as a part of a key."""
    return tuple(sorted((column, tuple(values)) for column, values in (where or {}).items()))


def _names(viewer: Viewer, kind: str) -> list[str]:
    rows = roster_of(viewer)
    return cast(list[str], rows.filter(pl.col("kind") == kind)["id"].to_list())


def _version(mart: ModuleType) -> int | None:
    return cast(int | None, mart.TABLE.version())


@cached
def _sums(*, where: Kept, **asked: Any) -> pl.DataFrame:
    return sessions_daily.read(where=dict(where), **asked)


@cached
def _hours(*, where: Kept, **asked: Any) -> pl.DataFrame:
    return energy_hours.read(where=dict(where), **asked)


@cached
def _health(**asked: Any) -> pl.DataFrame:
    return charger_health_daily.by_charger(**asked)


@cached
def _fleet(*, where: Kept, **asked: Any) -> pl.DataFrame:
    return fleet_daily.read(where=dict(where), **asked)


@cached
def _business(**asked: Any) -> pl.DataFrame:
    return performance.read(**asked)


@cached
def _churn(**asked: Any) -> pl.DataFrame:
    return churn.read(**asked)


@cached
def _page(**asked: Any) -> pl.DataFrame:
    return sessions.page(**asked)


@cached
def _tenants(*, tenant: str, version: int | None) -> pl.DataFrame:
    return tenants.read(tenant=tenant)


@cached
def _roster(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return roster.read(**asked)


@cached
def _places(*, tenant: str, version: int | None) -> pl.DataFrame:
    return roster.places(tenant=tenant)


@cached
def _set_aside(*, tenant: str, version: int | None) -> pl.DataFrame:
    return set_aside.read(tenant=tenant)

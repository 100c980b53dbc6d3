"""Cached reads of the carbon marts for one viewer: sums made in the lake, single sessions only a page at a time."""

from datetime import date
from typing import Any

import polars as pl

from analytics_app.data import cached, placed
from analytics_app.who import Viewer
from pipelines.marts import (
    carbon,
    carbon_hourly,
    carbon_instruments,
    carbon_market,
    factors,
    inventory,
    shift_potential,
)


def sums_of(viewer: Viewer, *by: str, start: date | None, end: date | None, source: str | None) -> pl.DataFrame:
    """Sums of the viewer's sessions (see the mart `carbon`) per `by`."""
    versions = (carbon.TABLE.version(), carbon_market.TABLE.version())
    return placed(viewer, _sums(**_whose(viewer), by=by, start=start, end=end, source=source, versions=versions))


def inventory_of(
    viewer: Viewer, *by: str, start: date | None, end: date | None, source: str | None
) -> pl.DataFrame | None:
    """Sums of the viewer's inventory per `by`; None while none was made."""
    version = inventory.TABLE.version()
    if version is None:
        return None
    return placed(viewer, _inventory(**_whose(viewer), by=by, start=start, end=end, source=source, version=version))


def page_of(viewer: Viewer, *, offset: int, limit: int, **asked: Any) -> pl.DataFrame:
    """Single sessions, newest first."""
    rows = _page(**_whose(viewer), **asked, offset=offset, limit=limit, version=carbon.TABLE.version())
    return placed(viewer, rows)


def hours_of(viewer: Viewer, session: str) -> pl.DataFrame:
    """Hours of one session, nothing when it is none of the viewer's."""
    return placed(viewer, _hours(**_whose(viewer), sessions=(session,), version=carbon_hourly.TABLE.version()))


def instruments_of(viewer: Viewer) -> pl.DataFrame:
    return _instruments(**_whose(viewer), version=carbon_instruments.TABLE.version())


def shift_of(viewer: Viewer, *, start: date | None, end: date | None, source: str | None) -> pl.DataFrame | None:
    """What charging at other hours would have emitted, per site; None while no marginal series is connected."""
    version = shift_potential.TABLE.version()
    if version is None:
        return None
    return placed(viewer, _shift(**_whose(viewer), start=start, end=end, source=source, version=version))


def factors_of(viewer: Viewer, names: tuple[str, ...]) -> pl.DataFrame:
    """Factors by name, of the platform and of the viewer's tenant."""
    return _factors(tenant=viewer.tenant, names=names, version=factors.TABLE.version())


def _whose(viewer: Viewer) -> dict[str, Any]:
    return {"tenant": viewer.tenant, "organisations": viewer.organisations}


@cached
def _sums(*, by: tuple[str, ...], versions: object, **asked: Any) -> pl.DataFrame:
    return carbon.sums(by, **asked)


@cached
def _inventory(*, by: tuple[str, ...], **asked: Any) -> pl.DataFrame:
    return inventory.sums(by, **asked)


@cached
def _page(**asked: Any) -> pl.DataFrame:
    return carbon.page(**asked)


@cached
def _hours(**asked: Any) -> pl.DataFrame:
    return carbon_hourly.read(**asked)


@cached
def _instruments(**asked: Any) -> pl.DataFrame:
    return carbon_instruments.read(**asked)


@cached
def _factors(**asked: Any) -> pl.DataFrame:
    return factors.read(**asked)


@cached
def _shift(**asked: Any) -> pl.DataFrame:
    return shift_potential.totals(by=("site",), **asked)

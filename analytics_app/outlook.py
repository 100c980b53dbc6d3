"""Reads for the pages of demand and prices: all of the whole tenant, so nobody of a single organisation gets them."""

from datetime import datetime
from typing import Any

import polars as pl

from analytics_app.data import cached, placed, places_of
from analytics_app.who import Viewer
from pipelines.marts import forecast, price_advice, roster, unmet_demand
from pipelines.marts._table import Table


def may_see(viewer: Viewer) -> bool:
    return viewer.organisations is None


def cards_of(viewer: Viewer) -> pl.DataFrame:
    """How good each forecaster was, and which ships."""
    return _cards(tenant=_tenant(viewer), version=_version(forecast.CARD))


def units_of(viewer: Viewer, source: str, network: str, level: str) -> dict[str, str]:
    """Chargers or areas with a forecast, those with most energy first, each id with its name."""
    rows = _units(tenant=_tenant(viewer), source=source, network=network, level=level, version=_version(forecast.TABLE))
    names = roster.placed(rows.select("unit"), places_of(viewer), ("unit",))
    return dict(zip(rows["unit"], names["unit"], strict=True))


def forecast_of(viewer: Viewer, **asked: Any) -> pl.DataFrame:
    return _forecast(tenant=_tenant(viewer), **asked, version=_version(forecast.TABLE))


def cells_of(viewer: Viewer, since: datetime | None, connector: str | None) -> pl.DataFrame:
    version = _version(unmet_demand.TABLE)
    return _cells(tenant=_tenant(viewer), since=since, connector=connector, version=version)


def hours_of(viewer: Viewer, since: datetime | None, connector: str | None) -> pl.DataFrame:
    version = _version(unmet_demand.TABLE)
    return _hours(tenant=_tenant(viewer), since=since, connector=connector, version=version)


def connectors_of(viewer: Viewer) -> list[str]:
    return unmet_demand.connectors(tenant=_tenant(viewer))


def openings_of(viewer: Viewer) -> pl.DataFrame:
    return _openings(tenant=_tenant(viewer), version=_version(unmet_demand.OPENINGS))


def advice_of(viewer: Viewer) -> pl.DataFrame:
    return placed(viewer, _advice(tenant=_tenant(viewer), version=_version(price_advice.TABLE)))


def _tenant(viewer: Viewer) -> str:
    """PermissionError for a viewer of single organisations."""
    if not may_see(viewer):
        raise PermissionError("of the whole tenant only")
    return viewer.tenant


def _version(table: Table) -> int | None:
    state = table.state()
    return None if state is None else state.version


@cached
def _cards(*, tenant: str, version: int | None) -> pl.DataFrame:
    return forecast.cards(tenant=tenant)


@cached
def _units(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return forecast.units(**asked)


@cached
def _forecast(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return forecast.read(**asked)


@cached
def _cells(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return unmet_demand.cells(**asked)


@cached
def _hours(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return unmet_demand.hours(**asked)


@cached
def _openings(*, tenant: str, version: int | None) -> pl.DataFrame:
    return unmet_demand.openings(tenant=tenant)


@cached
def _advice(*, tenant: str, version: int | None) -> pl.DataFrame:
    return price_advice.read(tenant=tenant)

"""Searches for a charger by cell (H3, some 5 km²) and hour, and the cells where a host would earn."""

from datetime import datetime

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/unmet_demand",
    {
        "tenant": pl.String,
        "cell": pl.String,
        "latitude": pl.Float64,
        "longitude": pl.Float64,
        "place": pl.String,
        "connector": pl.String,  # empty: any
        "power_w": pl.Int64,
        "timed": pl.Boolean,
        "at": pl.Datetime("ms", "UTC"),  # beginning of the hour
        "weekday": pl.Int8,  # 1 Monday, in the tenant's zone
        "local_hour": pl.Int8,
        "searches": pl.Int64,
        "unmet": pl.Int64,
    },
    ("tenant", "at", "cell", "connector", "power_w", "timed"),
    (),
)
OPENINGS = Table(
    "marts/openings",
    {
        "tenant": pl.String,
        "cell": pl.String,
        "latitude": pl.Float64,
        "longitude": pl.Float64,
        "place": pl.String,
        "connector": pl.String,
        "days": pl.Int64,
        "searches": pl.Int64,
        "unmet": pl.Int64,
        "price_micro": pl.Int64,  # median of the chargers around, per kWh; null: nobody sells there
        "session_wh": pl.Int64,  # median of this tenant's sessions
        "conversion_ppm": pl.Int64,  # sessions per search that found something
        "month_micro": pl.Int64,
        "currency": pl.String,
    },
    ("tenant", "cell", "connector"),
    (),
)


def cells(*, tenant: str, since: datetime | None = None, connector: str | None = None) -> pl.DataFrame:
    """Searches and unmet ones per cell, most unmet first."""
    rows = _asked(tenant, since, connector)
    keys = ["cell", "latitude", "longitude", "place"]
    sums = rows.group_by(keys).agg(pl.col("searches").sum(), pl.col("unmet").sum())
    return collect(sums.sort("unmet", "searches", "cell", descending=[True, True, False]))


def hours(*, tenant: str, since: datetime | None = None, connector: str | None = None) -> pl.DataFrame:
    """Searches and unmet ones per weekday and local hour."""
    rows = _asked(tenant, since, connector).group_by("weekday", "local_hour")
    return collect(rows.agg(pl.col("searches").sum(), pl.col("unmet").sum()).sort("weekday", "local_hour"))


def connectors(*, tenant: str) -> list[str]:
    """Plugs that were asked for."""
    found = collect(TABLE.of_tenant(tenant).select("connector").unique())
    return sorted(name for name in found["connector"] if name)


def openings(*, tenant: str) -> pl.DataFrame:
    """Where a host would earn, most first."""
    rows = OPENINGS.of_tenant(tenant)
    return collect(rows.sort("month_micro", "unmet", "cell", descending=[True, True, False], nulls_last=True))


def _asked(tenant: str, since: datetime | None, connector: str | None) -> pl.LazyFrame:
    rows = TABLE.of_tenant(tenant)
    if since is not None:
        rows = rows.filter(pl.col("at") >= since)
    return rows if connector is None else rows.filter(pl.col("connector") == connector)


def state() -> State | None:
    return TABLE.state()

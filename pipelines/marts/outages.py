"""Outages of charging ports as the log of maintenance tells them, each with the side of uptime that it falls on."""

from datetime import date

import polars as pl

from ._sums import of_hosts
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/outages",
    {
        "tenant": pl.String,
        "outage": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "connector": pl.String,
        "site": pl.String,
        "host_organisation": pl.String,
        "vendor": pl.String,
        "model": pl.String,
        "firmware": pl.String,
        "began_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),  # null: it lasts
        "duration_s": pl.Int64,  # until now where it lasts
        "cause": pl.String,
        "mrec": pl.String,
        "exclusion": pl.String,
        "side": pl.String,  # counts | excluded | offline (neither up nor down)
        "broken": pl.Boolean,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "connector", "began_at", "outage"),
    edition=2,
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    organisations: tuple[str, ...] | None = None,
    source: str | None = None,
) -> pl.DataFrame:
    """Outages that began in the UTC days [start, end); only at chargers of these host organisations when given."""
    rows = of_hosts(between(TABLE.of_tenant(tenant), "day", start, end), organisations, source)
    return collect(rows.sort("began_at", "charger", "outage"))


def state() -> State | None:
    return TABLE.state()

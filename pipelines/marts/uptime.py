"""Uptime of each charging port and UTC month, and of the twelve months that end with it (23 CFR 680.116(b))."""

from datetime import date

import polars as pl

from ._sums import of_hosts
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/uptime",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "connector": pl.String,
        "site": pl.String,
        "host_organisation": pl.String,
        "vendor": pl.String,
        "model": pl.String,
        "firmware": pl.String,
        # this month; up + down + excluded + unknown = seconds
        "seconds": pl.Int64,
        "up_s": pl.Int64,
        "down_s": pl.Int64,
        "excluded_s": pl.Int64,
        "unknown_s": pl.Int64,
        "offline_s": pl.Int64,  # part of unknown: said to be offline
        "absent_s": pl.Int64,  # part of unknown: before the port's first sign of life
        "closed_s": pl.Int64,  # part of excluded: outside the hours of operation
        "failures": pl.Int64,  # that began in this month
        "failure_s": pl.Int64,  # their whole length
        "open_failures": pl.Int64,  # of which last: their length is that until now
        # the twelve months that end with this one
        "months": pl.Int64,
        "up_s_12": pl.Int64,
        "down_s_12": pl.Int64,
        "excluded_s_12": pl.Int64,
        "unknown_s_12": pl.Int64,
        "t_outage_min": pl.Float64,
        "t_excluded_min": pl.Float64,
        "uptime_pct": pl.Float64,
        "strict_pct": pl.Float64,
        "observed_pct": pl.Float64,
        "observed_share": pl.Float64,
        "complete": pl.Boolean,  # false for the month that still runs
        "day": pl.Date,  # first of the month
        "month": pl.String,
    },
    ("tenant", "day", "charger", "connector", "source"),
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
    """Months whose first day lies in [start, end); only chargers of these host organisations when given."""
    rows = of_hosts(between(TABLE.of_tenant(tenant), "day", start, end), organisations, source)
    return collect(rows.sort("day", "charger", "connector", "source"))


def state() -> State | None:
    return TABLE.state()

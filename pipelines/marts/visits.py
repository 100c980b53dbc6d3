"""One row per visit to a charger: plugged in, authorised, got energy, and why not."""

from datetime import date

import polars as pl

from ._sums import of_hosts
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/visits",
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
        "began_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "attempts": pl.Int64,
        "plugged": pl.Boolean,  # null where the source does not say (imported sessions)
        "authorised": pl.Boolean,  # likewise
        "got_energy": pl.Boolean,
        "first_attempt_worked": pl.Boolean,
        "energy_wh": pl.Int64,
        "reason": pl.String,  # of a visit without energy, in the device's own words
        "cause": pl.String,  # its cause class
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "connector", "source", "began_at"),
    edition=2,
)


def summed(
    *,
    tenant: str,
    by: tuple[str, ...],
    start: date | None = None,
    end: date | None = None,
    organisations: tuple[str, ...] | None = None,
    source: str | None = None,
) -> pl.DataFrame:
    """Visits that began in the UTC days [start, end) by columns of the table: how many, and how far they came.

    `plugged` and `authorised` count only where the source says it; `told` is how many visits that are.
    """
    rows = _rows(tenant, start, end, organisations, source).group_by(by).agg(
        visits=pl.len().cast(pl.Int64),
        told=pl.col("plugged").is_not_null().sum().cast(pl.Int64),
        plugged=pl.col("plugged").sum().cast(pl.Int64),
        authorised=pl.col("authorised").sum().cast(pl.Int64),
        got_energy=pl.col("got_energy").sum().cast(pl.Int64),
        told_energy=(pl.col("got_energy") & pl.col("plugged").is_not_null()).sum().cast(pl.Int64),
        at_once=pl.col("first_attempt_worked").sum().cast(pl.Int64),
        attempts=pl.col("attempts").sum(),
    )  # fmt: skip
    return collect(rows).sort(by, nulls_last=True)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    organisations: tuple[str, ...] | None = None,
    source: str | None = None,
) -> pl.DataFrame:
    """Visits that began in the UTC days [start, end); only at chargers of these host organisations when given."""
    return collect(_rows(tenant, start, end, organisations, source).sort("began_at", "charger", "connector"))


def _rows(
    tenant: str, start: date | None, end: date | None, organisations: tuple[str, ...] | None, source: str | None
) -> pl.LazyFrame:
    return of_hosts(between(TABLE.of_tenant(tenant), "day", start, end), organisations, source)


def state() -> State | None:
    return TABLE.state()

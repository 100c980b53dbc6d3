"""Business per calendar month, host and currency: bookings, and what the books say was earned, kept and paid out."""

from datetime import date

import polars as pl

from ._sums import of_hosts
from ._table import State, Table, collect

TABLE = Table(
    "marts/performance",
    {
        "tenant": pl.String,
        "month_of": pl.Date,
        "host_organisation": pl.String,
        "host": pl.String,
        "currency": pl.String,
        "bookings": pl.Int64,
        "completed": pl.Int64,
        "cancelled": pl.Int64,
        "no_show": pl.Int64,
        "gross_minor": pl.Int64,
        "host_credit_minor": pl.Int64,
        "commission_minor": pl.Int64,
        "tax_minor": pl.Int64,
        "fee_minor": pl.Int64,
        "payout_minor": pl.Int64,
    },
    ("tenant", "month_of", "host_organisation", "host", "currency"),
    (),
)
SUMS = tuple(name for name, kind in TABLE.schema.items() if kind == pl.Int64)


def read(
    *,
    tenant: str,
    by: tuple[str, ...] = ("month_of", "currency"),
    start: date | None = None,
    end: date | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sums per value of `by` over the calendar months that touch the local days [start, end).

    Amounts in minor units mean something only with `currency` in `by`. `organisations`: only these hosts'.
    """
    rows = of_hosts(TABLE.of_tenant(tenant, version), organisations)
    if start is not None:
        rows = rows.filter(pl.col("month_of") >= start.replace(day=1))
    if end is not None:
        rows = rows.filter(pl.col("month_of") < end)
    return collect(rows.group_by(by).agg(pl.col(SUMS).sum())).sort(by, nulls_last=True)


def state() -> State | None:
    return TABLE.state()

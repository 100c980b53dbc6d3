"""Who came, stayed and went, per calendar month: hosts with a booking used, drivers with a session."""

from datetime import date

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/churn",
    {
        "tenant": pl.String,
        "month_of": pl.Date,
        "role": pl.String,
        "host_organisation": pl.String,
        "whole": pl.Boolean,
        "active": pl.Int64,
        "new": pl.Int64,
        "back": pl.Int64,
        "lost": pl.Int64,
    },
    ("tenant", "month_of", "role", "whole", "host_organisation"),
    (),
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Of the whole tenant (`organisations` None), else one row per month, role and each of these organisations.

    Counts of several organisations cannot be added: one driver may come to more than one. `lost` were active in the
    month before and are not in this one; null while the month runs.
    """
    rows = TABLE.of_tenant(tenant, version)
    if organisations is None:
        rows = rows.filter(pl.col("whole"))
    else:
        own = pl.col("host_organisation").is_in(list(organisations)).fill_null(False)
        rows = rows.filter(~pl.col("whole") & own)
    if start is not None:
        rows = rows.filter(pl.col("month_of") >= start.replace(day=1))
    if end is not None:
        rows = rows.filter(pl.col("month_of") < end)
    return collect(rows.sort("month_of", "role", "host_organisation"))


def state() -> State | None:
    return TABLE.state()

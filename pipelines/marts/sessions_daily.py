"""Sessions summed per charger, parties and local day: what pages read instead of millions of sessions."""

from datetime import date

import polars as pl

from ._sums import Where, rows_of, summed
from ._table import State, Table

TABLE = Table(
    "marts/sessions_daily",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "city": pl.String,
        "country": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "currency": pl.String,
        "local_day": pl.Date,
        "sessions": pl.Int64,
        "energy_wh": pl.Int64,
        "duration_s": pl.Int64,
        "cost_minor": pl.Int64,
        "unpriced": pl.Int64,
        "without_energy": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "local_day", "charger", "source", "site", "host_organisation", "fleet_organisation", "currency", "city",
     "country", "day"),
    edition=2,
)  # fmt: skip
KEYS = ("source", "charger", "site", "city", "country", "host_organisation", "fleet_organisation", "currency")
SUMS = {name: pl.col(name).sum() for name in
        ("sessions", "energy_wh", "duration_s", "cost_minor", "unpriced", "without_energy")}  # fmt: skip
SUMS |= {
    "chargers": pl.col("charger").n_unique().cast(pl.Int64),
    "first_day": pl.col("local_day").min(),
    "last_day": pl.col("local_day").max(),
}


def read(
    *,
    tenant: str,
    by: tuple[str, ...] = (),
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    where: Where | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sums, `chargers` (different ones used) and the days of the first and last session, per value of `by`.

    `by`: columns of KEYS, `local_day`, words of TIMES. `cost_minor` is a sum of minor units: it means something only
    with `currency` in `by` or in `where`.
    """
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=source, organisations=organisations, where=where,
        version=version,
    )  # fmt: skip
    return summed(rows, by, SUMS)


def state() -> State | None:
    return TABLE.state()

"""Energy per charger and local hour, from the 15-minute values."""

from datetime import date

import polars as pl

from ._table import State, Table, between, collect

TABLE = Table(
    "marts/energy_daily",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "local_day": pl.Date,
        "local_hour": pl.Int8,
        "energy_wh": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "local_day", "local_hour", "source", "site"),
    edition=2,
)


def read(*, tenant: str, start: date | None = None, end: date | None = None) -> pl.DataFrame:
    """Per charger and local day of [start, end): `energy_wh`, with the hour it fell in."""
    rows = between(TABLE.of_tenant(tenant), "local_day", start, end)
    keys = ["source", "charger", "site", "local_day", "local_hour"]
    return collect(rows.group_by(keys).agg(pl.col("energy_wh").sum()).sort(keys))


def state() -> State | None:
    return TABLE.state()

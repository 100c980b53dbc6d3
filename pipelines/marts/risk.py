"""Which chargers are at risk, and why: the latest answer for each charger and horizon."""

import polars as pl

from ._sums import of_hosts
from ._table import State, Table, collect

TABLE = Table(
    "marts/risk",
    {
        "tenant": pl.String,
        "source": pl.String,
        "network": pl.String,  # files that tell of the same chargers; `live` for devices
        "charger": pl.String,
        "site": pl.String,
        "host_organisation": pl.String,
        "device": pl.String,  # null for imported chargers
        "evse": pl.Int16,
        "horizon_days": pl.Int64,
        "state": pl.String,  # asked | silent | broken | too_new | little_used
        "place": pl.Int64,  # 1: most at risk of its network; null unless asked
        "probability_ppm": pl.Int64,  # null unless asked, and where there is not enough history for a model
        "reasons": pl.List(pl.Struct({"code": pl.String, "value": pl.Float64})),
        "model": pl.String,
        "data_version": pl.String,
        "as_of": pl.Datetime("ms", "UTC"),
    },
    ("tenant", "source", "network", "horizon_days", "place", "charger"),
    (),
    edition=2,
)


def read(
    *,
    tenant: str,
    horizon_days: int | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
) -> pl.DataFrame:
    """Most at risk first. `organisations`: only chargers of these hosts; an empty tuple gives none."""
    rows = of_hosts(TABLE.of_tenant(tenant), organisations, source)
    if horizon_days is not None:
        rows = rows.filter(pl.col("horizon_days") == horizon_days)
    return collect(rows.sort("horizon_days", "network", "place", "charger", nulls_last=True))


def state() -> State | None:
    return TABLE.state()

"""What each charger said and did on a UTC day: messages, gaps, faults, sessions with and without energy."""

from datetime import date

import polars as pl

from ._table import State, Table, between, collect

TABLE = Table(
    "marts/charger_health_daily",
    {
        "tenant": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "messages": pl.Int64,
        "missing": pl.Int64,
        "minutes_heard": pl.Int64,
        "faults": pl.Int64,
        "fault_codes": pl.String,
        "refusals": pl.Int64,
        "sessions": pl.Int64,
        "sessions_without_energy": pl.Int64,
        "energy_wh": pl.Int64,
        "occupied_s": pl.Int64,
        "first_at": pl.Datetime("ms", "UTC"),
        "last_at": pl.Datetime("ms", "UTC"),
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "charger", "source", "site"),
    edition=2,
)


def read(*, tenant: str, start: date | None = None, end: date | None = None) -> pl.DataFrame:
    """Rows of the UTC days [start, end)."""
    return collect(between(TABLE.of_tenant(tenant), "day", start, end).sort("day", "charger", "source"))


def by_charger(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    chargers: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """What was heard of each charger in the UTC days [start, end); `chargers`: only of these."""
    rows = between(TABLE.of_tenant(tenant, version), "day", start, end)
    if source:
        rows = rows.filter(pl.col("source") == source)
    if chargers is not None:
        rows = rows.filter(pl.col("charger").is_in(list(chargers)))
    codes = pl.col("fault_codes").filter(pl.col("fault_codes") != "").unique().sort().str.join(", ")
    heard = rows.group_by("charger").agg(
        site=pl.col("site").last(),
        faults=pl.col("faults").sum(),
        fault_codes=codes,
        missing=pl.col("missing").sum(),
        last_heard=pl.col("last_at").max(),
    )
    return collect(heard).sort("charger")


def state() -> State | None:
    return TABLE.state()

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
)


def read(*, tenant: str, start: date | None = None, end: date | None = None) -> pl.DataFrame:
    """Rows of the UTC days [start, end)."""
    return collect(between(TABLE.of_tenant(tenant), "day", start, end).sort("day", "charger", "source"))


def state() -> State | None:
    return TABLE.state()

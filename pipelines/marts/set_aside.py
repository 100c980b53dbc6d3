"""Facts that a check kept out of the other marts, by UTC day and reason."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/set_aside",
    {
        "tenant": pl.String,
        "origin": pl.String,
        "reason": pl.String,
        "rows": pl.Int64,
        "examples": pl.String,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "day", "origin", "reason"),
)


def read(*, tenant: str) -> pl.DataFrame:
    """Count, reason and up to three examples per day and origin (telemetry or import)."""
    return collect(TABLE.of_tenant(tenant).sort("day", "origin", "reason", descending=[True, False, False]))


def state() -> State | None:
    return TABLE.state()

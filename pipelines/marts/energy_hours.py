"""Energy per host organisation and local hour: the heat maps' table, of a size that does not grow with chargers."""

from datetime import date

import polars as pl

from ._sums import Where, rows_of, summed
from ._table import State, Table

TABLE = Table(
    "marts/energy_hours",
    {
        "tenant": pl.String,
        "source": pl.String,
        "host_organisation": pl.String,
        "local_day": pl.Date,
        "local_hour": pl.Int8,
        "energy_wh": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "local_day", "local_hour", "source", "host_organisation", "day"),
    edition=2,
)


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
    """`energy_wh` per value of `by`: weekday (1 is Monday), local_hour, local_day, host_organisation, source."""
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=source, organisations=organisations,
        sides=("host_organisation",), where=where, version=version,
    )  # fmt: skip
    return summed(rows, by, {"energy_wh": pl.col("energy_wh").sum()})


def state() -> State | None:
    return TABLE.state()

"""Sums of a mart for one tenant, computed where the files lie: only groups leave the lake, never its rows.

Filters, columns and sums are pushed into the scan; Delta's file statistics and Parquet's row groups (sorted by tenant)
keep other tenants and other months from being read at all.
"""

from collections.abc import Mapping, Sequence
from datetime import date

import polars as pl

from ._table import Table, between, collect

BOTH_SIDES = ("fleet_organisation", "host_organisation")
TIMES: dict[str, pl.Expr] = {
    "week": pl.col("local_day").dt.truncate("1w"),
    "month_of": pl.col("local_day").dt.truncate("1mo"),
    "year": pl.col("local_day").dt.truncate("1y"),
    "weekday": pl.col("local_day").dt.weekday(),
}
Where = Mapping[str, Sequence[str]]


def rows_of(
    table: Table,
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    sides: tuple[str, ...] = BOTH_SIDES,
    where: Where | None = None,
    version: int | None = None,
) -> pl.LazyFrame:
    """Rows of one tenant and the local days [start, end), not yet read.

    `organisations`: only rows that name one of them in a column of `sides`; an empty tuple gives no row at all.
    `where`: allowed values by column.
    """
    rows = between(table.of_tenant(tenant, version), "local_day", start, end)
    if source:
        rows = rows.filter(pl.col("source") == source)
    if organisations is not None:
        named = [pl.col(side).is_in(list(organisations)).fill_null(False) for side in sides]
        rows = rows.filter(pl.any_horizontal(named))
    for column, values in (where or {}).items():
        rows = rows.filter(pl.col(column).is_in(list(values)).fill_null(False))
    return rows


def of_hosts(rows: pl.LazyFrame, organisations: tuple[str, ...] | None, source: str | None = None) -> pl.LazyFrame:
    """Rows at chargers of these host organisations (None: of all; an empty tuple: none), and of this source."""
    if organisations is not None:
        rows = rows.filter(pl.col("host_organisation").is_in(list(organisations)).fill_null(False))
    return rows.filter(pl.col("source") == source) if source else rows


def summed(rows: pl.LazyFrame, by: tuple[str, ...], sums: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """One row per value of `by` (columns, or words of TIMES), sorted by them; without `by` a single row."""
    if not by:
        return collect(rows.select(**sums))
    keys = [TIMES[name].alias(name) if name in TIMES else pl.col(name) for name in by]
    return collect(rows.group_by(keys).agg(**sums)).sort(by, nulls_last=True)

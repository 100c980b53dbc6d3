"""The lake: Delta tables in a folder or object storage. One writer at a time; readers never wait, never see half."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake

from pipelines.marts._table import Table, collect, lake_url

_LOOK_BACK = timedelta(days=3)
# Rows lie sorted by tenant: small groups let a reader skip those of the others.
_GROUPS = WriterProperties(max_row_group_size=65_536)


@dataclass(frozen=True)
class Published:
    """What a write did: the table's version after it, its rows in the period, and whether anything changed."""

    version: int
    rows: int
    changed: bool


class Lake:
    """Reads and replaces whole UTC days. Writing the same rows again makes no new version."""

    def days(self, table: Table, first: date, last: date, *, look_back: bool = False) -> pl.LazyFrame:
        """Rows of the days first..last, both included; with `look_back` also of the three days before."""
        start = first - _LOOK_BACK if look_back else first
        return table.scan().filter(pl.col("day").is_between(start, last))

    def replace_days(self, table: Table, rows: pl.DataFrame, first: date, last: date) -> Published:
        """Replaces the days first..last by `rows` in one commit."""
        rows = _shaped(table, rows)
        stray = rows.filter(~pl.col("day").is_between(first, last))
        if stray.height:
            raise ValueError(f"{table.path}: {stray.height} rows outside {first}..{last}")
        if _same(collect(self.days(table, first, last)), rows, table):
            return Published(_version(table), rows.height, changed=False)
        return _commit(table, rows, f"day >= '{first}' AND day <= '{last}'")

    def replace_all(self, table: Table, rows: pl.DataFrame) -> Published:
        """Replaces the whole table, for small ones such as names and factors."""
        rows = _shaped(table, rows)
        if _same(collect(table.scan()), rows, table):
            return Published(_version(table), rows.height, changed=False)
        return _commit(table, rows, None)

    def tidy(self, table: Table, *, keep: timedelta) -> None:
        """Compacts small files and removes files that only versions older than `keep` still need."""
        if not DeltaTable.is_deltatable(table.uri):
            return
        held = DeltaTable(table.uri)
        held.optimize.compact()
        held.vacuum(retention_hours=int(keep.total_seconds() // 3600), dry_run=False)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the lake for one writer on this machine. Object storage: Delta's own conflict check is the guard."""
        if "://" in lake_url():
            yield
            return
        Path(lake_url()).mkdir(parents=True, exist_ok=True)
        handle = os.open(Path(lake_url()) / ".writer", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def _shaped(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    if "month" in table.schema:
        rows = rows.with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
    return rows.sort(table.order, nulls_last=True)


def _same(held: pl.DataFrame, rows: pl.DataFrame, table: Table) -> bool:
    if not DeltaTable.is_deltatable(table.uri) or held.height != rows.height:
        return False
    return held.sort(table.order, nulls_last=True).equals(rows)


def _version(table: Table) -> int:
    return DeltaTable(table.uri).version()


def _commit(table: Table, rows: pl.DataFrame, predicate: str | None) -> Published:
    known = predicate if DeltaTable.is_deltatable(table.uri) else None
    write_deltalake(
        table.uri, rows, mode="overwrite", partition_by=list(table.partition_by) or None, predicate=known,
        writer_properties=_GROUPS, schema_mode="merge",
    )  # fmt: skip
    return Published(_version(table), rows.height, changed=True)

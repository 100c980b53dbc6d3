"""The lake: Delta tables in a folder or object storage. One writer at a time; readers never wait, never see half."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from pipelines.marts._table import EDITION, Table, collect, edition_of, lake_url
from pipelines.resources import objects, staged
from pipelines.resources.staged import Staged

LOOK_BACK = timedelta(days=3)
# A session that stops and goes on belongs to the day of its last stop: so long after, that is still looked for.
LOOK_AHEAD = timedelta(days=1)
# Rows lie sorted by tenant: small groups let a reader skip those of the others.
_GROUPS = WriterProperties(max_row_group_size=65_536)


@dataclass(frozen=True)
class Published:
    """What a write did: the table's version after it, its rows in the period, and whether anything changed."""

    version: int
    rows: int
    changed: bool


class Lake:
    """Reads and replaces whole UTC days. Writing the same rows again makes no new version.

    With `tenants` it reads only these tenants' rows: a shard of a day, which another machine may make.
    """

    def __init__(self, tenants: tuple[str, ...] | None = None) -> None:
        self.tenants = tenants

    def days(
        self, table: Table, first: date, last: date, *, look_back: bool = False, look_ahead: bool = False
    ) -> pl.LazyFrame:
        """Rows of the days first..last, both included; with `look_back` also of the three days before, with
        `look_ahead` also of the day after."""
        start = first - LOOK_BACK if look_back else first
        end = last + LOOK_AHEAD if look_ahead else last
        rows = table.scan().filter(pl.col("day").is_between(start, end))
        if self.tenants is None or "tenant" not in table.schema:
            return rows
        return rows.filter(pl.col("tenant").is_in(list(self.tenants)))

    def rows_by_day(self, table: Table, first: date, last: date) -> dict[date, int]:
        """How many rows each of these days holds; days without rows are not named."""
        counted = collect(self.days(table, first, last).group_by("day").len())
        return dict(counted.iter_rows())

    def replace_days(self, table: Table, rows: pl.DataFrame, first: date, last: date) -> Published:
        """Replaces the days first..last by `rows`: one commit, of the days that changed."""
        rows = shaped(table, rows)
        stray = rows.filter(~pl.col("day").is_between(first, last))
        if stray.height:
            raise ValueError(f"{table.path}: {stray.height} rows outside {first}..{last}")
        if self._anew(table, first, last):
            return _commit(table, rows, self._but(table, first, last), rows.height, anew=True)
        changed = _changed(table, collect(self.days(table, first, last)), rows, first, last)
        if not changed:
            return Published(_version(table), rows.height, changed=False)
        return _commit(table, rows.filter(pl.col("day").is_in(changed)), _on(changed), rows.height)

    def replace_staged(self, table: Table, pieces: list[Staged]) -> Published:
        """Replaces the days of the staged pieces by them: one commit, of the days that changed, a piece at a time in
        memory. What was staged is removed."""
        rows, changed = sum(piece.rows for piece in pieces), list[date]()
        first, last = min(piece.piece.first for piece in pieces), max(piece.piece.last for piece in pieces)
        anew = self._anew(table, first, last)
        for begin, end, made in () if anew else staged.frames(table, pieces):
            changed += _changed(table, collect(self.days(table, begin, end)), made, begin, end)
        if anew:
            done = _commit(table, _stream(table, pieces), self._but(table, first, last), rows, anew=True)
        elif changed:
            stream = _stream(table, [p for p in pieces if any(p.piece.first <= d <= p.piece.last for d in changed)])
            done = _commit(table, stream, _on(changed, pieces), rows)
        else:
            done = Published(_version(table), rows, changed=False)
        staged.drop(table)
        return done

    def replace_all(self, table: Table, rows: pl.DataFrame) -> Published:
        """Replaces the whole table, for small ones such as names and factors."""
        rows = shaped(table, rows)
        if _same(collect(table.scan()), rows, table) and table.current():
            return Published(_version(table), rows.height, changed=False)
        return _commit(table, rows, None, rows.height, anew=True)

    def span(self, table: Table) -> tuple[date, date] | None:
        """First and last day of which the table holds rows; None without any."""
        first, last = collect(table.scan().select(first=pl.col("day").min(), last=pl.col("day").max())).row(0)
        return None if first is None else (first, last)

    def _anew(self, table: Table, first: date, last: date) -> bool:
        """Whether the days first..last are all that can be made of a table that an older edition wrote."""
        if not table.older():
            return False
        held = self.span(table)
        return held is None or (first <= max(held[0], kept_from() or held[0]) and held[1] <= last)

    def _but(self, table: Table, first: date, last: date) -> str | None:
        """The predicate of these days where the table holds older ones, whose sources are gone; else all goes."""
        held = self.span(table)
        return None if held is None or first <= held[0] else _on(_every(first, last))

    def tables(self) -> list[str]:
        """Addresses of all tables there are, whoever made them."""
        logs = (url.partition("/_delta_log/") for url in objects.listed(lake_url()))
        return sorted({url for url, log, _ in logs if log})

    def tidy(self, url: str, *, keep: timedelta) -> None:
        """Compacts small files and removes files that only versions older than `keep` still need."""
        held = DeltaTable(url)
        said = handed_on(held)
        held.optimize.compact(commit_properties=said)
        hours = int(keep.total_seconds() // 3600)
        held.vacuum(retention_hours=hours, dry_run=False, enforce_retention_duration=False, commit_properties=said)

    def forget(self, table: Table, *, before: date) -> int:
        """Removes the rows of days before; says how many. Their files go when no kept version needs them."""
        if not DeltaTable.is_deltatable(table.uri):
            return 0
        held = DeltaTable(table.uri)
        done = held.delete(f"day < '{before}'", commit_properties=handed_on(held))
        return int(done["num_deleted_rows"] or 0)

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


def kept_from() -> date | None:
    """First day of which all telemetry is still there; None where none is ever forgotten.

    What was made from older days cannot be made anew: it stays as it is.
    """
    said = (os.environ.get(name) for name in ("WATTLANE_KEEP_RAW_DAYS", "WATTLANE_KEEP_CLEAN_DAYS"))
    days = [int(number) for number in said if number]
    return datetime.now(UTC).date() - timedelta(days=min(days)) + LOOK_BACK if days else None


def handed_on(held: DeltaTable, reason: str = "") -> CommitProperties:
    """Properties of a commit that moves rows and makes none: it hands on the edition of those that are there."""
    told = {EDITION: edition_of(held), "reason": reason}
    return CommitProperties(custom_metadata={name: text for name, text in told.items() if text})


def shaped(table: Table, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows with the columns, types and order in which the table is written."""
    if "month" in table.schema:
        rows = rows.with_columns(month=pl.col("day").dt.strftime("%Y-%m"))
    rows = rows.select(pl.col(name).cast(kind) for name, kind in table.schema.items())
    return rows.sort(table.order, nulls_last=True)


def _changed(table: Table, held: pl.DataFrame, rows: pl.DataFrame, first: date, last: date) -> list[date]:
    """Days of first..last on which `rows` are not what the table holds. All days of a table that is not there yet."""
    if not DeltaTable.is_deltatable(table.uri):
        return _every(first, last)
    held = held.sort(table.order, nulls_last=True)
    if held.equals(rows):
        return []
    before, now = (frame.partition_by("day", as_dict=True) for frame in (held, rows))
    none = rows.clear()
    return sorted(key[0] for key in {*before, *now} if not before.get(key, none).equals(now.get(key, none)))


def _every(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _on(days: list[date], pieces: list[Staged] | None = None) -> str:
    """A predicate for these days, or for all days of the pieces that hold one of them."""
    spans = [(day, day) for day in days]
    if pieces is not None:
        every = {(p.piece.first, p.piece.last) for p in pieces}
        spans = [(a, b) for a, b in every if any(a <= day <= b for day in days)]
    return " OR ".join(f"(day >= '{a}' AND day <= '{b}')" for a, b in _joined(spans))


def _joined(spans: list[tuple[date, date]]) -> list[tuple[date, date]]:
    joined: list[tuple[date, date]] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + timedelta(days=1):
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined


def _stream(table: Table, pieces: list[Staged]) -> pa.RecordBatchReader:
    """The staged rows, piece by piece: never the whole period in memory."""
    schema = pl.DataFrame(schema=table.schema).to_arrow().schema
    batches = (
        batch
        for _, _, rows in staged.frames(table, pieces)
        for batch in rows.to_arrow().cast(schema).to_batches(max_chunksize=65_536)
    )
    return pa.RecordBatchReader.from_batches(schema, batches)


def _same(held: pl.DataFrame, rows: pl.DataFrame, table: Table) -> bool:
    if not DeltaTable.is_deltatable(table.uri) or held.height != rows.height:
        return False
    return held.sort(table.order, nulls_last=True).equals(rows)


def _version(table: Table) -> int:
    return DeltaTable(table.uri).version()


def _commit(
    table: Table, rows: pl.DataFrame | pa.RecordBatchReader, predicate: str | None, height: int, *, anew: bool = False
) -> Published:
    """`anew`: the rows are all that this edition of the table makes; else others of an older edition may stay."""
    held = table.edition_held()
    edition = table.edition if anew or held is None else held
    write_deltalake(
        table.uri, rows, mode="overwrite", partition_by=list(table.partition_by) or None,
        predicate=None if held is None else predicate, writer_properties=_GROUPS,
        schema_mode="overwrite" if anew and predicate is None else "merge",
        commit_properties=CommitProperties(custom_metadata={EDITION: str(edition)}),
    )  # fmt: skip
    return Published(_version(table), height, changed=True)

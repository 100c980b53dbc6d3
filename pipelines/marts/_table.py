"""What every mart is made of: a Delta table in the lake with a declared schema, read for one tenant at a time."""

import os
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import polars as pl
from deltalake import DeltaTable, Schema

EDITION = "edition"
# Tidying up adds commits of its own: so far back one is looked for that says the edition.
_RECENT = 20
_LOCK = Lock()
_OPEN: dict[str, tuple[tuple[int, int] | None, DeltaTable]] = {}
CODE = Path(__file__).resolve().parents[2]


class TenantRequired(ValueError):
    """A mart was read without naming a tenant."""


def home_path() -> Path:
    """Folder of this installation: `WATTLANE_HOME`, else `.wattlane` beside the code."""
    return Path(os.environ.get("WATTLANE_HOME") or CODE / ".wattlane").resolve()


def lake_url() -> str:
    """Address of the lake: `LAKE_URL`, else a folder of this installation."""
    return os.environ.get("LAKE_URL") or str(home_path() / "lake")


@dataclass(frozen=True)
class State:
    """Which data a mart holds now: its Delta version and when that was published."""

    version: int
    published_at: datetime


@dataclass(frozen=True)
class Table:
    """A Delta table of the lake: where it lies, its columns, and the order in which its rows are written.

    `edition` is raised when the same facts make other rows than before: what an older edition wrote, or one with other
    columns, is made anew from its sources (`defs.due`).
    """

    path: str
    schema: dict[str, Any]
    order: tuple[str, ...]
    partition_by: tuple[str, ...] = ("month",)
    edition: int = 1

    @property
    def uri(self) -> str:
        return f"{lake_url().rstrip('/')}/{self.path}"

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """Rows as of a version (default: the newest); no rows at all before the first one is published.

        A reader keeps the version that it opened, whatever is published meanwhile.
        """
        version = self.version() if version is None else version
        if version is None:
            return pl.LazyFrame(schema=self.schema)
        table = _snapshot(self.uri, _birth(self.uri), version)
        held, declared = _types(table.schema()), self._declared()
        columns = (_column(name, kind, held.get(name), declared[name]) for name, kind in self.schema.items())
        return pl.scan_delta(table).select(columns)

    def version(self) -> int | None:
        """Number of the newest version, or None before anything was published."""
        return _opened(self.uri).version() if DeltaTable.is_deltatable(self.uri) else None

    def snapshot(self) -> tuple[str, int] | None:
        """What tells the newest version from all others of all tables; None before anything was published."""
        if not DeltaTable.is_deltatable(self.uri):
            return None
        table = _opened(self.uri)
        return str(table.metadata().id), table.version()

    def state(self) -> State | None:
        """Newest version, or None before anything was published."""
        if not DeltaTable.is_deltatable(self.uri):
            return None
        table = DeltaTable(self.uri)
        made_ms = table.history(1)[0]["timestamp"]
        return State(table.version(), datetime.fromtimestamp(made_ms / 1000, tz=UTC))

    def edition_held(self) -> int | None:
        """Edition of the rows on disk, as their commit says; None before anything was published."""
        return int(edition_of(_opened(self.uri)) or 1) if DeltaTable.is_deltatable(self.uri) else None

    def current(self) -> bool:
        """Whether what lies on disk is what this edition of the table would hold: its columns, types and edition."""
        return self.edition_held() == self.edition and _types(_opened(self.uri).schema()) == self._declared()

    def older(self) -> bool:
        """Whether something lies on disk that another edition of the table wrote."""
        return self.edition_held() is not None and not self.current()

    def _declared(self) -> dict[str, str]:
        return _types(Schema.from_arrow(pl.DataFrame(schema=self.schema).to_arrow().schema))

    def of_tenant(self, tenant: str, version: int | None = None) -> pl.LazyFrame:
        """Rows of one tenant. TenantRequired when the name is empty: there is no reading of all tenants."""
        if not tenant:
            raise TenantRequired(self.path)
        return self.scan(version).filter(pl.col("tenant") == tenant)


def edition_of(held: DeltaTable) -> str | None:
    """Edition of the rows of a table, as the newest commit that says one says it; None where none does."""
    for back in (1, _RECENT):
        for commit in held.history(back):
            if EDITION in commit:
                return str(commit[EDITION])
    return None


def _opened(uri: str) -> DeltaTable:
    """The newest version. The log is read whole once per process, then only what was added to it."""
    with _LOCK:
        birth, table = _OPEN.get(uri, (None, None))
        if table is None or birth != _birth(uri):
            birth, table = _birth(uri), DeltaTable(uri)
            _OPEN[uri] = (birth, table)
        else:
            table.update_incremental()
        return table


@lru_cache(maxsize=128)
def _snapshot(uri: str, birth: object, version: int) -> DeltaTable:
    """The table as of a version, which never changes: opened once. `birth` tells a table from one made anew there."""
    return DeltaTable(uri, version=version)


def _birth(uri: str) -> tuple[int, int] | None:
    """What tells a folder's table from another one that was made in its place later; object storage: nothing."""
    log = Path(uri) / "_delta_log"
    try:
        first = log / f"{0:020}.json"
        return log.stat().st_ino, first.stat().st_mtime_ns if first.exists() else 0
    except OSError:
        return None


def _types(schema: Schema) -> dict[str, str]:
    return {field.name: str(field.type) for field in schema.fields}


def _column(name: str, kind: Any, held: str | None, declared: str) -> pl.Expr:
    """A column as declared. What an older edition had not, or in other words, is null until it is made anew."""
    if held is None:
        return pl.lit(None, dtype=kind).alias(name)
    # A cast that may fail in silence is not pushed into the scan: only where it is needed.
    return pl.col(name).cast(kind, strict=held == declared)


def collect(frame: pl.LazyFrame) -> pl.DataFrame:
    """Runs a query the way that stays small: streaming, never the whole table in memory."""
    return frame.collect(engine="streaming")


def between(frame: pl.LazyFrame, column: str, start: date | None, end: date | None) -> pl.LazyFrame:
    """Half-open period [start, end) over a date column; None leaves that side open."""
    if start is not None:
        frame = frame.filter(pl.col(column) >= start)
    return frame if end is None else frame.filter(pl.col(column) < end)

"""The landing folders of imported files: one Parquet file and one manifest per file, kind and tenant.

Every file appears whole or not at all (written beside, then renamed); the manifest comes last and says that a file is
imported. A process killed in between leaves a Parquet file without manifest, which the next import replaces.
"""

import fcntl
import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.marts._table import home_path
from saas.contracts.lake import LANDING_FOLDER, LANDING_ROOT, LANDINGS, QUARANTINE_ROOT

_TYPES: dict[str, Any] = {
    "str": pl.String,
    "int": pl.Int64,
    "float": pl.Float64,
    "utc": pl.Datetime("ms", "UTC"),
    "list[str]": pl.List(pl.String),
    "list[int]": pl.List(pl.Int64),
}
SCHEMAS: dict[str, dict[str, Any]] = {
    kind: {name: _TYPES[word.removeprefix("?")] for name, word in words.items()} for kind, words in LANDINGS.items()
}
SCHEMA = SCHEMAS["sessions"]
_KEY_COLUMN = {"sessions": "session_key"}


def landed(kind: str) -> pl.LazyFrame:
    """All imported rows of a kind (`status`, `locations`, `prices`, `carbon`), with the `tenant` they belong to.

    The same fact in two files is there once: `row_key` is unique within a tenant. A file is there once its manifest is.
    """
    schema = {"tenant": pl.String} | SCHEMAS[kind]
    manifests = sorted((home_path() / LANDING_ROOT / kind).glob("tenant=*/*.json"))
    parts = [
        pl.scan_parquet(m.with_suffix(".parquet"), hive_partitioning=False).with_columns(
            tenant=pl.lit(m.parent.name.removeprefix("tenant="))
        )
        for m in manifests
    ]
    return pl.concat(parts).select(*schema) if parts else pl.LazyFrame(schema=schema)


class Landing:
    """The imported files of one kind and tenant. Nothing is created before the first `store`."""

    def __init__(self, tenant: str, home: Path | None = None, kind: str = "sessions") -> None:
        self._home = home or home_path()
        self._folder = self._home / LANDING_ROOT / kind / f"tenant={tenant}"
        self._aside = self._home / QUARANTINE_ROOT / kind / f"tenant={tenant}"
        self._schema, self._key = SCHEMAS[kind], _KEY_COLUMN.get(kind, "row_key")

    def manifest_path(self, sha256: str) -> Path:
        return self._folder / f"{sha256}.json"

    def manifest(self, sha256: str) -> dict[str, Any] | None:
        """What was written when the file was imported, or None when it was not."""
        path = self.manifest_path(sha256)
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def quarantine_path(self, sha256: str) -> Path:
        return self._aside / f"{sha256}.jsonl"

    def known_keys(self, but: str) -> pl.Series:
        """Keys of the rows that other files than `but` brought."""
        manifests = sorted(self._folder.glob("*.json"))
        files = [m.with_suffix(".parquet") for m in manifests if m.stem != but]
        if not files:
            return pl.Series(self._key, [], dtype=pl.String)
        return pl.concat([pl.scan_parquet(f).select(self._key) for f in files]).collect(engine="streaming")[self._key]

    def known_rows(self, but: str, columns: tuple[str, ...]) -> pl.DataFrame:
        """Key and these columns of the rows that other files than `but` brought."""
        wanted = (self._key, *columns)
        files = [m.with_suffix(".parquet") for m in sorted(self._folder.glob("*.json")) if m.stem != but]
        if not files:
            return pl.DataFrame(schema={name: self._schema[name] for name in wanted})
        return pl.concat([pl.scan_parquet(f).select(wanted) for f in files]).collect(engine="streaming")

    def rows(self) -> pl.DataFrame:
        """All imported rows of the tenant, in the landing schema."""
        files = [m.with_suffix(".parquet") for m in sorted(self._folder.glob("*.json"))]
        frames = [pl.read_parquet(f) for f in files]
        return pl.concat(frames) if frames else pl.DataFrame(schema=self._schema)

    def sessions(self) -> pl.DataFrame:
        """The rows, where they are sessions."""
        return self.rows()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """One import at a time for a tenant: what is known must not change before it is stored."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def store(self, sha256: str, rows: pl.DataFrame, aside: Iterable[dict[str, Any]], manifest: dict[str, Any]) -> None:
        """Rows, then what was set aside, then the manifest: the last rename makes the import true."""
        shaped = rows.select(pl.col(name).cast(kind) for name, kind in self._schema.items())
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in aside)
        _replace(self._folder / f"{sha256}.parquet", lambda path: shaped.write_parquet(path, statistics=True))
        _replace(self.quarantine_path(sha256), lambda path: _write_text(path, lines))
        text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
        _replace(self.manifest_path(sha256), lambda path: _write_text(path, text))

    def driver_secret(self) -> str:
        """What makes driver names in the lake meaningless to others; made at the first import, never changed."""
        path = self._home / LANDING_FOLDER / ".driver_secret"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text(encoding="utf-8")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(secrets.token_hex(32))
        return path.read_text(encoding="utf-8")


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def _replace(path: Path, write: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(beside)
        with beside.open("rb") as handle:
            os.fsync(handle.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)

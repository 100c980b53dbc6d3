"""One file of one kind into the landing folder: what is new is stored, the rest is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.resources.landing import SCHEMAS, Landing
from pipelines.transforms.importing.kind import Kind, KindFile, figures, known_already
from pipelines.transforms.importing.table import ROW

EXAMPLES = 10
Entry = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Import:
    """One run of the command. No `landing` without a tenant; nothing is written unless `write`."""

    kind: Kind
    landing: Landing | None
    write: bool
    zone: str
    given: Mapping[str, str]

    def land(self, path: Path, file: KindFile, seen: pl.DataFrame, *, again: bool) -> tuple[Entry, pl.DataFrame]:
        """The file's entry in the report and its judged rows; stores them unless it is a dry run or nothing new."""
        before = self.landing.manifest(file.sha256) if self.landing else None
        done = before is not None or again
        judged = _all_known(file.judged) if done else known_already(self.kind, file.judged, self._known(file, seen))
        entry: Entry = {"file": str(path), "sha256": file.sha256, "layout": file.layout, "notes": list(file.notes)}
        entry |= figures(self.kind, judged) | {"already_imported": done}
        entry |= {"set_aside_examples": _examples(self.kind, file, judged)}
        if before and (before["timezone"], before["given"]) != (self.zone, dict(self.given)):
            entry["notes"].append("imported before with other options; nothing was changed")
        if self.landing and self.write and not done:
            self._store(self.landing, file, judged, entry)
        stored = self.landing if self.landing and (self.write or before) else None
        entry["quarantine"] = str(stored.quarantine_path(file.sha256)) if stored else None
        entry["manifest"] = str(stored.manifest_path(file.sha256)) if stored else None
        return entry, judged

    def nothing_seen(self) -> pl.DataFrame:
        """No row yet, in the columns that tell rows apart."""
        schema = SCHEMAS[self.kind.word]
        return pl.DataFrame(schema={name: schema[name] for name in ("row_key", *self.kind.told)})

    def _known(self, file: KindFile, seen: pl.DataFrame) -> pl.DataFrame:
        if self.landing is None:
            return seen
        return pl.concat([seen, self.landing.known_rows(file.sha256, self.kind.told)], how="vertical_relaxed")

    def _store(self, landing: Landing, file: KindFile, judged: pl.DataFrame, entry: Entry) -> None:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = entry | {"timezone": self.zone, "given": dict(self.given), "imported_at": at}
        landing.store(file.sha256, _rows(self.kind, file, judged), aside(self.kind, file, judged), manifest)


def _all_known(judged: pl.DataFrame) -> pl.DataFrame:
    """The very same file again: whatever could be imported, was."""
    return judged.with_columns(_reason=pl.coalesce("_reason", pl.lit("already_imported")))


def _rows(kind: Kind, file: KindFile, judged: pl.DataFrame) -> pl.DataFrame:
    good = judged.filter(pl.col("_reason").is_null())
    good = good.with_columns(source_file=pl.lit(file.name), source_sha256=pl.lit(file.sha256))
    return good.select(pl.col(name).cast(word) for name, word in SCHEMAS[kind.word].items())


def aside(kind: Kind, file: KindFile, judged: pl.DataFrame) -> Iterator[Entry]:
    """Each set-aside row with file, line, row, reason and what the file said. Facts known already are no faults."""
    faults = judged.filter(pl.col("_reason").is_not_null() & (pl.col("_reason") != "already_imported"))
    yield from _told(kind, file, faults)


def _examples(kind: Kind, file: KindFile, judged: pl.DataFrame) -> list[Entry]:
    """At most EXAMPLES rows, the first of each reason before the second of any."""
    faults = judged.filter(pl.col("_reason").is_not_null() & (pl.col("_reason") != "already_imported"))
    nth = faults.with_columns(_nth=pl.int_range(pl.len()).over("_reason")).sort("_nth", "source_row")
    return list(_told(kind, file, nth.head(EXAMPLES)))


def _told(kind: Kind, file: KindFile, faults: pl.DataFrame) -> Iterator[Entry]:
    columns = [f"c{i}" for i in range(len(file.table.names))]
    wanted = faults["source_row"].unique()
    raw = file.table.frame.filter(pl.col(ROW).is_in(wanted.implode()))
    texts = {row[0]: row[1:] for row in raw.select(ROW, *columns).iter_rows()}
    for row, line, reason in faults.select("source_row", "_line", "_reason").iter_rows():
        said = dict(zip(file.table.names, texts[row], strict=True))
        yield {"file": file.name, "line": line, "row": row, "reason": reason, "means": kind.means(reason), "raw": said}

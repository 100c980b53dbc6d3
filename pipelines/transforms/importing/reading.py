"""One file, read: the pure core of `wattlane import sessions`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from pipelines.transforms.importing.build import Built, build
from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.faults import judge
from pipelines.transforms.importing.json_table import looks_like_json, read_json
from pipelines.transforms.importing.profile import Profile, file_comma, profiles
from pipelines.transforms.importing.report import layout_of
from pipelines.transforms.importing.roles import choose
from pipelines.transforms.importing.shapes import Roles
from pipelines.transforms.importing.source import to_utf8, unpack
from pipelines.transforms.importing.table import Table, read_delimited
from pipelines.transforms.importing.xlsx_table import read_xlsx

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to read a file: `zone` for times without one, `driver_name` hides drivers, `date_order` dmy, mdy or None."""

    zone: str
    driver_name: Callable[[str], str]
    date_order: str | None = None


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A file understood. `judged` has one row for each row of the file, with `_reason` null for what is imported."""

    name: str
    sha256: str
    layout: dict[str, Any]
    judged: pl.DataFrame
    table: Table


def read_sessions(
    raw: bytes, name: str, options: Options, progress: Progress = lambda stage, share: None
) -> SessionFile:
    """Read one session file from its bytes. Raises NotUnderstood with what was tried."""
    progress("finding the layout", 0.05)
    table, encoding, container = read_table(raw)
    progress("finding the columns", 0.3)
    found = profiles(table)
    hints = _hints(found, options)
    roles = choose(found, hints)
    progress("reading the values", 0.45)
    built = build(table, roles, zone=options.zone, driver_name=options.driver_name, hints=hints)
    progress("checking", 0.8)
    judged = judge(built.rows)
    _refuse_mostly_unreadable(judged, table, roles, built)
    layout = layout_of(table, roles, built, encoding, container)
    return SessionFile(name, hashlib.sha256(raw).hexdigest(), layout, judged, table)


def read_table(raw: bytes) -> tuple[Table, str, str]:
    """(table of strings, encoding, container) of a delimited, JSON or XLSX file, packed or not."""
    data, container = unpack(raw)
    if container == "xlsx":
        return read_xlsx(data), "utf-8", container
    text = to_utf8(data, container)
    table = read_json(text) if looks_like_json(text.data) else read_delimited(text)
    return replace(table, nul_lines=text.nul_lines), text.encoding, container


def _hints(found: list[Profile], options: Options) -> Hints:
    texts = [p.values for p in found if p.kind in ("moment", "date")]
    american = options.zone.startswith(("America/", "US/")) or any(
        t.str.contains(r"(?i)\d\s?[ap]m\b").any() for t in texts
    )
    dotted = any(t.str.contains(r"^\d{1,2}\.\d{1,2}\.\d{2,4}").any() for t in texts)
    return Hints(american, dotted, file_comma(found) == ",", options.date_order)


def _refuse_mostly_unreadable(judged: pl.DataFrame, table: Table, roles: Roles, built: Built) -> None:
    """A layout under which most written values cannot be read is the wrong layout."""
    for what, column, written in (
        ("start", "start_utc", "_start_written"),
        ("end", "end_utc", "_end_written"),
        ("energy", "energy_wh", "_energy_written"),
    ):
        there = int(judged[written].sum())
        readable = int((judged[written] & judged[column].is_not_null()).sum()) / max(there, 1)
        if readable < 0.3:
            tried = [f"{what}: {readable:.0%} of the values readable in {', '.join(table.names)}"]
            raise NotUnderstood(f"Most values of the {what} column cannot be read.", tried)

"""From text columns and the roles found to typed sessions, one row for each row of the file, nothing dropped yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.clock import Clock, Moment, end_of
from pipelines.transforms.importing.dateorder import DateOrder, Hints, decide
from pipelines.transforms.importing.extras import extras
from pipelines.transforms.importing.numerals import energy_wh
from pipelines.transforms.importing.shapes import Roles
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table

# flag of a row -> kind of repair in the report
REPAIRS = {
    "_swapped": "swapped_day_and_month",
    "_century": "year_written_00xx",
    "_never": "nonexistent_local_time",
    "_twice": "ambiguous_local_time",
    "_nul": "nul_bytes_removed",
}
_LABELS = ("charger", "connector", "site", "vehicle", "source_id", "driver")


@dataclass(frozen=True, slots=True)
class Built:
    """Typed rows, and the date order that the report repeats."""

    rows: pl.DataFrame
    order: DateOrder


def build(table: Table, roles: Roles, *, zone: str, driver_name: Callable[[str], str], hints: Hints) -> Built:
    """All rows typed: nulls where a value is absent or unreadable, `_…` columns for what the checks need."""
    frame = table.clean
    written = Clock.written(frame, roles.start)
    written_end = Clock.written(frame, roles.end) if roles.end else None
    order = decide(written, written_end, hints)
    clock = Clock(frame, roles, order, zone)
    start = clock.read(roles.start, written)
    end = end_of(clock, start, written, written_end)
    columns = (
        _core(frame, roles, start, end) | _labels(frame, roles, driver_name) | extras(table, clock, start.at.early)
    )
    columns["_nul"] = _had_nul(table)
    rows = pl.DataFrame(columns).with_columns(clock.zone_words(written, start.at.early))
    return Built(rows.with_columns(_repaired(rows)), order)


def _core(frame: pl.DataFrame, roles: Roles, start: Moment, end: Moment) -> dict[str, pl.Series]:
    return {
        "start_utc": start.at.early,
        "end_utc": end.at.early,
        "energy_wh": _energy(frame, roles),
        "source_row": frame[ROW],
        "_line": frame[LINE],
        "_start_written": start.written,
        "_end_written": end.written,
        "_energy_written": frame[roles.energy.column].is_not_null(),
        "_extra": frame[EXTRA].is_not_null(),
        "_swapped": start.swapped | end.swapped,
        "_century": start.century | end.century,
        "_never": start.at.never | end.at.never,
        "_twice": start.at.twice | end.at.twice,
    }


def _had_nul(table: Table) -> pl.Series:
    """Rows whose text had NULs; a row may take several lines."""
    lines = pl.Series(table.nul_lines, dtype=pl.Int64)
    rows = table.frame[LINE].search_sorted(lines, side="right").cast(pl.Int64) - 1
    return pl.int_range(table.frame.height, eager=True).is_in(rows.implode()).alias("_nul")


def _energy(frame: pl.DataFrame, roles: Roles) -> pl.Series:
    q = roles.energy
    value = energy_wh(frame[q.column], q.style, q.unit)
    return value - energy_wh(frame[q.minus], q.style, q.unit) if q.minus else value


def _labels(frame: pl.DataFrame, roles: Roles, driver_name: Callable[[str], str]) -> dict[str, pl.Series]:
    """The plain text roles; the driver only under another name."""
    out = {role: _text(frame, roles, role) for role in _LABELS}
    names = out["driver"].drop_nulls().unique().to_list()
    if names:
        hidden = [driver_name(n) for n in names]
        out["driver"] = out["driver"].replace_strict(names, hidden, default=None, return_dtype=pl.String)
    return out


def _text(frame: pl.DataFrame, roles: Roles, role: str) -> pl.Series:
    if role not in roles.others:
        return pl.Series(role, [None], dtype=pl.String).new_from_index(0, frame.height)
    text = frame[roles.others[role]]
    # Ids that went through a spreadsheet or pandas come back as `51519.0`.
    return text.str.replace(r"^(\d+)\.0$", "${1}") if role != "site" and text.str.ends_with(".0").any() else text


def _repaired(rows: pl.DataFrame) -> pl.Series:
    """Kinds of repair per row, as a list of words: looked up by the combination of flags."""
    bits = (pl.col(flag).cast(pl.UInt32) * 2**i for i, flag in enumerate(REPAIRS))
    code = rows.select(pl.sum_horizontal(*bits)).to_series()
    kinds = list(REPAIRS.values())
    lists = [[kind for i, kind in enumerate(kinds) if mask >> i & 1] for mask in range(2 ** len(kinds))]
    return pl.Series("repaired", lists, dtype=pl.List(pl.String)).gather(code)

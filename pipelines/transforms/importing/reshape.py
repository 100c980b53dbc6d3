"""Tables turned into the shape that the readers expect: ranges in one cell, hours or places side by side."""

from __future__ import annotations

import re
from dataclasses import replace

import polars as pl

from pipelines.transforms.importing.numerals import present
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table

_SAMPLE = 200
_RANGE = r"^(.*?\d{1,2}[:.h]\d{2}.*?)\s+(?:-|–|—|to|bis)\s+(.*\d.*)$"
_HOURS = r"^(\d{1,2})(?::00)?\s?[-–]\s?(\d{1,2})(?::00)?$"


def split_ranges(table: Table) -> Table:
    """`01.01.2023 00:00 - 01.01.2023 01:00` in one cell becomes two columns, `… from` and `… to`; `00-01` likewise."""
    for column in [c for c in table.clean.columns if c not in (EXTRA, ROW, LINE)]:
        known = table.clean[column].drop_nulls().head(_SAMPLE)
        for pattern, clock in ((_RANGE, False), (_HOURS, True)):
            if known.len() and known.str.contains(pattern).mean() >= 0.9:  # type: ignore[operator]
                table = _split(table, column, pattern, clock)
                break
    return table


def _split(table: Table, column: str, pattern: str, clock: bool) -> Table:
    texts = table.clean[column]
    parts = [texts.str.extract(pattern, i).str.strip_chars() for i in (1, 2)]
    if clock:
        parts = [p + ":00" for p in parts]
    at, name = f"c{len(table.names)}", table.column(column)
    clean = table.clean.with_columns(parts[0].alias(column), parts[1].alias(at))
    frame = table.frame.with_columns(pl.Series(at, parts[1], dtype=pl.String))
    names = [f"{n} from" if f"c{i}" == column else n for i, n in enumerate(table.names)]
    return replace(table, frame=frame, clean=clean, names=[*names, f"{name} to"])


def melt(table: Table, columns: list[str], name: str, value: str) -> Table:
    """The headers of `columns` become values of a new column `name`, their cells those of a new column `value`.

    Rows keep their number and line: one row of the file is then several rows of the table, one for each cell.
    """
    keep = [c for c in table.clean.columns if c not in columns]
    at = len(table.names)
    long = table.clean.unpivot(columns, index=keep, variable_name=f"c{at}", value_name=f"c{at + 1}")
    headers = {c: table.column(c) for c in columns}
    texts = long[f"c{at}"].replace_strict(list(headers), list(headers.values()), return_dtype=pl.String)
    order = {c: i for i, c in enumerate(columns)}
    rank = long[f"c{at}"].replace_strict(list(order), list(order.values()), return_dtype=pl.Int32)
    long = long.with_columns(texts, rank.alias("_rank")).sort(ROW, "_rank").drop("_rank")
    blank = [pl.Series(c, [None], dtype=pl.String).new_from_index(0, long.height) for c in columns]
    long = long.with_columns(blank)
    return replace(table, frame=long, clean=present(long), names=[*table.names, name, value])


def melted(table: Table) -> list[str]:
    """Columns that a melt emptied."""
    return [
        c for c in table.clean.columns if re.fullmatch(r"c\d+", c) and table.clean[c].null_count() == len(table.clean)
    ]

"""The lines that the figures of a report are made of: one CSV of whole numbers, every line its own product.

Wh × mg/kWh and ml × mg/l both give µg, so `ug` is `quantity × factor_value` to the last digit; nothing is rounded
before a figure.
"""

import csv
import io
from collections.abc import Iterable, Mapping
from typing import Any

Line = dict[str, Any]
TEXTS = (
    "kind",  # emission | energy | avoided | credit
    "period",  # YYYY-MM, of the local day
    "site",
    "scope",  # 1 | 2 | 3
    "category",  # of Scope 3, with its activity: 3A … 3D
    "method",  # location | market | both: in which of the two totals the line counts
    "activity",  # electricity, or the fuel
    "energy_source",  # of lines of kind energy: fossil | nuclear | renewable | unknown
    "instrument",  # of market-based lines: certificate | contract | supplier | residual | average
    "unit",
    "factor",
    "factor_unit",
    "resolution",  # hourly | yearly
    "hour",  # of hourly lines: its beginning in UTC
    "evidence",
)
NUMBERS = ("quantity", "factor_value", "ug")
COLUMNS = ("line", *TEXTS, *NUMBERS)
_RISKY = tuple("=+-@\t\r")


class Unreadable(ValueError):
    """The CSV is no table of lines."""


def table(lines: Iterable[Line]) -> bytes:
    """The lines as CSV, numbered from 1. Text that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for number, line in enumerate(lines, start=1):
        writer.writerow([number, *(cell(line.get(name)) for name in COLUMNS[1:])])
    return out.getvalue().encode()


def read(content: bytes) -> list[Line]:
    """The lines of a CSV. Unreadable names what does not fit."""
    rows = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise Unreadable(f"columns are missing: {', '.join(missing)}")
    return [_line(row, number) for number, row in enumerate(rows, start=1)]


def wrong_products(lines: Iterable[Line]) -> list[int]:
    """Numbers of the lines whose emission is not their quantity times their factor."""
    return [
        number
        for number, line in enumerate(lines, start=1)
        if line["factor_value"] is not None and line["ug"] != line["quantity"] * line["factor_value"]
    ]


def _line(row: Mapping[str, str | None], number: int) -> Line:
    try:
        numbers = {name: int(row[name] or 0) if row[name] else None for name in NUMBERS}
    except ValueError as error:
        raise Unreadable(f"line {number}: {error}") from error
    return {name: text(row[name] or "") for name in TEXTS} | numbers


def text(said: str) -> str:
    """What a cell of ours says."""
    return said[1:] if said[:1] == "'" and said[1:2] in _RISKY else said


def cell(value: Any) -> Any:
    """A value for a CSV that people open with a spreadsheet."""
    if isinstance(value, str) and value[:1] in _RISKY and value:
        return "'" + value
    return "" if value is None else value

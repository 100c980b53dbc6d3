"""The first sheet with rows of an XLSX workbook, as a table of strings. Dates arrive as spreadsheet day numbers."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import present
from pipelines.transforms.importing.table import EXTRA, LINE, ROW, Table

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# A small file may unpack to a huge one: what no session list needs is refused before it is read.
LARGEST_BYTES = 1_000_000_000


def read_xlsx(data: bytes) -> Table:
    """Read the largest sheet. Raises NotUnderstood when the workbook is damaged, protected or empty."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            sheets = [n for n in book.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", n)]
            if not sheets or sum(i.file_size for i in book.infolist()) > LARGEST_BYTES:
                raise NotUnderstood("The workbook has no readable sheet.", ["xlsx: no sheets, or far too large"])
            strings = _strings(book)
            largest = max(sheets, key=lambda n: book.getinfo(n).file_size)
            rows = list(_rows(book.read(largest), strings))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError) as error:
        raise NotUnderstood(f"The workbook is damaged: {error}.", [f"xlsx: {error}"]) from error
    return _table(rows)


def _parse(xml: bytes) -> ElementTree.Element:
    """Workbooks never declare entities; a file that does is an attack on the parser."""
    if b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise NotUnderstood("The workbook declares XML entities.", ["xlsx: refused for safety"])
    return ElementTree.fromstring(xml)  # noqa: S314 - documents that declare entities are refused above


def _strings(book: zipfile.ZipFile) -> list[str]:
    if "xl/sharedStrings.xml" not in book.namelist():
        return []
    return ["".join(t.text or "" for t in item.iter(f"{_NS}t")) for item in _parse(book.read("xl/sharedStrings.xml"))]


def _rows(xml: bytes, strings: list[str]) -> Iterator[tuple[int, dict[int, str]]]:
    for at, row in enumerate(_parse(xml).iter(f"{_NS}row"), start=1):
        cells = {}
        for i, cell in enumerate(row):
            value = _cell(cell, strings)
            if value:
                cells[_column(cell.get("r"), i)] = value
        if cells:
            yield int(row.get("r") or at), cells


def _column(reference: str | None, position: int) -> int:
    letters = re.match(r"[A-Z]+", reference or "")
    if letters is None:
        return position
    number = 0
    for letter in letters.group():
        number = number * 26 + ord(letter) - 64
    return number - 1


def _cell(cell: ElementTree.Element, strings: list[str]) -> str | None:
    if cell.get("t") == "inlineStr":
        return "".join(t.text or "" for t in cell.iter(f"{_NS}t"))
    value = cell.findtext(f"{_NS}v")
    return strings[int(value)] if value is not None and cell.get("t") == "s" else value


def _table(rows: list[tuple[int, dict[int, str]]]) -> Table:
    """The header is the first row as wide as most rows: titles above it are narrower."""
    if len(rows) < 2:
        raise NotUnderstood("The sheet has no rows.", ["xlsx: fewer than two rows"])
    widths = sorted(len(cells) for _, cells in rows[1:])
    usual = widths[len(widths) // 2]
    start = next((i for i, (_, cells) in enumerate(rows) if len(cells) >= usual * 0.8), 0)
    header = rows[start][1]
    below = rows[start + 1 :]
    if not below:
        raise NotUnderstood("The sheet has a header and no rows.", ["xlsx: no rows below the header"])
    columns = {f"c{i}": [cells.get(c) for _, cells in below] for i, c in enumerate(sorted(header))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String)).with_columns(
        pl.lit(None, pl.String).alias(EXTRA), pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias(ROW),
        pl.Series(LINE, [line for line, _ in below], dtype=pl.Int64),
    )  # fmt: skip
    return Table(frame, present(frame), [header[c] for c in sorted(header)], "xlsx", header_line=rows[start][0])

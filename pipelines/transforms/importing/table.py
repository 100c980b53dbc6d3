"""From text to a frame of strings: delimiter, preamble, header and ragged rows are found from the data."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import present
from pipelines.transforms.importing.source import SAMPLE_BYTES, Text

DELIMITERS = (",", ";", "\t", "|", "^", "~")
EXTRA = "_extra"
ROW = "_row"
LINE = "_line"
MOST_LOOSE_QUOTES = 20
_VALUE = re.compile(r"^[-+]?[\d.,:/\s]*\d[\d.,:/\sT+Z-]*$")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows as strings in columns `c0`, `c1` …, with `_row` (1 for the first data row) and `_line` (line of the file).

    `clean` is the same with texts trimmed and words for 'nothing' as null. `names` are the headers as written; `_extra`
    holds what a row had beyond the header's columns, or null. `nul_lines`: lines that NULs were taken out of.
    """

    frame: pl.DataFrame
    clean: pl.DataFrame
    names: list[str]
    kind: str
    delimiter: str | None = None
    header_line: int | None = None
    notes: list[str] = field(default_factory=list)
    nul_lines: tuple[int, ...] = ()

    def column(self, name: str) -> str:
        """Header as written of a frame column."""
        return self.names[int(name[1:])]


@dataclass(frozen=True, slots=True)
class Dialect:
    """Where the table begins in the text and what separates its fields."""

    delimiter: str
    skip_lines: int
    header: list[str] | None
    width: int


def read_delimited(text: Text) -> Table:
    """Read delimited text. Raises NotUnderstood when no delimiter gives a regular table."""
    dialect = sniff(text.data)
    names = dialect.header or [f"column {i + 1}" for i in range(dialect.width)]
    while len(names) > 2 and not names[-1].strip() and dialect.header:
        names = names[:-1]
    frame = _balanced(text.data, dialect, len(dialect.header or names))
    spare = [f"c{i}" for i in range(len(names), len(dialect.header or names))]
    frame = frame.with_columns(pl.coalesce(EXTRA, *spare).alias(EXTRA)).drop(spare) if spare else frame
    blank = pl.all_horizontal(pl.col(f"c{i}").is_null() for i in range(len(names)))
    frame = frame.filter(~blank).with_row_index(ROW, offset=1).with_columns(pl.col(ROW).cast(pl.Int64))
    if frame.is_empty():
        raise NotUnderstood("The file has a header and no rows.", [f"header: {', '.join(names)}"])
    line = dialect.skip_lines if dialect.header else None
    return Table(frame, present(frame), names, "delimited", dialect.delimiter, line)


def sniff(data: bytes) -> Dialect:
    """Find the delimiter by the regularity of the field counts, then the header as the first regular row."""
    sample = _whole_lines(data)
    if not sample.strip():
        raise NotUnderstood("The file is empty.", ["size: no text"])
    ranked = sorted(((_regularity(sample, d), d) for d in DELIMITERS), reverse=True)
    (share, width, _), delimiter = ranked[0]
    if width < 2 or share < 0.5:
        raise NotUnderstood("No delimiter makes a table of this text.", [_tried(d, s) for s, d in ranked])
    return _with_header(sample, delimiter, width)


def _whole_lines(data: bytes) -> str:
    cut = len(data) if len(data) <= SAMPLE_BYTES else data.rfind(b"\n", 0, SAMPLE_BYTES) + 1 or SAMPLE_BYTES
    return data[:cut].decode("utf-8", "replace")


def _tried(delimiter: str, score: tuple[float, int, float]) -> str:
    return f"delimiter {delimiter!r}: {score[1]} fields in {score[0]:.0%} of the rows"


def _records(sample: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """(lines before it, fields) of the first rows. Rows cut inside a quoted field at the sample's end are left out."""
    reader = csv.reader(io.StringIO(sample), delimiter=delimiter)
    found, before = [], 0
    try:
        for fields in reader:
            found.append((before, fields))
            before = reader.line_num
            if len(found) >= 1000:
                break
    except csv.Error:
        pass
    return found


def _counts(fields: list[str]) -> bool:
    """Blank lines and comments say nothing about the table."""
    return any(f.strip() for f in fields) and not fields[0].lstrip().startswith("#")


def _regularity(sample: str, delimiter: str) -> tuple[float, int, float]:
    """(share of rows with the commonest width, that width, tie break): a wide regular table wins over a narrow one."""
    widths = Counter(len(fields) for _, fields in _records(sample, delimiter) if _counts(fields))
    wide = {w: n for w, n in widths.items() if w > 1}
    if not wide:
        return 0.0, 1, 0.0
    width, rows = max(wide.items(), key=lambda item: (item[1], item[0]))
    share = rows / sum(widths.values())
    return (round(share, 1), width, share)


def _with_header(sample: str, delimiter: str, width: int) -> Dialect:
    records = [(at, fields) for at, fields in _records(sample, delimiter) if any(f.strip() for f in fields)]
    last = max(
        (i for i, (_, fields) in enumerate(records) if not _counts(fields) and len(fields) == width), default=None
    )
    records = [r for i, r in enumerate(records) if _counts(r[1]) or i == last]
    rows = (i for i, (_, fields) in enumerate(records) if len(fields) >= width - 1 and _filled(fields) >= 2)
    start = next(rows, None)
    if start is None:
        raise NotUnderstood("The table has no row with two values.", [f"delimiter {delimiter!r}: only empty fields"])
    at, first = records[start]
    if len(first) < width and start + 1 < len(records) and not _like_header(first):
        start += 1
        at, first = records[start]
    if not _like_header(first):
        return Dialect(delimiter, at, None, max(width, len(first)))
    header = [h.strip().strip("\ufeff#").strip() for h in first]
    header += [""] * (width - len(header))
    following = records[start + 1][0] if start + 1 < len(records) else at + 1
    return Dialect(delimiter, following, header, len(header))


def _filled(fields: list[str]) -> int:
    return sum(1 for f in fields if f.strip())


def _like_header(fields: list[str]) -> bool:
    """A header is names: hardly any cell is a number or a date."""
    cells = [f.strip() for f in fields if f.strip()]
    return bool(cells) and sum(1 for c in cells if _VALUE.match(c)) <= len(cells) * 0.25


def _balanced(data: bytes, dialect: Dialect, width: int) -> pl.DataFrame:
    """The rows, numbered. A quote that is never closed would swallow the rows after it: such a quote is taken out."""
    for _ in range(MOST_LOOSE_QUOTES):
        frame = _numbered(_frame(data, dialect, width), data, dialect)
        line = _swallowing(frame, data, dialect, width)
        if line is None:
            return frame
        lines = data.split(b"\n")
        lines[line - 1] = lines[line - 1].replace(b'"', b"")
        data = b"\n".join(lines)
    raise NotUnderstood(
        "Too many quotes are opened and never closed.", [f"quotes: more than {MOST_LOOSE_QUOTES} loose ones"]
    )


def _swallowing(frame: pl.DataFrame, data: bytes, dialect: Dialect, width: int) -> int | None:
    """Line of the first row with a field that holds whole rows, or None."""
    if _line_count(data) == frame.height + dialect.skip_lines:
        return None
    field = rf"[^\n{re.escape(dialect.delimiter)}]*{re.escape(dialect.delimiter)}"
    texts = [c for c in frame.columns if frame.schema[c] == pl.String]
    hit = frame.filter(pl.any_horizontal(pl.col(c).str.contains(rf"\n(?:{field}){{{width - 1}}}") for c in texts))
    return int(hit[LINE][0]) if hit.height else None


def _line_count(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _frame(data: bytes, dialect: Dialect, width: int) -> pl.DataFrame:
    schema = {f"c{i}": pl.String for i in range(width)} | {EXTRA: pl.String}
    try:
        return pl.read_csv(
            data,
            has_header=False,
            skip_lines=dialect.skip_lines,
            separator=dialect.delimiter,
            schema=schema,
            infer_schema=False,
            truncate_ragged_lines=True,
            missing_columns="insert",
            extra_columns="ignore",
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame(schema=schema)
    except pl.exceptions.ComputeError:
        return _slow_frame(data, dialect, width)


def _slow_frame(data: bytes, dialect: Dialect, width: int) -> pl.DataFrame:
    """The standard library's reader is lenient with stray quotes where Polars refuses the file."""
    lines = io.StringIO(data.decode())
    for _ in range(dialect.skip_lines):
        lines.readline()
    rows = (
        [f or None for f in r[:width]] + [None] * (width - len(r)) + ["".join(r[width:]) or None]
        for r in csv.reader(lines, delimiter=dialect.delimiter)
    )
    names = [f"c{i}" for i in range(width)] + [EXTRA]
    try:
        return pl.DataFrame(list(rows), schema=dict.fromkeys(names, pl.String), orient="row")
    except csv.Error as error:
        raise NotUnderstood(f"The table is damaged: {error}.", [f"delimiter {dialect.delimiter!r}: {error}"]) from error


def _numbered(frame: pl.DataFrame, data: bytes, dialect: Dialect) -> pl.DataFrame:
    """Line of the file on which each row begins; rows with quoted newlines take several lines."""
    first = dialect.skip_lines + 1
    plain = _line_count(data) == frame.height + dialect.skip_lines
    breaks: pl.Expr = pl.lit(0, dtype=pl.Int64)
    if not plain:
        texts = [c for c in frame.columns if c != EXTRA]
        breaks = pl.sum_horizontal(pl.col(c).str.count_matches("\n", literal=True).fill_null(0) for c in texts).cast(
            pl.Int64
        )
    step = (breaks + 1).cum_sum().shift(1, fill_value=0) if not plain else pl.int_range(pl.len(), dtype=pl.Int64)
    return frame.with_columns((step + first).alias(LINE))

"""What each column holds, measured on a sample of its values."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.moments import clock_ms, parse_moments, span_seconds
from pipelines.transforms.importing.numerals import NumberStyle, canonical, decisive_comma, style_of
from pipelines.transforms.importing.table import Table
from pipelines.transforms.importing.words import header_score

SAMPLE_ROWS = 2000
MOST = 0.6


@dataclass(frozen=True, slots=True)
class Profile:
    """One column of the sample. `kind` is moment, date, time, number, text or empty; `filled` the share of values."""

    column: str
    name: str
    kind: str
    filled: float
    distinct: float
    style: NumberStyle
    values: pl.Series
    spans: bool = False
    hint_comma: int = 0


def sample_of(table: Table) -> pl.DataFrame:
    """The first rows and as many spread over the file, in file order."""
    frame = table.clean
    if frame.height <= SAMPLE_ROWS:
        return frame
    half = SAMPLE_ROWS // 2
    step = max(1, (frame.height - half) // half)
    return pl.concat([frame.head(half), frame.slice(half).gather_every(step).head(half)])


def profiles(table: Table) -> list[Profile]:
    """A profile for each column of the table."""
    sample = sample_of(table)
    return [_profile(f"c{i}", name, sample[f"c{i}"]) for i, name in enumerate(table.names)]


def file_comma(found: list[Profile]) -> str | None:
    """The decimal mark the file's columns agree on, where they say."""
    votes = sum(p.hint_comma for p in found)
    return "," if votes > 0 else "." if votes < 0 else None


def _profile(column: str, name: str, texts: pl.Series) -> Profile:
    values, known = texts, texts.drop_nulls()
    if known.is_empty():
        return Profile(column, name, "empty", 0.0, 0.0, NumberStyle(), values)
    style = style_of(known)
    kind = _kind(name, known, style)
    spans = kind in ("text", "time") and _share(span_seconds(known).is_not_null()) >= MOST
    comma = decisive_comma(known) if kind == "number" else 0
    return Profile(
        column, name, kind, known.len() / values.len(), known.n_unique() / known.len(), style, values, spans, comma
    )


def _kind(name: str, known: pl.Series, style: NumberStyle) -> str:
    number = _share(canonical(known, style).cast(pl.Decimal(38, 15), strict=False).is_not_null())
    named = max(header_score(role, name) for role in ("start", "end", "charging_end", "requested_departure"))
    if number < MOST or named >= 1:
        moments = parse_moments(known, numeric=number < MOST or named >= 1)
        # A column that is named for it may hold many faulty dates; another one may not.
        if _share(moments["y"].is_between(1970, 2100) | (moments["y"] < 100)) >= (0.3 if named >= 3 else MOST):
            return _date_or_moment(moments)
        if _share(clock_ms(known).is_not_null()) >= MOST and number < MOST:
            return "time"
    if number >= MOST:
        return "moment" if _epochs(known) else "number"
    return "text"


def _epochs(known: pl.Series) -> bool:
    """Numbers under a silent header are times only when nearly all are recent seconds or milliseconds since 1970."""
    long = known.filter(known.str.contains(r"^\d{10}(?:\d{3})?$"))
    if long.len() < known.len() * 0.95 or long.n_unique() < known.len() * 0.2:
        return False
    moments = parse_moments(long)
    return moments.height > 0 and _share(moments["y"].is_between(2005, 2040)) >= 0.95


def _date_or_moment(moments: pl.DataFrame) -> str:
    clock = moments.filter(pl.col("y").is_not_null())["ms"]
    return "date" if _share(clock.fill_null(0) == 0) >= 0.98 else "moment"


def _share(flags: pl.Series) -> float:
    return float(flags.fill_null(False).mean() or 0.0)  # type: ignore[arg-type]

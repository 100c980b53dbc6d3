"""Start and length of the sampled sessions, under a proposed layout: what the choice of roles is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from pipelines.transforms.importing.dateorder import DateOrder, Hints, decide, to_days
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.moments import DAY_MS, clock_ms, parse_moments, span_seconds
from pipelines.transforms.importing.numerals import whole

if TYPE_CHECKING:
    from pipelines.transforms.importing.profile import Profile
    from pipelines.transforms.importing.shapes import Quantity, TimeSource

SECONDS = {"ms": (1, 1000), "s": (1, 1), "min": (60, 1), "h": (3600, 1)}


def moments_of(texts: pl.Series, clock: pl.Series | None) -> pl.DataFrame:
    """Moments of a column, with the time of day taken from `clock` where the time stands in a column of its own."""
    moments = parse_moments(texts)
    if clock is None:
        return moments
    return moments.with_columns(clock_ms(clock).alias("ms"))


def local_ms(moments: pl.DataFrame, order: DateOrder) -> pl.Series:
    """Milliseconds since 1970 of the local time as written; null where the date or the time is missing."""
    days = to_days(moments, order)["day"].cast(pl.Int64)
    return days * DAY_MS + moments["ms"]


def roll_over(start: pl.Series, end: pl.Series) -> pl.Series:
    """An end that has only a time of day belongs to the next day when it would come before the start."""
    frame = pl.DataFrame({"s": start, "e": end})
    return frame.select(pl.when(pl.col("e") < pl.col("s")).then(pl.col("e") + DAY_MS).otherwise("e")).to_series()


def length_seconds(texts: pl.Series, quantity: Quantity, unit: str | None = None) -> pl.Series:
    """Seconds (Int64, half-even) of a duration column, written as a span or as a number of `quantity.unit`."""
    if quantity.spans:
        return span_seconds(texts)
    factor, divisor = SECONDS[unit or quantity.unit]
    return whole(texts, quantity.style, factor) // divisor


def sample_hours(
    found: list[Profile], start: TimeSource, end: TimeSource | None, duration: Quantity | None, hints: Hints
) -> pl.Series:
    """Length in hours of each sampled session (Float64, only for judging); null where it cannot be read."""
    values = {p.column: p.values for p in found}
    if end is None and duration is not None:
        return _duration_hours(values[duration.column], duration)
    assert end is not None
    begin = moments_of(values[start.column], values[start.clock] if start.clock else None)
    finish = moments_of(values[end.column], values[end.clock] if end.clock else None)
    try:
        order = decide(begin, finish, hints)
    except NotUnderstood:
        order = DateOrder(True, False, "undecided", False)
    a, b = local_ms(begin, order), local_ms(finish, order)
    b = b if end.own_date else roll_over(a, b)
    offsets = (begin["off"].fill_null(0) - finish["off"].fill_null(0)).cast(pl.Int64) * 60_000
    return (b - a + offsets) / 3_600_000


def _duration_hours(texts: pl.Series, quantity: Quantity) -> pl.Series:
    unit = "h" if quantity.unit == "?" else quantity.unit
    seconds = length_seconds(texts, quantity, unit) if quantity.spans else whole(texts, quantity.style, 1000)
    if quantity.spans:
        return seconds / 3600
    return seconds / 1000 * SECONDS[unit][0] / SECONDS[unit][1] / 3600

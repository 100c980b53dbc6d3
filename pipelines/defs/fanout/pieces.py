"""How a range of days is cut: a day with telemetry is a piece, a large one a piece for each shard of tenants."""

import os
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import NamedTuple
from zlib import crc32

import polars as pl

from pipelines.marts._table import Table, collect
from pipelines.resources.lake import Lake
from pipelines.resources.staged import Piece

_ONE = timedelta(days=1)
PIECE_ROWS = 2_000_000


class Weights(NamedTuple):
    """Rows of the input by day: of telemetry, which is made day by day, and of others, whose days may go together.

    `table` holds the telemetry: its tenants make the shards of a day that is too large for one piece. None where a day
    cannot be cut.
    """

    telemetry: Mapping[date, int]
    others: Mapping[date, int]
    table: Table | None = None


def piece_rows() -> int:
    """Rows of input that one piece may hold: `WATTLANE_PIECE_ROWS`, else two million (some 600 MB at work)."""
    return int(os.environ.get("WATTLANE_PIECE_ROWS", PIECE_ROWS))


def cut(weights: Weights, first: date, last: date, most: int) -> list[Piece]:
    """Pieces that cover first..last, each day once for each tenant."""
    pieces: list[Piece] = []
    for begin, end in _spans(weights, first, last, most):
        large = weights.telemetry.get(begin, 0) > most
        pieces += _shards(weights.table, begin, most) if weights.table and large else [Piece(begin, end)]
    return pieces


def _spans(weights: Weights, first: date, last: date, most: int) -> Iterator[tuple[date, date]]:
    """Days with telemetry alone; runs of others until they weigh too much."""
    begin, held = first, 0
    for day in (first + _ONE * n for n in range((last - first).days + 1)):
        alone, rows = day in weights.telemetry, weights.others.get(day, 0)
        if begin < day and (alone or held + rows > most):
            yield begin, day - _ONE
            begin, held = day, 0
        held += rows
        if alone:
            yield day, day
            begin, held = day + _ONE, 0
    if begin <= last:
        yield begin, last


def _shards(table: Table, day: date, most: int) -> list[Piece]:
    """A day in shards of about equal weight. The tenant decides the shard, whatever else the day holds."""
    counted = dict(collect(Lake().days(table, day, day).group_by("tenant").len()).drop_nulls().iter_rows())
    count = min(-(-sum(counted.values()) // most), len(counted))
    shards: list[list[str]] = [[] for _ in range(count)]
    for tenant in sorted(counted):
        shards[crc32(tenant.encode()) % count].append(tenant)
    return [Piece(day, day, tuple(names), f"{n}of{count}") for n, names in enumerate(shards) if names]


def total(weights: Weights) -> int:
    return sum(weights.telemetry.values()) + sum(weights.others.values())


def by_day(frame: pl.LazyFrame, column: str, first: date, last: date) -> dict[date, int]:
    """Rows of each day in a column of dates."""
    days = frame.select(day=pl.col(column)).filter(pl.col("day").is_between(first, last))
    return dict(collect(days.group_by("day").len()).iter_rows())

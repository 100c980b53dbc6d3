"""The time columns of a file as UTC instants: date order, zone columns, durations instead of ends."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from pipelines.transforms.importing.dateorder import DateOrder, to_days
from pipelines.transforms.importing.moments import DAY_MS
from pipelines.transforms.importing.shapes import Roles, TimeSource
from pipelines.transforms.importing.spans import length_seconds, local_ms, moments_of, roll_over
from pipelines.transforms.importing.zones import (
    Instants,
    instants,
    is_zone,
    offset_zone,
    without_offsets_of,
    zone_offsets,
)

UTC_MS = pl.Datetime("ms", "UTC")


@dataclass(frozen=True, slots=True)
class Moment:
    """A time column read: UTC instants, and per row which repair was made and whether text was there at all."""

    at: Instants
    century: pl.Series
    swapped: pl.Series
    written: pl.Series


@dataclass(frozen=True, slots=True)
class Clock:
    """How this file's times are read: one date order, one zone for times without their own."""

    frame: pl.DataFrame
    roles: Roles
    order: DateOrder
    zone: str

    @staticmethod
    def written(frame: pl.DataFrame, source: TimeSource) -> pl.DataFrame:
        """The source's dates and times taken apart, before the order of day and month is known."""
        return moments_of(frame[source.column], frame[source.clock] if source.clock else None)

    def read(self, source: TimeSource, moments: pl.DataFrame, floor: pl.Series | None = None) -> Moment:
        """UTC instants of a source. `floor`: local start in ms, for ends that have a time of day only."""
        days = to_days(moments, self.order)
        ms = days["day"].cast(pl.Int64) * DAY_MS + moments["ms"]
        if floor is not None and not source.own_date:
            ms = roll_over(floor, ms)
        there = self.frame[source.column].is_not_null()
        if source.clock:
            there = there & self.frame[source.clock].is_not_null()
        at = self._zoned(ms.cast(pl.Datetime("ms")), moments["off"], source, ending=floor is not None)
        return Moment(at, days["century"], days["swapped"], there)

    def _zoned(self, local: pl.Series, off: pl.Series, source: TimeSource, *, ending: bool) -> Instants:
        """A zone column says the zone row by row, as an abbreviation (`PDT`) or a name (`America/Los_Angeles`)."""
        zones = self.zone_column("end_zone") if ending and "end_zone" in self.roles.others else self.zone_column("zone")
        if zones is None:
            return instants(local, off, self._base(source))
        frame = pl.DataFrame({"o": off, "z": zone_offsets(zones)})
        named = [n for n in zones.unique().drop_nulls().to_list() if is_zone(n)]
        return instants(
            local, frame.select(pl.coalesce("o", "z")).to_series(), named[0] if len(named) == 1 else self.zone
        )

    def _base(self, source: TimeSource) -> str:
        return "UTC" if source.utc else self.zone

    def zone_column(self, role: str) -> pl.Series | None:
        """The texts of a zone column, or None where the file has none."""
        return self.frame[self.roles.others[role]] if role in self.roles.others else None

    def seconds(self) -> pl.Series | None:
        """The duration column in seconds, or None where the file has none."""
        duration = self.roles.duration
        return length_seconds(self.frame[duration.column], duration) if duration else None

    def zone_words(self, moments: pl.DataFrame, start: pl.Series) -> pl.Series:
        """The IANA zone of each row: the zone column's, the given one if it agrees, else the offset's."""
        offsets = without_offsets_of(self.zone, start, moments["off"])
        named = pl.Series([None], dtype=pl.String).new_from_index(0, moments.height)
        zones = self.zone_column("zone")
        if zones is not None:
            frame = pl.DataFrame({"o": offsets, "z": zone_offsets(zones), "n": zones})
            offsets = frame.select(pl.coalesce("o", "z")).to_series()
            good = [n for n in zones.unique().drop_nulls().to_list() if is_zone(n)]
            named = frame.select(pl.when(pl.col("n").is_in(good)).then("n")).to_series()
        known = offsets.unique().drop_nulls().to_list()
        words = named
        if known:
            places = [offset_zone(o) for o in known]
            words = offsets.replace_strict(known, places, default=None, return_dtype=pl.String)
        base = pl.lit(self._base(self.roles.start))
        return pl.DataFrame({"n": named, "w": words}).select(pl.coalesce("n", "w", base).alias("timezone")).to_series()


def end_of(clock: Clock, start: Moment, written: pl.DataFrame, written_end: pl.DataFrame | None) -> Moment:
    """The end as written, else start plus duration; the later reading where the earlier ends before the start."""
    end_source = clock.roles.end
    if end_source is None or written_end is None:
        return _by_length(clock, start)
    end = clock.read(end_source, written_end, local_ms(written, clock.order))
    three = pl.DataFrame({"s": start.at.early, "a": end.at.early, "b": end.at.late})
    late_first = pl.when(pl.col("a") >= pl.col("s")).then("a").otherwise("b")
    picked = three.select(late_first).to_series()
    return Moment(Instants(picked, end.at.late, end.at.twice, end.at.never), end.century, end.swapped, end.written)


def _by_length(clock: Clock, start: Moment) -> Moment:
    seconds, duration = clock.seconds(), clock.roles.duration
    if seconds is None or duration is None:
        raise ValueError("a layout has an end or a duration")
    end = (start.at.early + (seconds * 1000).cast(pl.Duration("ms"))).cast(UTC_MS)
    none = pl.repeat(False, clock.frame.height, dtype=pl.Boolean, eager=True)
    return Moment(Instants(end, end, none, none), none, none, clock.frame[duration.column].is_not_null())

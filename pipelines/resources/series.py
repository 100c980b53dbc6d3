"""Hourly carbon of the grid: the port that hourly factors come through, whoever measured them.

A `PointSource` knows points of any length (five minutes to a year); `Series.hourly` makes hours of them and says of
each hour how fine its figure is. An hour without a point is a gap: it gets the yearly factor and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

import polars as pl

from pipelines.resources import factors
from pipelines.resources.landing import landed

KINDS = ("location_average", "marginal", "residual")
_UTC = pl.Datetime("ms", "UTC")
POINTS = {
    "from_utc": _UTC, "to_utc": _UTC, "mg_per_kwh": pl.Int64(), "resolution_s": pl.Int64(), "source": pl.String(),
}  # fmt: skip
HOURLY = {
    "from_utc": _UTC, "to_utc": _UTC, "mg_per_kwh": pl.Int64(), "source": pl.String(), "resolution": pl.String(),
}  # fmt: skip
HOUR_S = 3600
# An hour is known when at least this much of it is: one lost five-minute reading does not throw away the other eleven.
ENOUGH_S = 2700
_COARSE = ((86_400, "daily"), (31 * 86_400, "monthly"))
FACTORS = "yearly factor of the platform"


class PointSource(Protocol):
    """Somebody who knows carbon figures. `first` and `last` are UTC days, both included."""

    def points(self, region: str, kind: str, first: date, last: date) -> pl.DataFrame:
        """Rows of POINTS that overlap the days; none where the region or kind is not known here."""
        ...


@dataclass(frozen=True)
class Series:
    """What several sources know together; the first that knows an instant wins among equally fine ones."""

    sources: Sequence[PointSource]

    def hourly(self, region: str, kind: str, first: date, last: date) -> pl.DataFrame:
        """One row of HOURLY for every hour of the UTC days first..last, both included.

        `mg_per_kwh`: mg CO2e per kWh, the mean over the hour, rounded half-even. `resolution`: `hourly` where a series
        covers the hour, else `daily`, `monthly` or `yearly`; null, with no figure, where nothing is known at all.
        """
        found = [source.points(region, kind, first, last) for source in self.sources]
        points = pl.concat([f.with_columns(rank=pl.lit(i)) for i, f in enumerate(found)]) if found else _none()
        hours = _hours(first, last).join(_fine(points), on="from_utc", how="left")
        return _filled(hours, points.filter(pl.col("resolution_s") > HOUR_S)).select(*HOURLY)


@dataclass(frozen=True)
class Landed:
    """Series that a tenant imported with `wattlane import carbon`."""

    tenant: str

    def points(self, region: str, kind: str, first: date, last: date) -> pl.DataFrame:
        start, end = _bounds(first, last)
        rows = landed("carbon").filter(
            (pl.col("tenant") == self.tenant) & (pl.col("region") == region) & (pl.col("kind") == kind)
        )
        near = ((pl.col("to_utc") > start) & (pl.col("from_utc") < end)) | (pl.col("resolution_s") > _COARSE[1][0])
        named = pl.coalesce("source", "source_file").alias("source")
        wanted = rows.filter(near).select(
            "from_utc", "to_utc", named, "resolution_s", mg_per_kwh=pl.col("mg_co2e_per_kwh")
        )
        return wanted.select(*POINTS).collect(engine="streaming")


@dataclass(frozen=True)
class YearlyFactors:
    """The platform's own table: one location-based average a country and year."""

    def points(self, region: str, kind: str, first: date, last: date) -> pl.DataFrame:
        if kind != "location_average":
            return pl.DataFrame(schema=POINTS)
        country = region.split("-", maxsplit=1)[0]
        rows = factors.table().filter((pl.col("kind") == "grid_location") & (pl.col("region") == country))
        start, end = (pl.col(c).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC") for c in ("valid_from", "valid_to"))
        seconds = (pl.col("valid_to") - pl.col("valid_from")).dt.total_seconds()
        return rows.select(
            start.alias("from_utc"), end.alias("to_utc"), "mg_per_kwh",
            seconds.alias("resolution_s"), (pl.lit(FACTORS + " ") + pl.col("factor")).alias("source"),
        ).cast(POINTS)  # type: ignore[arg-type]  # fmt: skip


def hourly(region: str, kind: str, first: date, last: date, *, tenant: str) -> pl.DataFrame:
    """`Series.hourly` of what the tenant imported, completed by the platform's yearly factors."""
    return of_tenant(tenant).hourly(region, kind, first, last)


def of_tenant(tenant: str) -> Series:
    """The series that a tenant has, finest first."""
    return Series((Landed(tenant), YearlyFactors()))


def known(tenant: str) -> pl.DataFrame:
    """What a tenant imported: region, kind, resolution_s, first and last instant, rows; for pages and for joins."""
    rows = landed("carbon").filter(pl.col("tenant") == tenant)
    spans = rows.group_by("region", "kind", "resolution_s").agg(
        first=pl.col("from_utc").min(), last=pl.col("to_utc").max(), rows=pl.len()
    )
    return spans.sort("region", "kind", "resolution_s").collect(engine="streaming")


def _bounds(first: date, last: date) -> tuple[datetime, datetime]:
    start = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return start, datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema=POINTS | {"rank": pl.Int32()})


def _hours(first: date, last: date) -> pl.DataFrame:
    start, end = _bounds(first, last)
    hours = pl.datetime_range(start, end, "1h", closed="left", time_unit="ms", time_zone="UTC", eager=True)
    return pl.DataFrame({"from_utc": hours}).with_columns(to_utc=pl.col("from_utc") + timedelta(hours=1))


def _fine(points: pl.DataFrame) -> pl.DataFrame:
    """Hours that points of an hour or less cover, from the finest covering source: the mean weighted by time."""
    short = points.filter(pl.col("resolution_s") <= HOUR_S)
    floor = pl.col("from_utc").dt.truncate("1h")
    parts = pl.concat([short.with_columns(hour=floor.dt.offset_by(by)) for by in ("0h", "1h")])
    begin = pl.max_horizontal("from_utc", "hour")
    end = pl.min_horizontal("to_utc", pl.col("hour") + timedelta(hours=1))
    parts = parts.with_columns(s=(end - begin).dt.total_seconds()).filter(pl.col("s") > 0)
    groups = parts.group_by("hour", "resolution_s", "rank", "source", maintain_order=True).agg(
        mg=(pl.col("mg_per_kwh") * pl.col("s")).sum(), s=pl.col("s").sum()
    )
    enough = groups.filter(pl.col("s").is_between(ENOUGH_S, HOUR_S)).sort("hour", "resolution_s", "rank", "source")
    best = enough.unique("hour", keep="first", maintain_order=True)
    return best.select("source", from_utc="hour", mg_per_kwh=_half_even(pl.col("mg"), pl.col("s")))


def _half_even(total: pl.Expr, parts: pl.Expr) -> pl.Expr:
    """total / parts as a whole number, exact."""
    floor = total // parts
    twice = (total - floor * parts) * 2
    return floor + ((twice > parts) | ((twice == parts) & (floor % 2 == 1))).cast(pl.Int64)


def _filled(hours: pl.DataFrame, coarse: pl.DataFrame) -> pl.DataFrame:
    """Gaps take the finest coarse figure of their time, else that of the nearest year: the latest before, else the
    earliest."""
    gaps = hours.filter(pl.col("mg_per_kwh").is_null()).select("from_utc")
    if gaps.is_empty() or coarse.is_empty():
        return hours.with_columns(resolution=pl.when(pl.col("mg_per_kwh").is_not_null()).then(pl.lit("hourly")))
    coarse = coarse.rename({"from_utc": "a", "to_utc": "b", "mg_per_kwh": "coarse_mg", "source": "coarse_source"})
    yearly = pl.col("resolution_s") > _COARSE[1][0]
    inside = (pl.col("a") <= pl.col("from_utc")) & (pl.col("from_utc") < pl.col("b"))
    later = pl.col("a") > pl.col("from_utc")
    far = (pl.col("a") - pl.col("from_utc")).abs()
    fits = gaps.join(coarse, how="cross").filter(inside | yearly)
    # Inside its own period first, the finer first; among other years those before, the nearest first.
    ranked = fits.sort("from_utc", ~inside, pl.when(inside).then("resolution_s").otherwise(0), later, far, "rank")
    best = ranked.unique("from_utc", keep="first", maintain_order=True)
    word = pl.lit("yearly")
    for most, name in reversed(_COARSE):
        word = pl.when(pl.col("resolution_s") <= most).then(pl.lit(name)).otherwise(word)
    best = best.select("from_utc", "coarse_mg", "coarse_source", word=word)
    joined = hours.join(best, on="from_utc", how="left")
    return joined.with_columns(
        resolution=pl.when(pl.col("mg_per_kwh").is_not_null()).then(pl.lit("hourly")).otherwise("word"),
        mg_per_kwh=pl.coalesce("mg_per_kwh", "coarse_mg"), source=pl.coalesce("source", "coarse_source"),
    )  # fmt: skip

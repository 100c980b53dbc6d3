"""Local times to UTC, with a stated rule for the hour that does not exist and the hour that exists twice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from pipelines.transforms.importing.moments import ZONE_OFFSETS

RULE = (
    "A local time that exists twice is read as the earlier one, unless the session would then end before it starts; "
    "a local time that does not exist is moved forward by the missing hour."
)
_UTC_MS = pl.Datetime("ms", "UTC")


@dataclass(frozen=True, slots=True)
class Instants:
    """UTC instants with, per row, whether the local time existed twice or not at all."""

    early: pl.Series
    late: pl.Series
    twice: pl.Series
    never: pl.Series


def is_zone(name: str) -> bool:
    """True for a name of the IANA time zone database."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def instants(local: pl.Series, offset_min: pl.Series, zone: str) -> Instants:
    """`local` (naive Datetime ms) to UTC: by its written offset where there is one, else by `zone`."""
    written = (local - (offset_min.cast(pl.Int64) * 60_000).cast(pl.Duration("ms"))).dt.replace_time_zone("UTC")
    if offset_min.null_count() == 0:
        none = pl.repeat(False, local.len(), dtype=pl.Boolean, eager=True)
        return Instants(written, written, none, none)
    frame = pl.DataFrame({"w": written, "l": pl.Series(local).cast(pl.Datetime("ms"))})
    early, late = (_localised(zone, which) for which in ("earliest", "latest"))
    out = frame.with_columns(e=early, t=late)
    never = out["e"].is_null() & out["l"].is_not_null() & out["w"].is_null()
    moved = _moved(out["l"].filter(never), zone)
    forward = pl.col("l").replace_strict(list(moved), list(moved.values()), default=None, return_dtype=_UTC_MS)
    out = out.with_columns(n=forward if moved else pl.lit(None, _UTC_MS))
    picked = out.select(a=pl.coalesce("w", "e", "n"), b=pl.coalesce("w", "t", "n"))
    return Instants(picked["a"], picked["b"], (picked["a"] != picked["b"]).fill_null(False), never)


def _localised(zone: str, which: str) -> pl.Expr:
    local = pl.when(pl.col("w").is_null()).then(pl.col("l"))
    zoned = local.dt.replace_time_zone(zone, ambiguous=which, non_existent="null")  # type: ignore[arg-type]
    return zoned.dt.convert_time_zone("UTC").cast(_UTC_MS)


def _moved(local: pl.Series, zone: str) -> dict[datetime, datetime]:
    """The offset from before the gap moves the clock forward by the gap's length."""
    tz = ZoneInfo(zone)
    return {t: t.replace(tzinfo=tz, fold=0).astimezone(UTC) for t in local.unique().to_list()}


def zone_offsets(names: pl.Series) -> pl.Series:
    """Minutes east of UTC of zone abbreviations such as `PDT`; null where the name is not one."""
    upper = names.str.strip_chars().str.to_uppercase()
    return upper.replace_strict(list(ZONE_OFFSETS), list(ZONE_OFFSETS.values()), default=None, return_dtype=pl.Int32)


_BETWEEN = {
    210: "Asia/Tehran",
    270: "Asia/Kabul",
    330: "Asia/Kolkata",
    345: "Asia/Kathmandu",
    390: "Asia/Yangon",
    570: "Australia/Darwin",
    -210: "America/St_Johns",
}


def offset_zone(minutes: int) -> str:
    """An IANA zone with this offset: `UTC`, `Etc/GMT+7` for seven hours west, a place for the offsets between."""
    if minutes % 60:
        return _BETWEEN.get(minutes, "UTC")
    hours = minutes // 60
    return "UTC" if hours == 0 else f"Etc/GMT{-hours:+d}"


def without_offsets_of(zone: str, start: pl.Series, offsets: pl.Series) -> pl.Series:
    """`offsets` as nulls when `zone` has every one of them at its instant: the zone then says more than the offset."""
    if zone == "UTC" or offsets.null_count() == offsets.len():
        return offsets
    local = start.dt.convert_time_zone(zone)
    own = (local.dt.base_utc_offset() + local.dt.dst_offset()).dt.total_minutes()
    agrees = (own == offsets) | offsets.is_null() | own.is_null()
    return offsets.clear().extend_constant(None, offsets.len()) if agrees.all() else offsets

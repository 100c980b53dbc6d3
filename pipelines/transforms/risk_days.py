"""Days of 24 hours counted back from a moment, so that a unit's last day is always a whole one."""

from datetime import datetime, timedelta

import polars as pl

from pipelines.transforms import usage
from pipelines.transforms.usage import Grid

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
_LAST_HOUR = DAY_MS - HOUR_MS


def whole_hour(moment: datetime) -> datetime:
    """The full hour at or after a moment."""
    floor = moment.replace(minute=0, second=0, microsecond=0)
    return floor if floor == moment else floor + timedelta(hours=1)


def day_of(column: str, as_of: datetime) -> pl.Expr:
    """Number of the day that holds an instant: -1 is the day that ends at `as_of`, 0 and more lie in the future."""
    return (_since(column, as_of) // DAY_MS).cast(pl.Int64)


def grid(sessions: pl.LazyFrame, troubles: pl.DataFrame, lost: pl.DataFrame, as_of: datetime) -> Grid:
    """What each unit did on each day before `as_of`. Nothing of `as_of` or later is looked at.

    `sessions`: unit, started_at, energy_wh, duration_s, ended_at. `troubles`: unit, at (faults and refusals).
    `lost`: unit, day (a date, UTC), missing. A session counts once it has ended; a date once it is over.
    """
    ended = sessions.filter(pl.col("ended_at") <= as_of).with_columns(day=day_of("started_at", as_of))
    days = usage.daily(ended).drop("trouble").collect(engine="streaming")
    failed = ended.filter(pl.col("energy_wh") == 0).select("unit", at="ended_at").collect(engine="streaming")
    told = _troubles(pl.concat([failed, troubles.select("unit", "at")], how="vertical_relaxed"), as_of)
    rows = pl.concat([days, told, _lost(lost, as_of)], how="diagonal").group_by("unit", "day").agg(pl.all().sum())
    first = days.group_by("unit").agg(begin=pl.col("day").min())
    known = rows.join(first, on="unit").filter(pl.col("day") >= pl.col("begin")).drop("begin")
    return usage.grid(known, last=-1)


def _troubles(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    before = rows.filter(pl.col("at") <= as_of).with_columns(
        day=day_of("at", as_of), late=(_since("at", as_of) % DAY_MS) >= _LAST_HOUR
    )
    counts = before.filter(pl.col("day") < 0).group_by("unit", "day")
    return counts.agg(trouble=pl.len().cast(pl.Float64), trouble_hour=pl.col("late").sum().cast(pl.Float64))


def _lost(rows: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    end = (pl.col("day").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC") + pl.duration(days=1)).alias("end")
    over = rows.select("unit", "missing", end).filter(pl.col("end") <= as_of)
    placed = over.with_columns(day=((_since("end", as_of) - 1) // DAY_MS).cast(pl.Int64))
    return placed.group_by("unit", "day").agg(lost=pl.col("missing").sum().cast(pl.Float64))


def _since(column: str, as_of: datetime) -> pl.Expr:
    """Milliseconds from `as_of` to an instant: negative for the past."""
    return pl.col(column).dt.timestamp("ms") - int(as_of.timestamp() * 1000)

"""Energy of chargers and areas by the hour, on one clock, up to the end of what is known."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

WEEKS = 26
MOST_UNITS = 1_000


@dataclass(frozen=True)
class Hours:
    """`wh[hour, unit]` of one source and level. `start`: beginning of the first hour; `zone`: of most of the units."""

    wh: npt.NDArray[np.float32]
    units: tuple[str, ...]
    start: datetime
    zone: str

    @property
    def local_start_s(self) -> int:
        """The first hour on the units' own clock; its offset is that of the end, so the newest hours are right."""
        end = self.start + timedelta(hours=self.wh.shape[0])
        offset = end.astimezone(ZoneInfo(self.zone)).utcoffset() or timedelta()
        return int((self.start.timestamp() + offset.total_seconds()) // 3600 * 3600)

    def at(self, hour: int) -> datetime:
        return self.start + timedelta(hours=hour)


def hourly(quarters: pl.DataFrame, unit: str, until: datetime) -> Hours | None:
    """Hours up to before `until` of a frame with `quarter`, `timezone`, `energy_wh` and the column `unit`.

    A unit that was silent in an hour took nothing then. None without any row. At most MOST_UNITS, those with most
    energy.
    """
    rows = quarters.filter(pl.col(unit).is_not_null() & (pl.col("quarter") < until))
    if not rows.height:
        return None
    most = rows.group_by(unit).agg(pl.col("energy_wh").sum()).sort("energy_wh", unit, descending=[True, False])
    units = most.head(MOST_UNITS)[unit].sort().to_list()
    hours = rows.filter(pl.col(unit).is_in(units)).with_columns(hour=pl.col("quarter").dt.truncate("1h"))
    sums = hours.group_by("hour", unit).agg(pl.col("energy_wh").sum())
    start = sums["hour"].min()
    assert isinstance(start, datetime)
    height = int((until - start).total_seconds() // 3600)
    wh = np.zeros((height, len(units)), dtype=np.float32)
    place = {name: at for at, name in enumerate(units)}
    at = ((sums["hour"] - start).dt.total_hours()).to_numpy()
    wh[at, [place[name] for name in sums[unit]]] = sums["energy_wh"].to_numpy()
    zone = rows["timezone"].drop_nulls().value_counts(sort=True)
    return Hours(wh, tuple(units), start, str(zone[0, "timezone"]) if zone.height else "UTC")


def end_of(quarters: pl.DataFrame, now: datetime | None) -> datetime | None:
    """Until when a source is known: `now` for what is live, else the end of its last hour. Whole hours."""
    newest = quarters["quarter"].max()
    if not isinstance(newest, datetime):
        return None
    last = newest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return last if now is None else now.replace(minute=0, second=0, microsecond=0)

"""What is known of a station `horizon` steps before a time, in units of the station's own spread."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipelines.learning.demand.grid import Cells, Grid, Index, at_rows

WEEKS, DAYS = 4, 7


@dataclass(frozen=True)
class Scale:
    """Centre and spread of each station, from the rows to learn from alone."""

    centre: Cells
    spread: Cells
    silent: Cells

    @classmethod
    def of(cls, values: Cells) -> "Scale":
        known = ~np.isnan(values)
        count = np.maximum(known.sum(axis=0), 1)
        held = np.where(known, values, 0.0).astype(np.float64)
        centre = held.sum(axis=0) / count
        spread = np.sqrt((np.where(known, held - centre, 0.0) ** 2).sum(axis=0) / count)
        typical = float(np.median(spread[spread > 0])) if (spread > 0).any() else 1.0
        # A station that hardly ever moved would blow up its own noise: its unit is a part of the usual one.
        spread = np.maximum(spread, 0.05 * typical)
        silent = (known & (values == 0)).sum(axis=0) / count
        return cls(centre.astype(np.float32), spread.astype(np.float32), silent.astype(np.float32))


class Features:
    """Columns for (time, station) pairs of one grid, seen `horizon` steps before."""

    def __init__(self, grid: Grid, scale: Scale, horizon: int) -> None:
        self.grid, self.scale, self.horizon = grid, scale, horizon
        self._z: Cells = (grid.filled - scale.centre) / scale.spread
        self._all: Cells = self._z.mean(axis=1, keepdims=True)
        self._sum = np.concatenate([np.zeros((1, self._z.shape[1])), np.cumsum(self._z, axis=0, dtype=np.float64)])
        self.names: tuple[str, ...] = ()

    def of(self, target: Index, keep: npt.NDArray[np.bool_] | None = None) -> Cells:
        """(pairs, columns) of all stations at each target, time first; only the pairs (times, stations) to `keep`."""
        columns = self._columns(target)
        self.names = tuple(columns)
        wide = [np.broadcast_to(c, (target.size, self._z.shape[1])) for c in columns.values()]
        flat = [c.reshape(-1) if keep is None else c[keep] for c in wide]
        return np.stack(flat, axis=1).astype(np.float32)

    def target(self, target: Index, keep: npt.NDArray[np.bool_]) -> Cells:
        """What came at these pairs, in the same units."""
        found: Cells = ((at_rows(self.grid.values, target) - self.scale.centre) / self.scale.spread)[keep]
        return found

    def unscaled(self, z: Cells) -> Cells:
        """(times × stations) flattened, in units of the stations, back to a table in its own units."""
        return z.reshape(-1, self._z.shape[1]) * self.scale.spread + self.scale.centre

    def _columns(self, target: Index) -> dict[str, Cells]:
        now = target - self.horizon
        recent = {f"lag_{k}": at_rows(self._z, now - k) for k in self._lags()}
        means = {f"mean_{w}": self._mean(now, w) for w in self._windows()}
        return recent | means | self._seasons(target, now) | self._crowd(target, now) | self._calendar(target)

    def _lags(self) -> list[int]:
        day = self.grid.per_day
        return sorted({0, 1, 2, 3, 5} | {k for k in (day // 4, day // 2, day) if k > 5})

    def _windows(self) -> list[int]:
        return sorted({3, max(4, self.grid.per_day), self.grid.per_week, 4 * self.grid.per_week})

    def _mean(self, now: Index, width: int) -> Cells:
        """Mean of the `width` steps up to `now`, of fewer at the beginning."""
        end = np.clip(now + 1, 1, self.grid.rows)
        start = np.maximum(end - width, 0)
        found: Cells = ((self._sum[end] - self._sum[start]) / (end - start)[:, None]).astype(np.float32)
        return found

    def _seasons(self, target: Index, now: Index) -> dict[str, Cells]:
        """Same time of earlier days and weeks, their means, and how far the station is off its week just now."""
        grid = self.grid
        day, week = grid.back(grid.per_day, self.horizon), grid.back(grid.per_week, self.horizon)
        weekly = self._season(target, week, grid.per_week, WEEKS)
        usual = self._season(now, grid.per_week, grid.per_week, WEEKS)
        off = at_rows(self._z, now) - usual
        before = at_rows(self._z, now - 1) - self._season(now - 1, grid.per_week, grid.per_week, WEEKS)
        found = {
            "yesterday": at_rows(self._z, target - day), "last_week": at_rows(self._z, target - week),
            "days": self._season(target, day, grid.per_day, DAYS), "weeks": weekly,
            "off_now": off, "off_before": before,
        }  # fmt: skip
        if grid.per_day > 1:
            found["week_before"] = at_rows(self._z, target - week - 1)
            found["week_after"] = at_rows(self._z, np.minimum(target - week + 1, now))
            found["day_before"] = at_rows(self._z, target - day - 1)
        return found

    def _season(self, at: Index, first: int, every: int, count: int) -> Cells:
        """Mean of the values `first`, `first + every` … before, as many as the table holds."""
        total = np.zeros((at.size, self._z.shape[1]), dtype=np.float32)
        seen = np.zeros((at.size, 1), dtype=np.float32)
        for k in range(count):
            rows = at - first - k * every
            there = (rows >= 0)[:, None]
            total += np.where(there, self._z[np.clip(rows, 0, self.grid.rows - 1)], 0)
            seen += there
        found: Cells = np.where(seen > 0, total / np.maximum(seen, 1), np.nan).astype(np.float32)
        return found

    def _crowd(self, target: Index, now: Index) -> dict[str, Cells]:
        """All stations together: the town's mood and its usual one at the target."""
        week = self.grid.back(self.grid.per_week, self.horizon)
        usual_now, usual_then = (at_rows(self._all, at) for at in (now - self.grid.per_week, target - week))
        mood = at_rows(self._all, now)
        return {"crowd": mood, "crowd_off": mood - usual_now, "crowd_then": usual_then}

    def _calendar(self, target: Index) -> dict[str, Cells]:
        angle = 2 * np.pi * self.grid.slot(target) / self.grid.per_day
        weekday = self.grid.weekday(target)
        columns: dict[str, npt.NDArray[np.float64]] = {
            "hour_sin": np.sin(angle), "hour_cos": np.cos(angle), "hour2_sin": np.sin(2 * angle),
            "hour2_cos": np.cos(2 * angle), "weekday": weekday.astype(float), "weekend": (weekday >= 5).astype(float),
        }  # fmt: skip
        found: dict[str, Cells] = {name: c.astype(np.float32)[:, None] for name, c in columns.items()}
        level = np.log1p(np.abs(self.scale.centre) / self.scale.spread)[None, :]
        return found | {"level": level, "silent": self.scale.silent[None, :]}

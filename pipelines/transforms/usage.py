"""What each unit did on each day, as arrays of (units, days): sessions come in, whatever their origin."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SHORT_WH, SHORT_S = 500, 300
# A network is taken as not observed on days when it should have had this many sessions and had none: far beyond
# chance, even where sessions come in bunches.
_CERTAIN = 60.0


@dataclass(frozen=True)
class Grid:
    """`values[name][unit, day]`; the day at index 0 has the number `first`. `observed[day]`: the data covers it."""

    units: list[str]
    first: int
    values: dict[str, Floats]
    observed: Flags

    @property
    def days(self) -> int:
        return int(self.observed.size)

    def until(self, day: int) -> "Grid":
        """The same units as somebody knew them at the end of day number `day`."""
        end = day - self.first + 1
        return Grid(self.units, self.first, {n: v[:, :end] for n, v in self.values.items()}, self.observed[:end])


def daily(sessions: pl.LazyFrame) -> pl.LazyFrame:
    """Per unit and day: `sessions`, of these `short` ones, and as `trouble` those without any energy.

    Needs columns unit, day (a number), energy_wh, duration_s. A short one moved less than 0.5 kWh or took under 5 min.
    """
    short = (pl.col("energy_wh") < SHORT_WH) | (pl.col("duration_s") < SHORT_S)
    return sessions.group_by("unit", "day").agg(
        sessions=pl.len().cast(pl.Float64),
        short=short.sum().cast(pl.Float64),
        trouble=(pl.col("energy_wh") == 0).sum().cast(pl.Float64),
    )


def grid(days: pl.DataFrame, *, last: int | None = None) -> Grid:
    """Rows of (unit, day, numbers…) as arrays from the first day to `last` (default: the last there is).

    A day without a row is zero. ValueError without rows.
    """
    if not days.height:
        raise ValueError("no days")
    units = days["unit"].unique().sort().to_list()
    first, end = int(days["day"].min()), int(days["day"].max() if last is None else last)  # type: ignore[arg-type]
    rows = days.filter(pl.col("day") <= end)
    place = rows["unit"].replace_strict(units, list(range(len(units))), return_dtype=pl.Int64).to_numpy()
    at = rows["day"].to_numpy() - first
    values: dict[str, Floats] = {}
    for name in (c for c in days.columns if c not in ("unit", "day")):
        values[name] = np.zeros((len(units), end - first + 1))
        values[name][place, at] = rows[name].fill_null(0).to_numpy()
    return Grid(units, first, values, observed(values["sessions"]))


def observed(sessions: Floats) -> Flags:
    """Days that the data covers. Where a whole network that is busy falls still at once, data is missing, not use."""
    total = sessions.sum(axis=0)
    usual = float(total[total > 0].mean()) if (total > 0).any() else 0.0
    still = run_so_far((total == 0)[None, :])[0]
    length = _whole_runs(still)
    covered: Flags = length * usual < _CERTAIN
    return covered


def run_so_far(empty: Flags) -> Floats:
    """At each day: how many days in a row, up to and with it, are `empty`."""
    steps = np.arange(1, empty.shape[1] + 1)
    last_full = np.maximum.accumulate(np.where(empty, 0, steps), axis=1)
    return np.asarray(steps - last_full, dtype=np.float64)


def _whole_runs(so_far: Floats) -> Floats:
    """At each day of a run: how long the run becomes in the end; 0 outside."""
    length = np.zeros_like(so_far)
    for at in range(so_far.size - 1, -1, -1):
        inside = at + 1 < so_far.size and so_far[at + 1] > so_far[at] > 0
        length[at] = length[at + 1] if inside else so_far[at]
    return length

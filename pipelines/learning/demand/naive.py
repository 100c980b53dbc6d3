"""The three forecasts that cost nothing: last value, same time yesterday, same time last week."""

from collections.abc import Callable

import numpy as np

from pipelines.learning.demand.grid import Cells, Grid, Index, at_rows

LAST, YESTERDAY, LAST_WEEK = "last value", "same hour yesterday", "same hour last week"


def last_value(grid: Grid, target: Index, horizon: int) -> Cells:
    return _shifted(grid, target, horizon, horizon)


def yesterday(grid: Grid, target: Index, horizon: int) -> Cells:
    """Same time of the last day that is wholly known."""
    return _shifted(grid, target, grid.back(grid.per_day, horizon), horizon)


def last_week(grid: Grid, target: Index, horizon: int) -> Cells:
    return _shifted(grid, target, grid.back(grid.per_week, horizon), horizon)


NAIVES: dict[str, Callable[[Grid, Index, int], Cells]] = {
    LAST: last_value, YESTERDAY: yesterday, LAST_WEEK: last_week,
}  # fmt: skip


def _shifted(grid: Grid, target: Index, lag: int, horizon: int) -> Cells:
    """Values `lag` before each target; where the table does not reach back so far, the last one known instead."""
    near = at_rows(grid.filled, np.maximum(target - horizon, 0))
    return np.where((target - lag < 0)[:, None], near, at_rows(grid.filled, target - lag))

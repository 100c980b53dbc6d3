"""When a charger falls silent: runs of empty days, whom the question can be asked of, and what came of it."""

import numpy as np

from pipelines.transforms.usage import Flags, Floats, Grid, run_so_far

SILENT_DAYS = 5
USED_WINDOW, USED_LATELY = 28, 2


def empty_days(grid: Grid) -> Flags:
    """Days without a session, from the first session of a unit on: before that it may not have been there."""
    used = grid.values["sessions"] > 0
    there = np.maximum.accumulate(used, axis=1)
    empty: Flags = ~used & there
    return empty


def begins(grid: Grid) -> Flags:
    """First days of runs of at least SILENT_DAYS empty days."""
    return _shifted(reached(grid), SILENT_DAYS - 1)


def reached(grid: Grid) -> Flags:
    """Days on which a run becomes SILENT_DAYS long: from then on it is known."""
    return np.asarray(run_so_far(empty_days(grid)) == SILENT_DAYS)


def in_use(grid: Grid) -> Flags:
    """Whom the question is asked of: at least one session a day over the last 28, and one in the last 2.

    Only where all those days are observed.
    """
    used, seen = grid.values["sessions"], grid.observed[None, :].astype(np.float64)
    covered = last(seen, USED_WINDOW) == USED_WINDOW
    return np.asarray((last(used, USED_WINDOW) >= USED_WINDOW) & (last(used, USED_LATELY) >= 1) & covered)


def falls_within(grid: Grid, horizon: int, event: Flags | None = None) -> Flags:
    """Whether an event (default: falling silent) begins on one of the `horizon` days after each day."""
    event = begins(grid) if event is None else event
    ahead = np.cumsum(event, axis=1)
    upto = np.concatenate([ahead[:, horizon:], np.repeat(ahead[:, -1:], min(horizon, grid.days), axis=1)], axis=1)
    return np.asarray(upto[:, : grid.days] > ahead)


def answered(grid: Grid, horizon: int) -> Flags:
    """Days whose answer the data holds: the horizon and the days that it takes to see a run are all observed."""
    need = horizon + SILENT_DAYS
    seen = np.cumsum(np.concatenate([[0], grid.observed]))
    ends = np.minimum(np.arange(grid.days) + need, grid.days - 1)
    whole = seen[ends + 1] - seen[np.arange(grid.days) + 1] == need
    return np.asarray(whole & (np.arange(grid.days) + need < grid.days))


def days_until(grid: Grid, event: Flags | None = None) -> Floats:
    """Days from each day to the next event after it; not a number where none comes."""
    event = begins(grid) if event is None else event
    at = np.where(event, np.arange(grid.days), np.inf)
    following = np.minimum.accumulate(at[:, ::-1], axis=1)[:, ::-1]
    later = np.concatenate([following[:, 1:], np.full((event.shape[0], 1), np.inf)], axis=1)
    gap = later - np.arange(grid.days)
    return np.where(np.isinf(gap), np.nan, gap)


def last(values: Floats, window: int) -> Floats:
    """Sum over the last `window` days with the day itself; over fewer where the data begins."""
    total = np.cumsum(np.pad(values, ((0, 0), (window, 0))), axis=1)
    return np.asarray(total[:, window:] - total[:, :-window], dtype=np.float64)


def _shifted(flags: Flags, days: int) -> Flags:
    """What is true on a day, told `days` earlier."""
    moved = np.zeros_like(flags)
    moved[:, : max(flags.shape[1] - days, 0)] = flags[:, days:]
    return moved

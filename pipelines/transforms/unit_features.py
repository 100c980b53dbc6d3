"""What a day's history says of each unit. Every column at a day uses that day and earlier ones only."""

from collections.abc import Callable

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from pipelines.transforms.silence import SILENT_DAYS, empty_days, last, reached
from pipelines.transforms.usage import Floats, Grid, run_so_far

MONTH, WEEK, QUARTER, YEAR = 28, 7, 120, 365
_LEAST = 0.1

Feature = Callable[[Grid], Floats]


def per_day(grid: Grid, days: int = MONTH) -> Floats:
    """Sessions a day over the last `days`."""
    return last(grid.values["sessions"], days) / days


def empty_in(grid: Grid, days: int = MONTH) -> Floats:
    """Empty days among the last `days`."""
    return last(empty_days(grid).astype(np.float64), days)


def longest_gap(grid: Grid) -> Floats:
    """Longest run of empty days that touched the last 28, as long as it was by then."""
    so_far = np.pad(run_so_far(empty_days(grid)), ((0, 0), (MONTH - 1, 0)))
    return np.asarray(sliding_window_view(so_far, MONTH, axis=1).max(axis=2), dtype=np.float64)


def times_silent(grid: Grid, days: int) -> Floats:
    """How often the unit was found silent in the last `days`."""
    return last(reached(grid).astype(np.float64), days)


def gaps_of(grid: Grid, length: int, days: int) -> Floats:
    """Gaps of at least `length` empty days in the last `days`."""
    return last((run_so_far(empty_days(grid)) == length).astype(np.float64), days)


def spread(grid: Grid) -> Floats:
    """Standard deviation of the daily sessions over 28 days."""
    used = grid.values["sessions"]
    mean = last(used, MONTH) / MONTH
    return np.asarray(np.sqrt(np.maximum(last(used**2, MONTH) / MONTH - mean**2, 0)), dtype=np.float64)


def short_share(grid: Grid) -> Floats:
    """Share of the last 28 days' sessions that ended at once or moved next to nothing."""
    return last(grid.values["short"], MONTH) / np.maximum(last(grid.values["sessions"], MONTH), 1)


def chance_of_gap(grid: Grid, lately: float) -> Floats:
    """Log of the chance of five empty days, were the days negative binomial with the unit's own mean and spread.

    `lately` is the weight of the last week's mean against that of 28 days.
    """
    mean = per_day(grid)
    rate = (1 - lately) * mean + lately * per_day(grid, WEEK)
    over = np.maximum(spread(grid) ** 2 / np.maximum(mean, _LEAST), 1.0)
    factor = np.divide(np.log(over), over - 1, out=np.ones_like(over), where=over > 1.001)
    return np.asarray(-SILENT_DAYS * rate * factor, dtype=np.float64)


def ratio_of_week(grid: Grid) -> Floats:
    """Sessions a day of the last week over those of 28 days."""
    return (per_day(grid, WEEK) + 0.15) / np.maximum(per_day(grid), _LEAST)


FEATURES: dict[str, Feature] = {
    "use": lambda g: np.log(np.maximum(per_day(g), _LEAST)),
    "week": lambda g: np.log(ratio_of_week(g)),
    "empty": lambda g: np.log((empty_in(g) + 0.5) / (MONTH + 1)),
    "gap": lambda g: np.log1p(longest_gap(g)),
    "silent_quarter": lambda g: np.log1p(times_silent(g, QUARTER)),
    "silent_year": lambda g: np.log1p(times_silent(g, YEAR)),
    "short": short_share,
    "uneven": lambda g: spread(g) / np.maximum(per_day(g), _LEAST),
    "chance": lambda g: chance_of_gap(g, 0.0),
    "chance_lately": lambda g: chance_of_gap(g, 0.5),
    "gaps_2": lambda g: np.log1p(gaps_of(g, 2, 56)),
    "gaps_3": lambda g: np.log1p(gaps_of(g, 3, 84)),
}


def against_own(values: Floats, days: int, floor: float) -> Floats:
    """Log of the last `days`' daily mean over that of 28 days; `floor` a day keeps rare things from counting much."""
    return np.asarray(np.log((last(values, days) / days + floor) / (last(values, MONTH) / MONTH + floor)))


# `trouble` counts faults, refusals and sessions without energy.
FEATURES |= {
    "trouble_day": lambda g: against_own(g.values["trouble"], 1, 0.2),
    "trouble_week": lambda g: against_own(g.values["trouble"], WEEK, 0.1),
    "trouble_month": lambda g: np.log1p(last(g.values["trouble"], MONTH)),
}
# Only where devices are heard: trouble in the day's last hour, and messages that never came.
HEARD: dict[str, Feature] = {
    "trouble_hour": lambda g: against_own(g.values["trouble_hour"], 1, 0.1),
    "lost_week": lambda g: against_own(g.values["lost"], WEEK, 1.0),
}


def table(grid: Grid, names: tuple[str, ...]) -> Floats:
    """(units, days, features) in the order of `names`."""
    known = FEATURES | HEARD
    return np.stack([known[name](grid) for name in names], axis=2)

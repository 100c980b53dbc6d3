"""Charger falls silent for 5 or more days within the next 7: rows from a grid, the split, the models side by side."""

from dataclasses import dataclass

import numpy as np

from pipelines.learning import metrics, models
from pipelines.learning.metrics import Truths
from pipelines.learning.rows import Rows
from pipelines.transforms import silence, unit_features
from pipelines.transforms.usage import Flags, Grid

HORIZON = 7
# Models learn from failures up to so many days beyond the horizon. A row's gap to what is judged is such that even
# these lie, with the days that it takes to see them, before the first judged day.
WIDER = 3
GAP = HORIZON + WIDER + silence.SILENT_DAYS - 1
NAMES = tuple(unit_features.FEATURES)


class TooLittle(ValueError):
    """There is nothing to learn from, or nothing to judge by; the message says what is missing."""


@dataclass(frozen=True)
class Judged:
    """What each model said of the days to be judged, and how good that was."""

    name: str
    figures: dict[str, float]


def rows_of(grid: Grid, horizon: int = HORIZON, *, names: tuple[str, ...] = NAMES, event: Flags | None = None) -> Rows:
    """All days of all units that the question can be asked of and whose answer is known, oldest first.

    `event`: the failures that are foretold (default: a run of 5 or more empty days begins).
    """
    chosen = silence.in_use(grid) & silence.answered(grid, horizon)
    return _rows(grid, chosen, horizon, names, event)


def latest_rows(grid: Grid, days: int, *, names: tuple[str, ...] = NAMES) -> Rows:
    """The last `days` days of the units that can be asked of, whether or not the answer is known; truth is empty."""
    chosen = silence.in_use(grid)
    chosen[:, : max(grid.days - days, 0)] = False
    return _rows(grid, chosen, 1, names, np.zeros_like(chosen))


def _rows(grid: Grid, chosen: Flags, horizon: int, names: tuple[str, ...], event: Flags | None) -> Rows:
    day, unit = np.nonzero(chosen.T)
    return Rows(
        names,
        unit_features.table(grid, names)[unit, day],
        silence.falls_within(grid, horizon, event)[unit, day],
        silence.falls_within(grid, horizon + WIDER, event)[unit, day],
        day + grid.first,
        unit,
        silence.days_until(grid, event)[unit, day],
    )


def parts(rows: Rows, *, judge_from: int, judge_to: int) -> tuple[Rows, Rows]:
    """(to learn from, to be judged by). Learning ends GAP days before judging begins. TooLittle."""
    learn, judge = rows.at(rows.time < judge_from - GAP), rows.at(_between(rows, judge_from, judge_to))
    if not learn.height:
        raise TooLittle(
            "nothing to learn from: no charger of the --train files has 28 days with a session a day or more "
            f"that end {GAP} days before the --test file begins; are --train and --test swapped?"
        )
    if not judge.height:
        raise TooLittle(
            "nothing to judge by: no charger of the --test file has a session a day over 28 days, "
            f"with {HORIZON + silence.SILENT_DAYS} more days of data after them"
        )
    if not learn.positives:
        raise TooLittle("no charger of the --train files ever falls silent for 5 days: there is nothing to learn")
    return learn, judge


def compare(learn: Rows, judge: Rows) -> list[Judged]:
    """Each recipe learned on the one part and judged by the other, rule first."""
    fitted = [models.learn(recipe, learn, gap=GAP) for recipe in models.RECIPES]
    return [Judged(one.name, metrics.of_probability(judge.truth, one.probability(judge))) for one in fitted]


def best(judged: list[Judged]) -> str:
    """The highest average precision; the plainer model where two are level. Without a positive, the lowest Brier."""
    ranked = max(judged, key=lambda one: (one.figures.get("average_precision", 0.0), -one.figures["brier"]))
    return ranked.name


def _between(rows: Rows, start: int, end: int) -> Truths:
    return np.asarray((rows.time >= start) & (rows.time < end))

"""Who forecasts best: learned on the first part, chosen and calibrated on the second, judged on the third."""

from dataclasses import dataclass

import numpy as np

from pipelines.learning import conformal
from pipelines.learning.demand.features import Scale
from pipelines.learning.demand.grid import Cells, Grid, Index, TooShort
from pipelines.learning.demand.model import Effort, learn
from pipelines.learning.demand.naive import NAIVES
from pipelines.learning.metrics import coverage, of_number

RIDGE, BOTH, HALF = "ridge on lags and seasons", "ridge and gradient boosting", "ridge, boosting and the best naive"
LEARNED = (BOTH, RIDGE, HALF)
LEAST_PART = 3
USUAL = Effort()
HUSH = (0.05, 0.1, 0.2, 0.3, 0.5)


@dataclass(frozen=True)
class Part:
    """One forecaster on the test part: (times, stations) of forecasts with their interval, and figures."""

    name: str
    guess: Cells
    low: Cells
    high: Cells
    metrics: dict[str, float]
    validation: dict[str, float]


@dataclass(frozen=True)
class Contest:
    """Forecasts of the test part, and of the times after it that were asked for (their truth is not a number).

    `model` is the best of the learned ones on the validation part, `shipped` the best of all there, by rmse.
    """

    target: Index
    truth: Cells
    model: Part
    naives: list[Part]
    shipped: str
    rows: tuple[int, int, int]

    @property
    def winner(self) -> Part:
        return next(one for one in (self.model, *self.naives) if one.name == self.shipped)


def compete(
    grid: Grid, horizon: int, *, shares: tuple[int, int, int] = (80, 10, 10), ahead: int = 0, effort: Effort = USUAL
) -> Contest:
    """Splits the times by `shares` and holds the contest. TooShort when a part would be (nearly) empty.

    `ahead`: how many times after the last row are forecast too, at most `horizon` of them.
    """
    first, second = _cuts(grid, horizon, shares)
    target = np.arange(first, grid.rows + min(ahead, horizon))
    guesses: dict[str, Cells] = {name: forecast(grid, target, horizon) for name, forecast in NAIVES.items()}
    truth, judged = _with_future(grid.values[first:], target.size), second - first
    scores = {name: _figures(truth[:judged], g[:judged]) for name, g in guesses.items()}
    best_naive = min(NAIVES, key=lambda name: scores[name]["rmse"])
    line, both = learn(grid, horizon, first, effort).predict(target)
    plain: dict[str, Cells] = {BOTH: both, RIDGE: line, HALF: _leaning(both, guesses[best_naive])}
    learned = {name: _hushed(truth, guess, judged, first, grid) for name, guess in plain.items()}
    scores |= {name: _figures(truth[:judged], g[:judged]) for name, g in learned.items()}
    chosen = min(LEARNED, key=lambda name: scores[name]["rmse"])
    made = {
        name: Part(name, *_interval(grid, truth, guess, judged, horizon), scores[name])
        for name, guess in (guesses | {chosen: learned[chosen]}).items()
    }
    shipped = min(made, key=lambda name: scores[name]["rmse"])
    counts = (first, judged, grid.rows - second)
    return Contest(target[judged:], truth[judged:], made[chosen], [made[n] for n in NAIVES], shipped, counts)


def _leaning(model: Cells, naive: Cells) -> Cells:
    """Two thirds of the model, one of the naive forecast."""
    mixed: Cells = ((2 * model + naive) / 3).astype(np.float32)
    return mixed


def _with_future(truth: Cells, rows: int) -> Cells:
    """What is to come is not known yet."""
    return np.pad(truth, ((0, rows - truth.shape[0]), (0, 0)), constant_values=np.nan)


def _cuts(grid: Grid, horizon: int, shares: tuple[int, int, int]) -> tuple[int, int]:
    first = grid.rows * shares[0] // sum(shares)
    second = grid.rows * (shares[0] + shares[1]) // sum(shares)
    if min(second - first, grid.rows - second) < LEAST_PART or first <= 2 * horizon + LEAST_PART:
        need = max(-(-LEAST_PART * sum(shares) // min(shares)), (2 * horizon + LEAST_PART) * sum(shares) // shares[0])
        raise TooShort(f"{grid.rows} times are too few for {horizon} steps ahead, {need + 2} are needed")
    if np.isnan(grid.values[first:second]).all() or np.isnan(grid.values[second:]).all():
        raise TooShort("the last fifth of the times holds no value")
    return first, second


def _hushed(truth: Cells, guess: Cells, judged: int, first: int, grid: Grid) -> Cells:
    """Forecasts of next to nothing become 0 where that is nearer on the validation part and costs no rmse there.

    Where most hours are empty, a mean is a little above 0 all the time, and always a little wrong.
    """
    size = Scale.of(grid.values[:first]).spread[None, :]
    found, least = guess, _figures(truth[:judged], guess[:judged])
    for share in HUSH:
        quiet = np.where(np.abs(guess) < share * size, np.float32(0), guess)
        figures = _figures(truth[:judged], quiet[:judged])
        if figures["mae"] < least["mae"] and figures["rmse"] <= least["rmse"] * 1.005:
            found, least = quiet, figures | {"rmse": least["rmse"]}
    return found


def _figures(truth: Cells, guess: Cells) -> dict[str, float]:
    """Over all known cells."""
    known = ~np.isnan(truth)
    return of_number(truth[known].astype(np.float64), guess[known].astype(np.float64))


def _interval(
    grid: Grid, truth: Cells, guess: Cells, judged: int, horizon: int
) -> tuple[Cells, Cells, Cells, dict[str, float]]:
    """Forecast, low and high on the test part, and the figures there."""
    half = conformal.moving(
        truth.astype(np.float64), guess.astype(np.float64), calibrate=judged, delay=horizon, block=grid.per_day
    )
    shown = guess[judged:]
    low, high = shown - half, shown + half
    if np.nanmin(grid.values) >= 0:
        low = np.maximum(low, 0)
    known = ~np.isnan(truth[judged:])
    inside = coverage(*(cells[known].astype(np.float64) for cells in (truth[judged:], low, high)))
    figures = _figures(truth[judged:], shown) | {"coverage": inside}
    return shown, low.astype(np.float32), high.astype(np.float32), figures

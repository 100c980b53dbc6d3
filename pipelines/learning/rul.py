"""Remaining useful life of an engine from its sensors up to now: the same learning code on a public benchmark.

Labels are capped: an engine that will run for long looks like any other, so nobody can tell 130 cycles from 250.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from pipelines.learning import metrics
from pipelines.learning.metrics import Floats
from pipelines.learning.threads import alone

CAP = 125.0
LEAST_CYCLES = 20
MEANS, TRENDS = (5, 15, 30), (30, 60)
_FEW_VALUES = 3
TREES, SEEDS = 300, 2
_EVERY = 3


@dataclass(frozen=True)
class Engine:
    """Sensor values by cycle: (cycles, sensors), from the first cycle on."""

    name: int
    sensors: Floats

    @property
    def cycles(self) -> int:
        return int(self.sensors.shape[0])

    def until(self, cycle: int) -> "Engine":
        """The engine as it was known after `cycle` cycles."""
        return Engine(self.name, self.sensors[:cycle])


@dataclass(frozen=True)
class Scale:
    """Which sensors say anything, and what is usual for them, among the engines that were learned from."""

    chosen: metrics.Truths
    mean: Floats
    spread: Floats

    def of(self, engine: Engine) -> Floats:
        return (engine.sensors[:, self.chosen] - self.mean) / self.spread


def scale(engines: list[Engine]) -> Scale:
    rows = np.vstack([engine.sensors for engine in engines])
    chosen = np.array([np.unique(column).size > _FEW_VALUES for column in rows.T])
    kept = rows[:, chosen]
    return Scale(chosen, kept.mean(axis=0), kept.std(axis=0))


def snapshot(history: Floats) -> Floats:
    """Features of scaled sensor values up to now: means, trends, distance from the engine's own first cycles, age."""
    start = history[:LEAST_CYCLES].mean(axis=0)
    means = [history[-width:].mean(axis=0) for width in MEANS]
    trends = [_trend(history[-width:]) * width for width in TRENDS]
    moved = [mean - start for mean in means[:2]]
    spread = history[-MEANS[-1] :].std(axis=0)
    return np.concatenate([*means, *trends, *moved, spread, [history.shape[0] / 100]])


def _trend(values: Floats) -> Floats:
    """Slope per cycle of the least-squares line through each column; 0 for a single value."""
    at = np.arange(values.shape[0]) - (values.shape[0] - 1) / 2
    return np.asarray(at @ values / max(float(at @ at), 1.0), dtype=np.float64)


@dataclass(frozen=True)
class Moments:
    """Snapshots of engines that ran to their end, at each cycle from LEAST_CYCLES on; `left` is capped."""

    x: Floats
    left: Floats


def moments(engines: list[Engine], scaled: Scale) -> Moments:
    x, left = [], []
    for engine in engines:
        history = scaled.of(engine)
        for cycle in range(min(LEAST_CYCLES, engine.cycles), engine.cycles + 1):
            x.append(snapshot(history[:cycle]))
            left.append(min(CAP, engine.cycles - cycle))
    return Moments(np.array(x), np.array(left))


Guess = Callable[[Moments, Floats], Floats]


def survivors(known: Moments, asked: Floats) -> Floats:
    """What engines of the same age had left on average: sensors not looked at."""
    age, ages = known.x[:, -1], asked[:, -1]
    order = np.argsort(age, kind="stable")
    total = np.concatenate([[0.0], np.cumsum(known.left[order])])
    from_at = np.searchsorted(age[order], ages - 0.1)
    to_at = np.maximum(np.searchsorted(age[order], ages + 0.1, side="right"), from_at + 1)
    from_at, to_at = np.minimum(from_at, age.size - 1), np.minimum(to_at, age.size)
    return np.asarray((total[to_at] - total[from_at]) / (to_at - from_at), dtype=np.float64)


def ridge(known: Moments, asked: Floats) -> Floats:
    return _capped(make_pipeline(StandardScaler(), Ridge(10)).fit(known.x, known.left).predict(asked))


def boosting(known: Moments, asked: Floats) -> Floats:
    """Mean of trees from several seeds."""
    guesses = [_trees(seed).fit(known.x, known.left).predict(asked) for seed in range(SEEDS)]
    return _capped(np.mean(guesses, axis=0))


def machine(known: Moments, asked: Floats) -> Floats:
    """A support vector machine; neighbouring cycles say nearly the same, so it learns from every third."""
    made: Any = make_pipeline(StandardScaler(), SVR(C=50, gamma=0.003, epsilon=3))
    return _capped(made.fit(known.x[::_EVERY], known.left[::_EVERY]).predict(asked))


def blend(known: Moments, asked: Floats) -> Floats:
    return (boosting(known, asked) + machine(known, asked)) / 2


def _trees(seed: int) -> Any:
    return HistGradientBoostingRegressor(
        max_iter=TREES, learning_rate=0.05, max_leaf_nodes=15, min_samples_leaf=30, l2_regularization=5,
        max_features=0.4, early_stopping=False, random_state=seed,
    )  # fmt: skip


def _capped(guess: Floats) -> Floats:
    return np.asarray(np.clip(guess, 0.0, CAP), dtype=np.float64)


MODEL = "gradient boosting and support vectors"
GUESSES: dict[str, Guess] = {"survivors of that age": survivors, "ridge": ridge, MODEL: blend}


@alone
def compare(train: list[Engine], test: list[Engine], truth: Floats) -> dict[str, dict[str, float]]:
    """Figures of each model at the last known cycle of each test engine, against the truth capped like the labels."""
    scaled = scale(train)
    known = moments(train, scaled)
    asked = np.array([snapshot(scaled.of(engine)) for engine in test])
    return {name: figures(truth, guess(known, asked)) for name, guess in GUESSES.items()}


def figures(truth: Floats, guess: Floats) -> dict[str, float]:
    """Against the capped truth; `rmse_uncapped_truth` against the truth as it is."""
    return metrics.of_number(_capped(truth), guess) | {"rmse_uncapped_truth": metrics.rmse(truth, guess)}

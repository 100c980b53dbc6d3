"""One forecast for all stations: a ridge regression on lags and seasons, and trees for what it leaves."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import Ridge

from pipelines.learning.demand.features import Features, Scale
from pipelines.learning.demand.grid import Cells, Grid, Index, TooShort

Truths = npt.NDArray[np.bool_]
MOST_TIMES = 2_500
CHUNK = 200_000
LEAST_PAIRS = 50


@dataclass
class Learned:
    """`predict` in units of the table, never below the least that was ever seen where that is 0 or more.

    `untold`: columns that nothing was known of in the rows to learn from.
    """

    features: Features
    ridge: Ridge
    trees: HistGradientBoostingRegressor
    floor: float | None
    untold: Truths

    def predict(self, target: Index) -> tuple[Cells, Cells]:
        """(times, stations) of the ridge alone, and of both together."""
        stations = len(self.features.grid.stations)
        size = max(1, CHUNK // stations)
        parts = [self._chunk(target[at : at + size]) for at in range(0, target.size, size)]
        return np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])

    def _chunk(self, target: Index) -> tuple[Cells, Cells]:
        x = self.features.of(target)
        x[:, self.untold] = 0
        line = self.ridge.predict(_plain(x))
        both = line + self.trees.predict(x)
        return self._shown(line), self._shown(both)

    def _shown(self, z: Cells) -> Cells:
        found = self.features.unscaled(z)
        return found if self.floor is None else np.maximum(found, np.float32(self.floor))


@dataclass(frozen=True)
class Effort:
    """How much is spent on learning: pairs of past and future looked at, and trees grown."""

    pairs: int = 250_000
    trees: int = 160


def learn(grid: Grid, horizon: int, until: int, effort: Effort, *, seed: int = 0) -> Learned:
    """Learns from the rows before `until` alone. TooShort when hardly a pair of past and future is in them."""
    scale = Scale.of(grid.values[:until])
    features = Features(grid, scale, horizon)
    x, y, station = _pairs(features, until, effort.pairs, np.random.default_rng(seed))
    untold: Truths = np.asarray(np.isnan(x).all(axis=0))
    x[:, untold] = 0
    weight = np.clip(scale.spread / np.median(scale.spread), 0.2, 5.0)[station]
    ridge = Ridge(alpha=10.0).fit(_plain(x), y, sample_weight=weight)
    trees = HistGradientBoostingRegressor(
        learning_rate=0.08, max_iter=effort.trees, max_leaf_nodes=31, min_samples_leaf=60, l2_regularization=5.0,
        early_stopping=False, random_state=seed,
    ).fit(x, y - ridge.predict(_plain(x)), sample_weight=weight)  # fmt: skip
    lowest = np.nanmin(grid.values[:until])
    return Learned(features, ridge, trees, float(lowest) if lowest >= 0 else None, untold)


def _pairs(features: Features, until: int, most: int, random: np.random.Generator) -> tuple[Cells, Cells, Index]:
    """Features, what came, and station of at most some `most` known cells, from at most MOST_TIMES or so times."""
    times = _times(features, until, most, random)
    known = ~np.isnan(features.grid.values[times])
    if (count := int(known.sum())) < LEAST_PAIRS:
        raise TooShort(f"only {count} known values to learn from, {LEAST_PAIRS} are needed")
    keep = known & (random.random(known.shape) < most / count)
    size = max(1, CHUNK // known.shape[1])
    parts = [(times[at : at + size], keep[at : at + size]) for at in range(0, times.size, size)]
    x = np.concatenate([features.of(*part) for part in parts])
    y = np.concatenate([features.target(*part) for part in parts])
    return x, y, np.argwhere(keep)[:, 1]


def _times(features: Features, until: int, pairs: int, random: np.random.Generator) -> Index:
    """Times to learn from: those with two weeks of past, where the table is long enough, else with less."""
    grid, horizon = features.grid, features.horizon
    first = next((f for f in (2 * grid.per_week, grid.per_week, grid.per_day) if f + horizon < until // 2), 1) + horizon
    every = np.arange(min(first, until - 1), until)
    most = max(MOST_TIMES, 3 * pairs // len(grid.stations))
    return every if every.size <= most else np.sort(random.choice(every, most, replace=False))


def _plain(x: Cells) -> Cells:
    """For the ridge: what is not known is the station's own mean."""
    return np.nan_to_num(x, nan=0.0)

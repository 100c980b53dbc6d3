"""How long a session will last and how much energy it will take, said at plug-in."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor

from pipelines.learning import conformal
from pipelines.learning.metrics import coverage, of_number

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]
Fit = Callable[[Floats, Floats], Callable[[Floats], Floats]]
FOLDS, LEAST_ROWS = 5, 40
NEAREST = 25
ABSENT = -1000.0  # what is not known, far from anything that is: trees cut it off
DECLARED, OF_DRIVER, MEAN, MEDIAN, NEIGHBOURS = (
    "declared by the driver", "the driver's mean", "mean of all", "median of all", "nearest past sessions",
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """One target over all sessions in the order of arrival: features, truth, what the driver declared, who it was.

    `least` is the smallest truth that a logarithm is taken of. `hour` and `weekend` are columns of `x`.
    """

    x: Floats
    truth: Floats
    declared: Floats
    driver: Codes
    least: float
    hour: int
    weekend: int


Say = Callable[[Known, Codes, Codes], Floats]


@dataclass(frozen=True)
class Judged:
    """A forecaster: its figures on the test rows, and on the rows to learn from (where it had not seen them)."""

    name: str
    metrics: dict[str, float]
    validation: dict[str, float]


@dataclass(frozen=True)
class Verdict:
    model: Judged
    baselines: list[Judged]
    shipped: str


def compete(known: Known, test: Truths) -> Verdict:
    """Each forecaster on the test rows. Choice and intervals come from folds in time over the other rows alone."""
    learn = np.flatnonzero(~test)
    fold = np.arange(learn.size) * FOLDS // max(learn.size, 1)
    folds = [(learn[fold != k], learn[fold == k]) for k in range(FOLDS)]
    makers: dict[str, Say] = {name: partial(_learned, fit) for name, fit in MODELS.items()} | BASELINES
    held = {name: np.concatenate([say(known, *pair) for pair in folds]) for name, say in makers.items()}
    held[BLEND] = _blend([held[name] for name in MODELS])
    scores = {name: of_number(known.truth[learn], guess) for name, guess in held.items()}
    chosen = min((*MODELS, BLEND), key=lambda name: scores[name]["smape"])
    at = np.flatnonzero(test)
    learned = [makers[name](known, learn, at) for name in (MODELS if chosen == BLEND else (chosen,))]
    made = {chosen: _blend(learned)} | {name: say(known, learn, at) for name, say in BASELINES.items()}
    shown = names_of(known, at)
    judged = {
        name: Judged(shown.get(name, name), _tested(known, guess, at, learn, held[name]), scores[name])
        for name, guess in made.items()
    }
    shipped = min(judged, key=lambda name: scores[name]["smape"])
    return Verdict(judged[chosen], [judged[name] for name in BASELINES], judged[shipped].name)


def names_of(known: Known, at: Codes) -> dict[str, str]:
    """What the baselines that lean on a driver's word really are, where not every session has a driver's word."""
    said, who = ~np.isnan(known.declared[at]), known.driver[at] >= 0
    return {
        DECLARED: _name(said, DECLARED, f"{DECLARED}, else {MEDIAN}", f"{MEDIAN} (nobody said anything)"),
        OF_DRIVER: _name(who, OF_DRIVER, f"{OF_DRIVER}, else {MEAN}", f"{MEAN} (no driver is known)"),
    }


def _name(there: Truths, every: str, some: str, none: str) -> str:
    return every if there.all() else some if there.any() else none


def _tested(known: Known, guess: Floats, at: Codes, learn: Codes, held: Floats) -> dict[str, float]:
    """Figures on the test rows, with how often their interval held."""
    low, high = _interval(known, guess, at, learn, held)
    truth = known.truth[at]
    return of_number(truth, guess) | {"coverage": coverage(truth, low, high)}


def _interval(known: Known, guess: Floats, at: Codes, learn: Codes, held: Floats) -> tuple[Floats, Floats]:
    """The 90 % interval: quantiles of what was off, as a factor, among rows with or without a declared value."""
    off = np.log(np.maximum(known.truth[learn], known.least)) - np.log(np.maximum(held, known.least))
    edges = np.unique(np.quantile(held, [0.33, 0.67]))
    groups = 2 * (edges.size + 1)
    place = _group(known, learn, held, edges)
    low = -conformal.group_quantiles(-off, place, groups, 0.95)
    high = conformal.group_quantiles(off, place, groups, 0.95)
    mine = _group(known, at, guess, edges)
    size = np.maximum(guess, known.least)
    bottom = size * np.exp(low[mine])
    return np.where(bottom <= known.least * 1.001, 0.0, bottom), size * np.exp(high[mine])


def _group(known: Known, at: Codes, guess: Floats, edges: Floats) -> Codes:
    found: Codes = 2 * np.searchsorted(edges, guess) + np.isnan(known.declared[at])
    return found


def _learned(fit: Fit, known: Known, train: Codes, at: Codes) -> Floats:
    """Learned on logarithms: the median of a logarithm is the logarithm of the median."""
    y = np.log(np.maximum(known.truth[train], known.least))
    told = ~np.isnan(known.x[train]).all(axis=0)
    found: Floats = np.exp(fit(known.x[train][:, told], y)(known.x[at][:, told]))
    return found


def _blend(parts: list[Floats]) -> Floats:
    found: Floats = np.exp(np.mean([np.log(np.maximum(p, 1e-6)) for p in parts], axis=0))
    return found


def _boosted(x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    model = HistGradientBoostingRegressor(
        loss="absolute_error", learning_rate=0.06, max_iter=150, max_leaf_nodes=15, min_samples_leaf=15,
        l2_regularization=1.0, early_stopping=False, random_state=0,
    )  # fmt: skip
    fitted = model.fit(x, y)
    return lambda at: np.asarray(fitted.predict(at))


def _forest(x: Floats, y: Floats) -> Callable[[Floats], Floats]:
    model = ExtraTreesRegressor(150, min_samples_leaf=5, max_features=0.5, random_state=0, n_jobs=2)
    fitted = model.fit(np.nan_to_num(x, nan=ABSENT), y)
    return lambda at: np.asarray(fitted.predict(np.nan_to_num(at, nan=ABSENT)))


def _declared(known: Known, train: Codes, at: Codes) -> Floats:
    said = known.declared[at]
    return np.where(np.isnan(said), np.median(known.truth[train]), said)


def _of_driver(known: Known, train: Codes, at: Codes) -> Floats:
    """Mean of the driver's sessions to learn from; of all sessions where the driver is not known."""
    most = int(known.driver.max(initial=0)) + 1
    named = train[known.driver[train] >= 0]
    count = np.bincount(known.driver[named], minlength=most)
    total = np.bincount(known.driver[named], weights=known.truth[named], minlength=most)
    who = known.driver[at]
    there = (who >= 0) & (count[who] > 0)
    return np.where(there, total[who] / np.maximum(count[who], 1), known.truth[train].mean())


def _nearest(known: Known, train: Codes, at: Codes) -> Floats:
    """Median of the sessions that began at the nearest time of day, on a working day or not as this one."""
    found = np.full(at.size, np.median(known.truth[train]))
    for weekend in (0.0, 1.0):
        pool = train[known.x[train, known.weekend] == weekend]
        mine = np.flatnonzero(known.x[at, known.weekend] == weekend)
        if pool.size >= NEAREST:
            pool = pool[np.argsort(known.x[pool, known.hour], kind="stable")]
            place = np.searchsorted(known.x[pool, known.hour], known.x[at[mine], known.hour])
            first = np.clip(place - NEAREST // 2, 0, pool.size - NEAREST)
            found[mine] = np.median(known.truth[pool][first[:, None] + np.arange(NEAREST)], axis=1)
    return found


MODELS: dict[str, Fit] = {"gradient boosting of the median": _boosted, "extremely randomised trees": _forest}
BLEND = "boosting and randomised trees"
BASELINES: dict[str, Say] = {
    DECLARED: _declared,
    OF_DRIVER: _of_driver,
    MEAN: lambda known, train, at: np.full(at.size, known.truth[train].mean()),
    MEDIAN: lambda known, train, at: np.full(at.size, np.median(known.truth[train])),
    NEIGHBOURS: _nearest,
}

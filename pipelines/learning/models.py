"""The models of failure risk, from the plainest to the one that learns most; each as a calibrated probability."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.learning import calibration, splits
from pipelines.learning.metrics import Floats, Truths
from pipelines.learning.rows import Rows
from pipelines.learning.threads import alone

LINEAR = ("use", "week", "empty", "gap", "silent_quarter", "short", "uneven")
BOOSTED = ("chance", "chance_lately", "empty", "gap", "silent_year", "gaps_2", "gaps_3")
RULE = ("use",)
SEEDS = 3
TREES = 400
FOLDS = 3
_SURE = 1e-5


class Scorer(Protocol):
    """Gives each row of its own columns a score, in log odds or any other rising measure."""

    def score(self, x: Floats) -> Floats: ...


@dataclass(frozen=True)
class Fewest:
    """The rule that a dispatcher would use: the less a charger was used in 28 days, the sooner it falls silent."""

    def score(self, x: Floats) -> Floats:
        return -x[:, 0]


@dataclass(frozen=True)
class Linear:
    line: Any

    def score(self, x: Floats) -> Floats:
        return np.asarray(self.line.decision_function(x), dtype=np.float64)


@dataclass(frozen=True)
class Boosted:
    """Mean of trees grown from several seeds, in log odds."""

    trees: list[Any]

    def score(self, x: Floats) -> Floats:
        mean = np.mean([tree.predict_proba(x)[:, 1] for tree in self.trees], axis=0)
        kept = np.clip(mean, _SURE, 1 - _SURE)
        return np.asarray(np.log(kept / (1 - kept)), dtype=np.float64)


@dataclass(frozen=True)
class Blend:
    """Mean of the log odds of a line and of trees: the line ranks the few worst, the trees the many."""

    linear: Linear
    boosted: Boosted
    split: int

    def score(self, x: Floats) -> Floats:
        return (self.linear.score(x[:, : self.split]) + self.boosted.score(x[:, self.split :])) / 2


@dataclass(frozen=True)
class Fitted:
    """A scorer with the columns it reads and its calibration."""

    name: str
    names: tuple[str, ...]
    scorer: Scorer
    calibration: calibration.Calibration

    @alone
    def score(self, rows: Rows) -> Floats:
        return self.scorer.score(rows.columns(self.names))

    def probability(self, rows: Rows) -> Floats:
        return self.calibration.probability(self.score(rows))


@dataclass(frozen=True)
class Recipe:
    """How a model is made: `names` picks its columns among those there are, `fit` learns from them."""

    name: str
    names: Callable[[tuple[str, ...]], tuple[str, ...]]
    fit: Callable[[Floats, Truths, tuple[str, ...]], Scorer]


@alone
def learn(recipe: Recipe, rows: Rows, *, gap: int) -> Fitted:
    """Fits on all rows; calibrated on scores that stretches of time got from models which had not seen them.

    `gap` days are left out at both sides of a stretch. ValueError where all rows are of one kind.
    """
    if not rows.truth.any() or rows.truth.all():
        raise ValueError("both kinds of rows are needed")
    names = recipe.names(rows.names)
    scorer = recipe.fit(rows.columns(names), rows.wide, names)
    truth, score = _unseen(recipe, rows, names, gap)
    if not truth.any():
        truth, score = rows.truth, scorer.score(rows.columns(names))
    return Fitted(recipe.name, names, scorer, calibration.fit(truth, score))


def _unseen(recipe: Recipe, rows: Rows, names: tuple[str, ...], gap: int) -> tuple[Truths, Floats]:
    truths, scores = [np.empty(0, dtype=np.bool_)], [np.empty(0)]
    x = rows.columns(names)
    for part in splits.by_blocks(rows.time, folds=FOLDS, gap=gap):
        known = rows.wide[part.learn]
        if part.judge.any() and known.any() and not known.all():
            scores.append(recipe.fit(x[part.learn], known, names).score(x[part.judge]))
            truths.append(rows.truth[part.judge])
    return np.concatenate(truths), np.concatenate(scores)


def _fewest(_x: Floats, _truth: Truths, _names: tuple[str, ...]) -> Fewest:
    return Fewest()


def _linear(x: Floats, truth: Truths, _names: tuple[str, ...]) -> Linear:
    return Linear(make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=3000)).fit(x, truth))


def _boosted(x: Floats, truth: Truths) -> Boosted:
    """Shallow trees, and no column may lower the risk as it rises: with a hundred events, more freedom learns noise."""
    rising = [1] * x.shape[1]
    return Boosted([
        HistGradientBoostingClassifier(
            max_iter=TREES, learning_rate=0.03, max_depth=2, min_samples_leaf=60, l2_regularization=10,
            max_features=0.5, monotonic_cst=rising, early_stopping=False, random_state=seed,
        ).fit(x, truth)
        for seed in range(SEEDS)
    ])  # fmt: skip


def _blend(x: Floats, truth: Truths, names: tuple[str, ...]) -> Blend:
    split = len(LINEAR) + len(_others(names))
    return Blend(_linear(x[:, :split], truth, names), _boosted(x[:, split:], truth), split)


def _others(names: tuple[str, ...]) -> tuple[str, ...]:
    """Columns beyond those of sessions, each once: faults, refusals, silence on the line."""
    return tuple(dict.fromkeys(name for name in names if name not in {*RULE, *LINEAR, *BOOSTED}))


RULED = Recipe("rule", lambda _names: RULE, _fewest)
LOGISTIC = Recipe("logistic", lambda names: (*LINEAR, *_others(names)), _linear)
BLENDED = Recipe("logistic and boosting", lambda names: (*LINEAR, *_others(names), *BOOSTED, *_others(names)), _blend)
RECIPES = (RULED, LOGISTIC, BLENDED)


def rule_alone() -> Fitted:
    """The rule where there is too little history to learn from: it ranks, and names no probability."""
    return Fitted(RULED.name, RULE, Fewest(), calibration.fit(np.zeros(1, dtype=np.bool_), np.zeros(1)))

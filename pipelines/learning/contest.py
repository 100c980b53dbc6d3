"""Which model foretells best on days it never saw: rule, logistic and blend side by side, split by time and by unit."""

from dataclasses import dataclass, replace

import numpy as np

from pipelines.learning import drift, metrics, models, splits
from pipelines.learning.drift import Drift
from pipelines.learning.metrics import Floats, Truths
from pipelines.learning.models import Fitted, Recipe
from pipelines.learning.rows import Rows

# Below these there is nothing that a model could learn, and no probability that one could honestly name.
LEAST_DAYS, LEAST_UNITS, LEAST_EVENTS, LEAST_POSITIVES = 120, 3, 5, 20
GROUPS = 3
LAST_SHARE, LEAST_WINDOW, MOST_WINDOW = 4, 42, 182
RECENT = 60
WEEK = 7


@dataclass(frozen=True)
class Entry:
    """A model on judged rows: `split` time or group; figures by name; the reliability curve."""

    model: str
    split: str
    rows: int
    positives: int
    figures: dict[str, float]
    curve: list[metrics.Reliable]


@dataclass(frozen=True)
class Outcome:
    """`shipped`: name of the winner on the last window. `lacking`: why there is no model (then only the rule ranks)."""

    shipped: str
    lacking: str
    entries: list[Entry]
    drift: Drift
    model: Fitted | None


def lacking(rows: Rows) -> str:
    """Code of what is too little for a model; empty when there is enough."""
    if not rows.height or rows.time.max() - rows.time.min() < LEAST_DAYS:
        return "days"
    if np.unique(rows.unit).size < LEAST_UNITS:
        return "chargers"
    return "failures" if rows.positives < LEAST_POSITIVES or events(rows) < LEAST_EVENTS else ""


def events(rows: Rows) -> int:
    """Different failures that the positive rows foretell: rows of one unit that point at the same day are one."""
    hits = rows.truth & ~np.isnan(rows.ahead)
    return len(set(zip(rows.unit[hits].tolist(), (rows.time + np.nan_to_num(rows.ahead))[hits].tolist(), strict=True)))


def hold(rows: Rows, now: Rows, *, horizon: int, gap: int, capacity: int) -> Outcome:
    """Judges all recipes on the last window, learns the winner anew from everything, and looks for drift.

    `gap`: days between learning and judging, at least the horizon and what it takes to see a failure. `now`: the
    latest rows, whose answers nobody knows. `capacity`: how many chargers a crew can visit in a week.
    """
    width = window(rows) if rows.height else 0
    split = splits.last_windows(rows.time, windows=1, width=width, gap=gap)[0] if rows.height else None
    reason = lacking(rows.at(split.learn)) if split else "days"
    if split is None or reason or not rows.at(split.judge).positives:
        return Outcome(models.RULED.name, reason or "failures", [], Drift({}, 0.0), None)
    learn, judge = rows.at(split.learn), rows.at(split.judge)
    fitted = [models.learn(recipe, learn, gap=gap) for recipe in models.RECIPES]
    by_time = [entry(one.name, "time", judge, one.probability(judge), capacity) for one in fitted]
    by_group = [_on_strangers(recipe, learn, judge, gap, capacity) for recipe in models.RECIPES]
    best = max(by_time, key=lambda one: one.figures["average_precision"]).model
    moved = _drift(next(one for one in fitted if one.name == best), learn, judge, now, horizon)
    shipped = models.RULED.name if moved.state == "broken" else best
    recipe = next(one for one in models.RECIPES if one.name == shipped)
    return Outcome(shipped, "", by_time + by_group, moved, models.learn(recipe, rows, gap=gap))


def window(rows: Rows) -> int:
    """Days of the last window: a quarter of what there is, six weeks to half a year."""
    span = int(rows.time.max() - rows.time.min()) + 1
    return max(LEAST_WINDOW, min(MOST_WINDOW, span // LAST_SHARE))


def entry(name: str, split: str, rows: Rows, probability: Floats, capacity: int) -> Entry:
    """All figures of one model. Never accuracy."""
    found = metrics.of_probability(rows.truth, probability) | _rounds(rows, probability, capacity)
    curve = metrics.reliability(rows.truth, probability)
    found["calibration_error"] = metrics.calibration_error(curve)
    return Entry(name, split, rows.height, rows.positives, found, curve)


def _rounds(rows: Rows, probability: Floats, capacity: int) -> dict[str, float]:
    """What a crew finds that goes out once a week to the chargers most at risk, and how early."""
    days: Truths = (rows.time - rows.time.max()) % WEEK == 0
    asked, chance = rows.at(days), probability[days]
    flagged = metrics.within_capacity(chance, asked.time, capacity)
    hits = flagged & asked.truth
    found = {
        "precision_at_capacity": metrics.precision_at_capacity(asked.truth, chance, asked.time, capacity),
        "recall_at_capacity": float(hits.sum() / asked.positives) if asked.positives else None,
        "lead_time_days": metrics.lead_time(hits, asked.ahead),
    }
    return {name: value for name, value in found.items() if value is not None}


def _on_strangers(recipe: Recipe, learn: Rows, judge: Rows, gap: int, capacity: int) -> Entry:
    """The same window, but each charger judged by a model that never saw this charger."""
    said = np.full(judge.height, float(learn.truth.mean()))
    units = np.concatenate([learn.unit, judge.unit])
    for fold in splits.by_group(units, folds=GROUPS):
        known, asked = learn.at(fold.learn[: learn.height]), fold.judge[learn.height :]
        if asked.any() and known.positives and not known.truth.all():
            said[asked] = models.learn(recipe, known, gap=gap).probability(judge.at(asked))
    return entry(recipe.name, "group", judge, said, capacity)


def _drift(model: Fitted, learn: Rows, judge: Rows, now: Rows, horizon: int) -> Drift:
    """Columns and score of the latest rows against those learned from; failures of the latest judged days."""
    moved = {k: v for k, v in drift.columns(learn, now).items() if k in model.names}
    moved["score"] = drift.stability(model.score(learn), model.score(now))
    recent = judge.at(judge.time > judge.time.max() - RECENT)
    return Drift(moved, drift.deviations(recent.truth, model.probability(recent), horizon))


def only(rows: Rows, names: tuple[str, ...]) -> Rows:
    """The same rows with these columns."""
    return replace(rows, names=names, x=rows.columns(names))

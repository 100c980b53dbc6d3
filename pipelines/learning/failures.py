"""Does a machine fail now, told from its sensors? Folds, models, and a threshold that no judged row had a say in."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pipelines.learning import calibration, metrics, splits
from pipelines.learning.metrics import Floats, Truths
from pipelines.learning.threads import alone

FOLDS, SEEDS, INNER = 5, 3, 3
TREES = 300


@dataclass(frozen=True)
class Machines:
    """One row a machine: grade 0 (light) to 2 (heavy), temperatures in K, speed in 1/min, torque in Nm, wear in min."""

    grade: Floats
    air: Floats
    process: Floats
    speed: Floats
    torque: Floats
    wear: Floats
    failed: Truths


@dataclass(frozen=True)
class Told:
    """Probabilities of the judged rows, and from which on to say yes."""

    probability: Floats
    threshold: float


def raw(rows: Machines) -> Floats:
    return np.column_stack([rows.grade, rows.air, rows.process, rows.speed, rows.torque, rows.wear])


def features(rows: Machines) -> Floats:
    """What was measured, and what it means: power in W, the gap of the temperatures, the strain on a worn tool."""
    strain = rows.wear * rows.torque
    allowed = 11_000 + 1_000 * rows.grade
    power = rows.torque * rows.speed * 2 * np.pi / 60
    return np.column_stack([raw(rows), power, rows.process - rows.air, strain, strain / allowed])


def forest(x: Floats, truth: Truths, unseen: Floats, seed: int) -> Told:
    """Threshold from out-of-bag votes: what trees say of rows of the fold that they did not learn from."""
    made: Any = RandomForestClassifier(TREES, max_features=0.6, oob_score=True, n_jobs=2, random_state=seed)
    made.fit(x, truth)
    votes = np.nan_to_num(made.oob_decision_function_[:, 1])
    return Told(made.predict_proba(unseen)[:, 1], metrics.best_f1_threshold(truth, votes))


def logistic(x: Floats, truth: Truths, unseen: Floats, seed: int) -> Told:
    line: Any = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    inner = StratifiedKFold(INNER, shuffle=True, random_state=seed)
    known = cross_val_predict(line, x, truth, cv=inner, method="predict_proba")[:, 1]
    return Told(line.fit(x, truth).predict_proba(unseen)[:, 1], metrics.best_f1_threshold(truth, known))


def rule(x: Floats, truth: Truths, unseen: Floats, _seed: int) -> Told:
    """The one measurement, high or low, that ranks failures best."""
    signed = [(column, sign) for column in range(x.shape[1]) for sign in (1.0, -1.0)]
    column, sign = max(signed, key=lambda one: metrics.average_precision(truth, one[1] * x[:, one[0]]) or 0.0)
    known = sign * x[:, column]
    line = calibration.fit(truth, known)
    threshold = metrics.best_f1_threshold(truth, line.probability(known))
    return Told(line.probability(sign * unseen[:, column]), threshold)


@alone
def compare(rows: Machines) -> dict[str, dict[str, float]]:
    """Mean figures over FOLDS stratified folds and SEEDS shuffles: of the rule, the line, and the forest."""
    plain, rich = raw(rows), features(rows)
    models = {"rule": (rule, plain), "logistic": (logistic, plain), "random forest": (forest, rich)}
    found: dict[str, list[dict[str, float]]] = {name: [] for name in models}
    for seed, split in splits.stratified(rows.failed, folds=FOLDS, seeds=SEEDS):
        for name, (model, x) in models.items():
            told = model(x[split.learn], rows.failed[split.learn], x[split.judge], seed)
            found[name].append(_figures(rows.failed[split.judge], told))
    return {name: {key: float(np.mean([one[key] for one in each])) for key in each[0]} for name, each in found.items()}


def _figures(truth: Truths, told: Told) -> dict[str, float]:
    said = told.probability >= told.threshold
    return metrics.of_probability(truth, told.probability) | {"f1": metrics.f1(truth, said)}

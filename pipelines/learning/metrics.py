"""Figures by which models are compared. Never accuracy: where failures are rare it praises the blindest model."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

Floats = npt.NDArray[np.float64]
Truths = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


def average_precision(truth: Truths, score: Floats) -> float | None:
    """Area under precision over recall, by steps; None without a positive."""
    return float(average_precision_score(truth, score)) if truth.any() else None


def roc_auc(truth: Truths, score: Floats) -> float | None:
    """Chance that a positive scores above a negative; None where one of both is missing."""
    return float(roc_auc_score(truth, score)) if truth.any() and not truth.all() else None


def brier(truth: Truths, probability: Floats) -> float:
    """Mean squared distance of a probability from what came."""
    return float(brier_score_loss(truth, probability, pos_label=True))


def f1(truth: Truths, said: Truths) -> float:
    """Harmonic mean of precision and recall; 0 where nothing was found."""
    either = int(truth.sum()) + int(said.sum())
    return 2 * int((truth & said).sum()) / either if either else 0.0


def best_f1_threshold(truth: Truths, score: Floats) -> float:
    """Score from which on to say yes, so that F1 is highest: midway between neighbours, 0.5 without a positive."""
    if not truth.any():
        return 0.5
    order = np.argsort(-score, kind="stable")
    found = np.cumsum(truth[order])
    f_of = 2 * found / (np.arange(1, truth.size + 1) + truth.sum())
    ranked = score[order]
    ends = np.append(ranked[1:] < ranked[:-1], True)
    at = int(np.argmax(np.where(ends, f_of, -1.0)))
    below = ranked[at + 1] if at + 1 < truth.size else ranked[at]
    return float((ranked[at] + below) / 2)


def rmse(truth: Floats, guess: Floats) -> float:
    return float(np.sqrt(np.mean((truth - guess) ** 2)))


def mae(truth: Floats, guess: Floats) -> float:
    return float(np.mean(np.abs(truth - guess)))


def smape(truth: Floats, guess: Floats) -> float:
    """Mean of |guess - truth| / (|guess| + |truth|) in percent, 0 to 100; two zeros are no error."""
    size = np.abs(truth) + np.abs(guess)
    return 100 * float(np.mean(np.divide(np.abs(truth - guess), size, out=np.zeros_like(size), where=size > 0)))


def coverage(truth: Floats, low: Floats, high: Floats) -> float:
    """Share of truths inside their interval, both ends included."""
    return float(np.mean((truth >= low) & (truth <= high)))


def precision_at_capacity(truth: Truths, score: Floats, round_of: Codes, capacity: int) -> float | None:
    """Share of hits among the units that a crew would visit: the `capacity` highest scores of each round.

    `round_of` names the round (a day, a week) of each row. Ties go to the earlier row. None without rows.
    """
    chosen = within_capacity(score, round_of, capacity)
    return float(truth[chosen].mean()) if chosen.any() else None


def within_capacity(score: Floats, round_of: Codes, capacity: int) -> Truths:
    """Which rows are among the `capacity` highest scores of their round."""
    order = np.lexsort((np.arange(score.size), -score, round_of))
    rounds = round_of[order]
    first = np.searchsorted(rounds, rounds, side="left")
    chosen = np.zeros(score.size, dtype=np.bool_)
    chosen[order[np.arange(score.size) - first < capacity]] = True
    return chosen


def lead_time(flagged: Truths, days_before: Floats) -> float | None:
    """Median days between a warning and what it warned of; None where no warning came true.

    `days_before`: days until the event begins, not a number where none does.
    """
    hits = days_before[flagged & ~np.isnan(days_before)]
    return float(np.median(hits)) if hits.size else None


@dataclass(frozen=True)
class Reliable:
    """One bin of a reliability curve: how many rows, what was said on average, and how often it came true."""

    rows: int
    said: float
    came: float


def reliability(truth: Truths, probability: Floats, bins: int = 10) -> list[Reliable]:
    """Bins of about equal size in the order of the probability; equal probabilities stay in one bin."""
    if not truth.size:
        return []
    edges = np.unique(np.quantile(probability, np.linspace(0, 1, bins + 1)[1:-1]))
    place = np.searchsorted(edges, probability, side="left")
    found = [place == one for one in np.unique(place)]
    return [Reliable(int(at.sum()), float(probability[at].mean()), float(truth[at].mean())) for at in found]


def calibration_error(curve: Sequence[Reliable]) -> float:
    """Mean distance between said and came, by rows (expected calibration error); 0 for an empty curve."""
    rows = sum(one.rows for one in curve)
    return sum(one.rows * abs(one.said - one.came) for one in curve) / rows if rows else 0.0


def of_probability(truth: Truths, probability: Floats) -> dict[str, float]:
    """Average precision, ROC AUC and Brier, as far as they exist."""
    found = {
        "average_precision": average_precision(truth, probability),
        "roc_auc": roc_auc(truth, probability),
        "brier": brier(truth, probability),
    }
    return {name: value for name, value in found.items() if value is not None}


def of_number(truth: Floats, guess: Floats) -> dict[str, float]:
    return {"rmse": rmse(truth, guess), "mae": mae(truth, guess), "smape": smape(truth, guess)}

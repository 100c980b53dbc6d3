"""From a score to a probability that keeps its word."""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from pipelines.learning.metrics import Floats, Truths

# A staircase needs many positives, else it repeats noise: below that many, a curve with two parameters.
ISOTONIC_FROM = 1000
_LEAST_SLOPE = 0.05


@dataclass(frozen=True)
class Calibration:
    """`kind` sigmoid: the odds are slope × score + shift. `kind` isotonic: a rising line through (at, share)."""

    kind: str
    slope: float
    shift: float
    at: Floats
    share: Floats

    def probability(self, score: Floats) -> Floats:
        if self.kind == "isotonic":
            return np.asarray(np.interp(score, self.at, self.share), dtype=np.float64)
        return np.asarray(expit(self.slope * score + self.shift), dtype=np.float64)


def fit(truth: Truths, score: Floats) -> Calibration:
    """Learns from scores that their model gave to rows it had not seen. Isotonic from 1,000 of each kind on."""
    if min(truth.sum(), (~truth).sum()) >= ISOTONIC_FROM:
        return _isotonic(truth, score)
    return _sigmoid(truth, score)


def _isotonic(truth: Truths, score: Floats) -> Calibration:
    line = IsotonicRegression(y_min=1e-4, y_max=1 - 1e-4, out_of_bounds="clip").fit(score, truth)
    return Calibration("isotonic", 0.0, 0.0, np.asarray(line.X_thresholds_), np.asarray(line.y_thresholds_))


def _sigmoid(truth: Truths, score: Floats) -> Calibration:
    """Platt's curve with his smoothed targets left out; a score that points the wrong way is flattened, not turned."""
    none = np.empty(0)
    share = (truth.sum() + 0.5) / (truth.size + 1)
    if not truth.any() or truth.all() or np.ptp(score) == 0:
        return Calibration("sigmoid", 0.0, float(np.log(share / (1 - share))), none, none)
    line = LogisticRegression(C=1e6, max_iter=1000).fit(score[:, None], truth)
    slope, shift = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope < _LEAST_SLOPE:
        slope = _LEAST_SLOPE
        shift = float(np.log(share / (1 - share)) - slope * score.mean())
    return Calibration("sigmoid", slope, shift, none, none)

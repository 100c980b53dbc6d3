"""Has the world moved away from what a model learned?"""

from dataclasses import dataclass

import numpy as np

from pipelines.learning.metrics import Floats, Truths
from pipelines.learning.rows import Rows

# The usual reading of the index: below 0.1 alike, above 0.25 another population.
MOVED = 0.25
BINS = 10
# So many standard deviations between foretold and seen are no chance.
TOO_FAR = 3.0


@dataclass(frozen=True)
class Drift:
    """`moved`: index of each column and of the score; `off`: deviations by which more (or fewer) failures came."""

    moved: dict[str, float]
    off: float

    @property
    def state(self) -> str:
        """`broken`: probabilities no longer hold, the rule takes over; `watch`: inputs have moved; else `steady`."""
        if abs(self.off) > TOO_FAR:
            return "broken"
        return "watch" if max(self.moved.values(), default=0.0) > MOVED else "steady"


def stability(before: Floats, now: Floats) -> float:
    """Population stability index over tenths of `before`; 0 for equal shares, 0 where one is empty."""
    if not before.size or not now.size:
        return 0.0
    edges = np.unique(np.quantile(before, np.linspace(0, 1, BINS + 1)[1:-1]))
    then, since = _shares(edges, before), _shares(edges, now)
    return float(np.sum((since - then) * np.log(since / then)))


def _shares(edges: Floats, values: Floats) -> Floats:
    count = np.bincount(np.searchsorted(edges, values), minlength=edges.size + 1).astype(np.float64)
    return np.asarray((count + 0.5) / (count.sum() + 0.5 * count.size))


def deviations(truth: Truths, probability: Floats, horizon: int) -> float:
    """How far seen failures lie above those foretold. Days of one horizon tell the same event: counted as one."""
    spread = np.sqrt(horizon * np.sum(probability * (1 - probability)))
    return float((truth.sum() - probability.sum()) / spread) if spread else 0.0


def columns(before: Rows, now: Rows) -> dict[str, float]:
    pairs = zip(before.names, before.x.T, now.x.T, strict=True)
    return {name: stability(then, since) for name, then, since in pairs}

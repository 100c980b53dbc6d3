"""Intervals that hold: split conformal prediction, normalised, per group, and moved along with time.

A forecast's error on rows that it did not learn from says how far off the next ones will be. Errors are divided by a
spread that depends on what is forecast; the interval is the forecast ± the quantile of the group's newest errors.
Vovk et al. 2005; Lei et al. 2018 (normalised split conformal); Gibbs and Candès 2021 (moving along with time).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
LEVEL = 0.9
ENOUGH = 60


def quantile(errors: Floats, level: float = LEVEL) -> float:
    """The conformal quantile: the ⌈(n + 1) level⌉-th smallest error; the largest where n is too small for it."""
    known = np.sort(errors[~np.isnan(errors)])
    if not known.size:
        return 0.0
    return float(known[min(int(np.ceil((known.size + 1) * level)), known.size) - 1])


def group_quantiles(errors: Floats, group: Codes, groups: int, level: float = LEVEL) -> Floats:
    """One quantile per group; a group with fewer than ENOUGH errors takes that of all."""
    every = quantile(errors, level)
    found = np.full(groups, every)
    for one in range(groups):
        mine = errors[group == one]
        mine = mine[~np.isnan(mine)]
        if mine.size >= ENOUGH:
            found[one] = quantile(mine, level)
    return found


@dataclass(frozen=True)
class Spread:
    """Typical size of the error by the height of the forecast: means in bins of equal count."""

    edges: Floats
    size: Floats

    @classmethod
    def of(cls, guess: Floats, error: Floats, bins: int = 12) -> "Spread":
        known = ~np.isnan(error)
        guess, error = guess[known], np.abs(error[known])
        if not guess.size:
            return cls(np.array([]), np.array([1.0]))
        edges = np.unique(np.quantile(guess, np.linspace(0, 1, bins + 1)[1:-1]))
        place = np.searchsorted(edges, guess, side="right")
        count = np.bincount(place, minlength=edges.size + 1)
        total = np.bincount(place, weights=error, minlength=edges.size + 1)
        every = max(float(error.mean()), 1e-9)
        # A few rows of weight for the whole: no bin says that nothing can go wrong.
        return cls(edges, (total + 5 * every) / (count + 5))

    def __call__(self, guess: Floats) -> Floats:
        found: Floats = self.size[np.searchsorted(self.edges, guess, side="right")]
        return found


def moving(truth: Floats, guess: Floats, *, calibrate: int, delay: int, block: int, level: float = LEVEL) -> Floats:
    """Half widths of the intervals for the rows after `calibrate`: (times, stations) in, (times - calibrate, …) out.

    Quantiles per station of errors divided by a spread; at the start of each `block` of rows they are taken anew from
    the newest `calibrate` rows whose truth is out by then, that is at least `delay` rows before.
    """
    error = np.abs(truth - guess)
    spread = Spread.of(guess[:calibrate].ravel(), error[:calibrate].ravel())
    size = spread(guess.ravel()).reshape(guess.shape)
    score = error / size
    half = np.empty_like(guess[calibrate:])
    for start in range(calibrate, guess.shape[0], block):
        end = min(start + block, guess.shape[0])
        known = max(start - delay + 1, min(calibrate, start))
        newest = score[max(0, known - calibrate) : known]
        half[start - calibrate : end - calibrate] = _by_station(newest, level)[None, :] * size[start:end]
    return half


def _by_station(score: Floats, level: float) -> Floats:
    """Quantile of each column, shrunk towards that of all where the column is short or empty."""
    known = (~np.isnan(score)).sum(axis=0)
    every = quantile(score.ravel(), level)
    rank = np.minimum(np.ceil((known + 1) * level).astype(int), np.maximum(known, 1)) - 1
    ordered = np.sort(score, axis=0)  # what is not a number comes last
    own = ordered[np.clip(rank, 0, score.shape[0] - 1), np.arange(score.shape[1])]
    return np.where(known >= ENOUGH, np.nan_to_num(own, nan=every), every)

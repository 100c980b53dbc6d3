"""How learning and judging are kept apart: by time with a gap, by groups, and in folds."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedKFold

Truths = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Rows to learn from and rows to be judged by."""

    name: str
    learn: Truths
    judge: Truths

    @property
    def empty(self) -> bool:
        return not (self.learn.any() and self.judge.any())


def by_time(time: Codes, *, judge_from: int, gap: int, judge_to: int | None = None) -> Split:
    """Judges rows at `judge_from` up to before `judge_to`; learns from those at least `gap` earlier.

    A label that looks `h` ahead needs `gap >= h`: else the last rows to learn from know what the first judged do.
    """
    later = time >= judge_from if judge_to is None else (time >= judge_from) & (time < judge_to)
    return Split("time", time < judge_from - gap, later)


def last_windows(time: Codes, *, windows: int, width: int, gap: int) -> list[Split]:
    """Splits whose judged windows of `width` lie one after the other up to the last time, the last one at the end."""
    end = int(time.max()) + 1 if time.size else 0
    starts = [end - width * back for back in range(windows, 0, -1)]
    return [by_time(time, judge_from=start, gap=gap, judge_to=start + width) for start in starts]


def by_blocks(time: Codes, *, folds: int, gap: int) -> list[Split]:
    """Each of `folds` stretches of time is judged by what lies at least `gap` before or after it: for calibration."""
    edges = np.quantile(np.unique(time), np.linspace(0, 1, folds + 1)) if time.size else np.zeros(folds + 1)
    edges[-1] += 1
    spans = pairwise(edges)
    return [Split("blocks", (time < a - gap) | (time >= b + gap), (time >= a) & (time < b)) for a, b in spans]


def by_group(group: Codes, *, folds: int) -> list[Split]:
    """No group (a charger, an engine) is both learned from and judged. Groups go round the folds by their order."""
    names = np.unique(group)
    place = np.searchsorted(names, group) % folds
    return [Split("group", place != fold, place == fold) for fold in range(min(folds, names.size))]


def in_time(time: Codes, *, shares: tuple[int, int, int] = (80, 10, 10)) -> tuple[Truths, Truths, Truths]:
    """Rows for learning, calibrating and judging, in the order of time, by shares of the distinct times."""
    times = np.unique(time)
    first = times.size * shares[0] // sum(shares)
    second = times.size * (shares[0] + shares[1]) // sum(shares)
    place = np.searchsorted(times, time)
    return place < first, (place >= first) & (place < second), place >= second


def stratified(truth: Truths, *, folds: int, seeds: int) -> Iterator[tuple[int, Split]]:
    """(seed, split) of shuffled folds with equal shares of positives, once for each seed 0 .. seeds - 1."""
    for seed in range(seeds):
        parts = StratifiedKFold(folds, shuffle=True, random_state=seed)
        for _, at in parts.split(np.zeros((truth.size, 1)), truth):
            judge = np.zeros(truth.size, dtype=np.bool_)
            judge[at] = True
            yield seed, Split("stratified", ~judge, judge)

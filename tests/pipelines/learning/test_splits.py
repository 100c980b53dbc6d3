"""What is judged was never learned from, nor anything that knows of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.learning import splits

pytestmark = pytest.mark.req("MNT-02")
TIME = np.repeat(np.arange(100), 3)
UNIT = np.tile(np.arange(3), 100)


@given(st.integers(0, 120), st.integers(0, 40))
def test_between_learning_and_judging_lies_the_gap(start: int, gap: int) -> None:
    split = splits.by_time(TIME, judge_from=start, gap=gap)
    if not split.empty:
        assert TIME[split.learn].max() + gap < TIME[split.judge].min()


def test_windows_follow_each_other_to_the_end() -> None:
    parts = splits.last_windows(TIME, windows=3, width=10, gap=5)
    assert [(TIME[p.judge].min(), TIME[p.judge].max(), TIME[p.learn].max()) for p in parts] == [
        (70, 79, 64), (80, 89, 74), (90, 99, 84),
    ]  # fmt: skip


def test_blocks_judge_every_row_once_and_keep_the_gap_on_both_sides() -> None:
    parts = splits.by_blocks(TIME, folds=4, gap=7)
    assert (sum(part.judge.astype(int) for part in parts) == 1).all()
    for part in parts:
        between = np.abs(TIME[part.learn][:, None] - TIME[part.judge][None, :])
        assert between.min() >= 7


def test_no_charger_is_on_both_sides() -> None:
    parts = splits.by_group(UNIT, folds=2)
    assert all(not set(UNIT[p.learn]) & set(UNIT[p.judge]) for p in parts)
    assert (sum(p.judge.astype(int) for p in parts) == 1).all()


def test_shares_of_time_keep_their_order() -> None:
    learn, tune, judge = splits.in_time(TIME)
    assert [TIME[part].max() - TIME[part].min() + 1 for part in (learn, tune, judge)] == [80, 10, 10]
    assert (learn | tune | judge).all()


def test_folds_have_equal_shares_and_differ_by_seed() -> None:
    truth = np.arange(100) % 10 == 0
    found = list(splits.stratified(truth, folds=5, seeds=2))
    assert [int(truth[split.judge].sum()) for _, split in found] == [2] * 10
    assert [seed for seed, _ in found] == [0] * 5 + [1] * 5
    assert not np.array_equal(found[0][1].judge, found[5][1].judge)

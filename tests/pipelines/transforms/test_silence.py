"""Runs of empty days, whom the question is asked of, which days have an answer, and that no future gets in."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipelines.transforms import silence, unit_features, usage
from pipelines.transforms.unit_features import FEATURES, HEARD, Feature
from tests.pipelines import networks

pytestmark = pytest.mark.req("MNT-02")
DAY = 150
TABLES = arrays(np.int64, (3, 70), elements=st.integers(0, 4))


def one(*days: int) -> usage.Grid:
    return networks.grid(np.array([days]))


def test_a_run_begins_on_its_first_empty_day_and_is_known_on_its_fifth() -> None:
    grid = one(2, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3)
    assert np.flatnonzero(silence.begins(grid)[0]).tolist() == [1]
    assert np.flatnonzero(silence.reached(grid)[0]).tolist() == [5]
    assert silence.falls_within(grid, 7)[0, 0] and not silence.falls_within(grid, 7)[0, 1]
    assert silence.days_until(grid)[0, 0] == 1 and np.isnan(silence.days_until(grid)[0, 1])


def test_days_before_the_first_session_are_not_empty() -> None:
    assert not silence.begins(one(0, 0, 0, 0, 0, 0, 2, 1)).any()


def test_asked_are_chargers_with_a_session_a_day_and_one_in_the_last_two_days() -> None:
    busy, lately_still = [1] * 30, [2] * 28 + [0, 0]
    grid = networks.grid(np.array([busy, lately_still]))
    assert silence.in_use(grid)[:, -1].tolist() == [True, False]
    assert silence.in_use(grid)[:, 26].tolist() == [False, False]


def test_days_whose_future_the_data_does_not_hold_have_no_answer() -> None:
    grid = one(*[2] * 40)
    assert np.flatnonzero(silence.answered(grid, 7)).tolist() == list(range(28))


def test_a_day_on_which_a_busy_network_is_wholly_still_was_not_observed() -> None:
    table = np.full((20, 60), 4)
    table[:, 30:33] = 0
    grid = networks.grid(table)
    assert np.flatnonzero(~grid.observed).tolist() == [30, 31, 32]
    assert not silence.answered(grid, 7)[25] and not silence.in_use(grid)[:, 40].any()
    small = np.full((1, 60), 2)
    small[:, 30:36] = 0
    assert networks.grid(small).observed.all()


@given(TABLES)
def test_an_answer_is_what_a_walk_over_the_days_finds(table: np.ndarray) -> None:  # type: ignore[type-arg]
    grid = networks.grid(table)
    empty, found = silence.empty_days(grid), silence.falls_within(grid, 7)
    for unit in range(3):
        starts = [d for d in range(70) if empty[unit, d] and (d == 0 or not empty[unit, d - 1])]
        runs = [d for d in starts if empty[unit, d : d + 5].sum() == 5]
        expected = [any(d < start <= d + 7 for start in runs) for d in range(70)]
        assert found[unit].tolist() == expected


def known_only(feature: Feature) -> bool:
    """Whether a column says the same of a day, whatever is done to the days after it."""
    rng, table = np.random.default_rng(1), networks.counts()
    grid = networks.grid(table)
    for name in ("short", "trouble", "trouble_hour", "lost"):
        grid.values[name][:] = rng.integers(0, 3, table.shape)
    then = feature(grid)[:, : DAY + 1]
    shuffled = {name: values.copy() for name, values in grid.values.items()}
    for values in shuffled.values():
        values[:, DAY + 1 :] = rng.permuted(values[:, DAY + 1 :], axis=1)[::-1]
    removed = feature(grid.until(grid.first + DAY))
    return bool(
        np.array_equal(then, removed) and np.array_equal(then, feature(replace(grid, values=shuffled))[:, : DAY + 1])
    )


@pytest.mark.parametrize("name", FEATURES | HEARD)
def test_no_column_knows_the_future(name: str) -> None:
    assert known_only((FEATURES | HEARD)[name])


@pytest.mark.parametrize(
    "cheat",
    [
        lambda g: silence.falls_within(g, 7).astype(float),
        lambda g: np.roll(unit_features.per_day(g), -1, axis=1),
        lambda g: g.values["sessions"] / g.values["sessions"].mean(axis=1, keepdims=True),
    ],
    ids=["the answer itself", "tomorrow's column", "a mean over all time"],
)
def test_a_column_made_of_the_future_is_found_out(cheat: Feature) -> None:
    assert not known_only(cheat)


def test_columns_say_what_their_names_say() -> None:
    grid = one(*[2] * 28, 0, 0, 0, 0, 0, 0, 2)
    assert unit_features.longest_gap(grid)[0, -1] == 6
    assert unit_features.times_silent(grid, 120)[0, -1] == 1 and unit_features.gaps_of(grid, 3, 56)[0, -1] == 1
    assert unit_features.empty_in(grid)[0, -1] == 6
    assert unit_features.per_day(grid)[0, -1] == pytest.approx(44 / 28)
    even = unit_features.chance_of_gap(one(*[2] * 40), 0.5)[0, -1]
    assert even == pytest.approx(-10)  # a Poisson day of mean 2 is empty with chance e^-2, five of them with e^-10

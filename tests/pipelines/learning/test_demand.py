import numpy as np
import pytest

from pipelines.learning import conformal
from pipelines.learning.demand import Effort, Grid, TooShort, compete
from pipelines.learning.demand.features import Features, Scale
from pipelines.learning.demand.naive import LAST_WEEK, NAIVES

EFFORT = Effort(pairs=4_000, trees=15)
HOURS = 24 * 7 * 8


def grid(values: np.ndarray) -> Grid:
    return Grid(values.astype(np.float32), tuple(map(str, range(values.shape[1]))), 0, 3600)


def rhythm(noise: float, stations: int = 6, hours: int = HOURS) -> np.ndarray:
    random, t = np.random.default_rng(1), np.arange(hours)[:, None]
    base = 10 + 5 * np.sin(2 * np.pi * (t % 24) / 24) + 3 * ((t // 24) % 7 >= 5)
    drift = np.zeros((hours, stations))
    steps = random.normal(size=(hours, stations)) * noise
    for at in range(1, hours):
        drift[at] = 0.9 * drift[at - 1] + steps[at]
    return np.maximum(base * np.arange(1, stations + 1) + drift * np.arange(1, stations + 1), 0)


@pytest.mark.req("ANA-05")
@pytest.mark.parametrize("horizon", [1, 6, 24, 30, 168, 200])
def test_nothing_after_the_origin_is_looked_at(horizon: int) -> None:
    values = rhythm(1.0)
    target = np.array([800, 900, 1000])
    scale = Scale.of(values[:700].astype(np.float32))
    before = Features(grid(values), scale, horizon).of(target)
    for n, at in enumerate(target):
        changed = values.copy()
        changed[at - horizon + 1 :] = 1e6
        after = Features(grid(changed), scale, horizon).of(target[n : n + 1])
        np.testing.assert_array_equal(after, before[n * 6 : n * 6 + 6])
        for naive in NAIVES.values():
            np.testing.assert_array_equal(
                naive(grid(changed), target[n : n + 1], horizon), naive(grid(values), target[n : n + 1], horizon)
            )


@pytest.mark.req("ANA-05")
def test_naive_forecasts_are_what_they_say() -> None:
    values = np.arange(400.0)[:, None]
    guess = {name: int(naive(grid(values), np.array([399]), 30)[0, 0]) for name, naive in NAIVES.items()}
    assert guess == {"last value": 369, "same hour yesterday": 351, LAST_WEEK: 231}


@pytest.mark.req("ANA-05")
def test_the_learned_one_ships_where_there_is_something_to_learn() -> None:
    found = compete(grid(rhythm(1.0)), 3, effort=EFFORT)
    assert found.shipped == found.model.name
    truth, guess = found.truth.astype(float), found.model.guess.astype(float)
    by_hand = 100 * np.mean(np.abs(truth - guess) / (truth + guess))
    assert found.model.metrics["smape"] == pytest.approx(by_hand, rel=1e-4)
    assert all(found.model.metrics["rmse"] < 0.9 * one.metrics["rmse"] for one in found.naives)
    assert 0.86 <= found.model.metrics["coverage"] <= 0.94


@pytest.mark.req("ANA-05")
def test_a_naive_one_ships_where_it_wins() -> None:
    random = np.random.default_rng(3)
    week = random.gamma(2, 5, size=(168, 4))
    found = compete(grid(np.tile(week, (8, 1))), 24, effort=EFFORT)
    assert found.shipped == LAST_WEEK and found.winner.metrics["rmse"] == 0


@pytest.mark.req("ANA-05")
def test_the_test_part_has_no_say() -> None:
    values = rhythm(1.0)
    changed = values.copy()
    changed[-HOURS // 10 :] = np.random.default_rng(0).normal(50, 40, changed[-HOURS // 10 :].shape)
    first, second = (compete(grid(one), 3, effort=EFFORT) for one in (values, changed))
    assert first.shipped == second.shipped and first.model.validation == second.model.validation


@pytest.mark.req("ANA-05")
def test_constant_empty_new_and_closed_stations_and_holes() -> None:
    values = rhythm(1.0, stations=6)
    values[:, 0], values[:, 1], values[: HOURS // 2, 2], values[HOURS // 2 :, 3] = 7, np.nan, np.nan, 0
    values[::9, 4] = np.nan
    found = compete(grid(values), 1, effort=EFFORT, ahead=1)
    assert found.target[-1] == HOURS and np.isnan(found.truth[-1]).all()
    assert np.isfinite(found.model.guess).all() and (found.model.low >= 0).all()
    assert abs(float(found.model.guess[-1, 0]) - 7) < 0.5 and float(found.model.guess[-1, 3]) < 1.5


@pytest.mark.req("ANA-05")
def test_too_short_says_how_many_are_needed() -> None:
    with pytest.raises(TooShort, match="20 times are too few for 24 steps ahead"):
        compete(grid(rhythm(1.0, hours=20)), 24)
    with pytest.raises(TooShort, match="no value"):
        compete(grid(np.full((400, 2), np.nan)), 1)


@pytest.mark.req("ANA-05")
def test_conformal_quantile_is_the_ranked_error() -> None:
    assert conformal.quantile(np.arange(1.0, 100), 0.9) == 90
    assert conformal.quantile(np.array([3.0, 1.0]), 0.9) == 3
    assert conformal.quantile(np.array([]), 0.9) == 0


@pytest.mark.req("ANA-05")
def test_intervals_follow_errors_that_grow() -> None:
    random = np.random.default_rng(2)
    size = np.where(np.arange(1200) < 700, 1.0, 3.0)[:, None]
    truth, guess = random.normal(size=(1200, 5)) * size, np.zeros((1200, 5))
    half = conformal.moving(truth, guess, calibrate=300, delay=24, block=24)
    late = np.abs(truth[1100:]) <= half[800:]
    assert 0.86 <= float(late.mean()) <= 0.94

"""Figures against values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.learning import metrics

pytestmark = pytest.mark.req("MNT-02")
TRUTH = np.array([True, False, True, False, False])
SCORE = np.array([0.9, 0.8, 0.7, 0.2, 0.1])


def test_average_precision_is_the_mean_precision_at_each_hit() -> None:
    assert metrics.average_precision(TRUTH, SCORE) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.roc_auc(TRUTH, SCORE) == pytest.approx(5 / 6)
    assert metrics.brier(TRUTH, SCORE) == pytest.approx((0.01 + 0.64 + 0.09 + 0.04 + 0.01) / 5)


def test_figures_that_do_not_exist_are_left_out() -> None:
    none = np.zeros(3, dtype=np.bool_)
    assert metrics.of_probability(none, SCORE[:3]).keys() == {"brier"}


def test_errors_of_numbers() -> None:
    found = metrics.of_number(np.array([0.0, 2.0, 4.0]), np.array([0.0, 1.0, 8.0]))
    assert found == pytest.approx({"rmse": (17 / 3) ** 0.5, "mae": 5 / 3, "smape": 100 * (0 + 1 / 3 + 4 / 12) / 3})
    assert metrics.coverage(np.arange(4.0), np.array([0.0, 2, 2, 2]), np.array([0.0, 3, 3, 3])) == 0.75


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=1, max_size=30))
def test_no_threshold_beats_the_best(rows: list[tuple[bool, int]]) -> None:
    truth, score = np.array([hit for hit, _ in rows]), np.array([float(at) for _, at in rows])
    best = metrics.f1(truth, score >= metrics.best_f1_threshold(truth, score))
    assert best >= max(metrics.f1(truth, score >= at) for at in range(8)) - 1e-12 or not truth.any()


def test_a_crew_goes_to_the_highest_of_each_round() -> None:
    rounds = np.array([1, 1, 1, 2, 2])
    assert metrics.within_capacity(SCORE, rounds, 1).tolist() == [True, False, False, True, False]
    assert metrics.precision_at_capacity(TRUTH, SCORE, rounds, 1) == 0.5
    assert metrics.precision_at_capacity(TRUTH, SCORE, rounds, 3) == 2 / 5


def test_lead_time_is_the_median_of_warnings_that_came_true() -> None:
    ahead = np.array([2.0, np.nan, 5.0, 1.0])
    assert metrics.lead_time(np.array([True, True, True, False]), ahead) == 3.5
    assert metrics.lead_time(np.array([False, True, False, False]), ahead) is None


def test_reliability_of_a_probability_that_keeps_its_word() -> None:
    rng = np.random.default_rng(0)
    said = rng.uniform(0, 1, 20_000)
    curve = metrics.reliability(rng.uniform(0, 1, 20_000) < said, said)
    assert len(curve) == 10 and sum(one.rows for one in curve) == 20_000
    assert metrics.calibration_error(curve) < 0.01
    assert metrics.calibration_error(metrics.reliability(rng.uniform(0, 1, 20_000) < said / 2, said)) > 0.2


def test_equal_probabilities_share_a_bin() -> None:
    (only,) = metrics.reliability(TRUTH, np.full(5, 0.3))
    assert (only.rows, only.said, only.came) == (5, pytest.approx(0.3), pytest.approx(0.4))

import numpy as np
import pytest

from pipelines.learning.pricing import off_policy, simulate
from saas.contracts.pricerule import Answer


def left(price: float) -> float:
    return 10.0 * (price - 200_000)


@pytest.mark.req("ANA-05")
def test_simulation_knows_which_price_leaves_more() -> None:
    answers = [Answer(price_micro=300_000, tried=60, taken=300), Answer(price_micro=500_000, tried=60, taken=240)]
    found = simulate(answers, fixed_micro=300_000, rule_micro=500_000, left=left)
    assert found is not None and found.low > 0
    assert found.fixed == pytest.approx(5 * left(300_000), rel=0.05) and found.rule == pytest.approx(
        4 * left(500_000), rel=0.05
    )
    worse = simulate(answers, fixed_micro=500_000, rule_micro=300_000, left=left)
    assert worse is not None and worse.high < 0


@pytest.mark.req("ANA-05")
def test_nothing_is_simulated_where_prices_never_varied() -> None:
    one = Answer(price_micro=300_000, tried=300, taken=300)
    few = Answer(price_micro=400_000, tried=5, taken=5)
    assert simulate([one, few], fixed_micro=300_000, rule_micro=400_000, left=left) is None


@pytest.mark.req("ANA-05")
def test_off_policy_finds_the_truth_behind_a_biased_log() -> None:
    """Weekends are worth more and the high price was tried mostly then: a plain mean would praise it."""
    random = np.random.default_rng(4)
    weekend = (np.arange(1400) % 7 >= 5).astype(np.int64)
    high = random.random(1400) < np.where(weekend == 1, 0.8, 0.15)
    price = np.where(high, 500_000.0, 400_000.0)
    reward = 10 + 8 * weekend - 2 * high + random.normal(size=1400)
    truth = 8 + 8 * 2 / 7
    found = off_policy(price, weekend, reward, 500_000)
    assert found.doubly_robust == pytest.approx(truth, abs=0.3) and abs(reward[high].mean() - truth) > 1
    assert found.low is not None and found.high is not None and found.low < truth < found.high
    assert 10 < found.effective < 1400 and found.snips == pytest.approx(truth, abs=0.5)


@pytest.mark.req("ANA-05")
def test_off_policy_refuses_what_was_never_tried() -> None:
    weekend = np.array([0, 1] * 50)
    price = np.where(weekend == 1, 500_000.0, 400_000.0)
    assert off_policy(price, weekend, np.ones(100), 500_000).refused == "no_overlap"
    assert off_policy(price, weekend, np.ones(100), 700_000).doubly_robust is None
    assert off_policy(np.array([]), np.array([], dtype=np.int64), np.array([]), 1).refused == "no_overlap"

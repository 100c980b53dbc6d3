from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.contracts.pricerule import (
    NEWEST,
    Answer,
    Decision,
    Inputs,
    RuleUnknown,
    decide,
    floor,
    ironed_reserve,
    uniform_reserve,
)

PLAIN = Inputs(
    current_micro=400_000, energy_cost_micro=200_000, losses_bp=1000, wear_micro=10_000, profit_micro=50_000,
    fee_bp=1500,
)  # fmt: skip
NEAR = (500_000, 520_000, 610_000)


def given_inputs(**changes: object) -> Inputs:
    return msgspec.structs.replace(PLAIN, **changes)


def even(low: int, high: int, step: int) -> list[Answer]:
    """Drivers whose values lie evenly between low and high, asked at each price."""
    chances = (high - low) * 10
    return [Answer(price_micro=p * 1000, tried=chances, taken=(high - p) * 10) for p in range(low, high + 1, step)]


@pytest.mark.req("ANA-05")
def test_reserve_of_even_values_is_exact() -> None:
    assert uniform_reserve(Fraction(2, 10), Fraction(8, 10), Fraction(25, 100)) == Fraction(525, 1000)
    assert uniform_reserve(Fraction(6, 10), Fraction(8, 10), Fraction(0)) == Fraction(6, 10)
    assert ironed_reserve(even(200, 800, 5), Fraction(250_000)) == 525_000


@pytest.mark.req("ANA-05")
def test_ironing_takes_the_price_that_leaves_most() -> None:
    two_crowds = [
        Answer(price_micro=200_000, tried=1000, taken=1000), Answer(price_micro=300_000, tried=1000, taken=400),
        Answer(price_micro=400_000, tried=1000, taken=380), Answer(price_micro=700_000, tried=1000, taken=300),
    ]  # fmt: skip
    for cost in range(0, 700_000, 50_000):
        found = ironed_reserve(two_crowds, Fraction(cost))
        assert found is not None
        best = max(Fraction(a.taken, a.tried) * (a.price_micro - cost) for a in two_crowds)
        sold = next(Fraction(a.taken, a.tried) for a in two_crowds if a.price_micro == found)
        assert sold * (found - cost) == best


@pytest.mark.req("ANA-05")
def test_no_estimate_where_prices_never_varied() -> None:
    assert ironed_reserve([Answer(price_micro=400_000, tried=900, taken=500)], Fraction(1)) is None
    assert ironed_reserve([], Fraction(1)) is None
    too_short = [Answer(price_micro=p, tried=19, taken=9) for p in (300_000, 400_000)]
    assert ironed_reserve(too_short, Fraction(1)) is None
    found = decide(NEWEST, PLAIN)
    assert found.reserve_micro is None and found.reasons == ("no_estimate", "kept") and found.price_micro == 400_000


@pytest.mark.req("ANA-05", "MKT-04")
def test_floor_covers_losses_fee_wear_and_profit() -> None:
    lowest = floor(PLAIN)
    left = lowest * (1 - Fraction(1500, 10_000)) - Fraction(200_000) / (1 - Fraction(1000, 10_000)) - 10_000
    assert left == 50_000
    cheap = decide(NEWEST, given_inputs(current_micro=310_000))
    assert cheap.price_micro == 340_000 >= lowest and "floor" in cheap.reasons


@pytest.mark.req("ANA-05")
def test_limits_in_the_order_of_the_rule() -> None:
    step = decide(NEWEST, given_inputs(neighbours_micro=NEAR))
    assert step.price_micro == 440_000 and step.reasons == ("no_estimate", "neighbours", "change_limit")
    free = given_inputs(neighbours_micro=NEAR, most_change_bp=10_000)
    assert decide(NEWEST, free).price_micro == 520_000
    capped = decide(NEWEST, msgspec.structs.replace(free, most_micro=450_000))
    assert capped.price_micro == 450_000 and capped.reasons[-1] == "most"
    dear = given_inputs(answers=tuple(even(200, 1800, 50)), neighbours_micro=NEAR, most_change_bp=10_000)
    assert decide(NEWEST, dear).price_micro == 650_000 and "neighbours_cap" in decide(NEWEST, dear).reasons
    assert "cost_unknown" in decide(NEWEST, given_inputs(energy_cost_micro=0)).reasons


@pytest.mark.req("ANA-05", "MKT-05")
def test_one_rule_for_suggestion_auction_and_walk_up() -> None:
    known = given_inputs(answers=tuple(even(200, 1000, 10)), neighbours_micro=NEAR)
    posted, reserve, walk_up = (decide(NEWEST, known, use) for use in ("posted", "auction", "walk_up"))
    assert posted.floor_micro == reserve.floor_micro == walk_up.floor_micro
    assert reserve.reserve_micro == posted.reserve_micro
    assert posted.price_micro == 440_000  # a step of ten percent from today
    assert reserve.price_micro == pytest.approx(reserve.reserve_micro, abs=5_000)
    assert walk_up.price_micro == 650_000  # at once, but not far above the neighbours
    nothing = decide(NEWEST, given_inputs(neighbours_micro=NEAR), "auction")
    assert nothing.price_micro == 340_000 and nothing.reasons[0] == "no_estimate"  # the floor; bids do the rest


@pytest.mark.req("ANA-05")
def test_unknown_rule_is_refused() -> None:
    with pytest.raises(RuleUnknown):
        decide("0", PLAIN)


amounts = st.integers(0, 2_000_000)
answers = st.lists(
    st.builds(Answer, price_micro=st.integers(1, 2_000_000), tried=st.integers(0, 300), taken=st.integers(0, 400)),
    max_size=6,
).map(tuple)
some_inputs = st.builds(
    Inputs, current_micro=st.integers(1, 2_000_000), energy_cost_micro=amounts, losses_bp=st.integers(0, 5000),
    wear_micro=amounts, profit_micro=amounts, fee_bp=st.integers(0, 5000), least_micro=st.integers(0, 100_000),
    neighbours_micro=st.lists(amounts, max_size=6).map(tuple), answers=answers,
    most_micro=st.one_of(st.none(), st.integers(100_000, 2_000_000)), most_change_bp=st.integers(1, 10_000),
    step_micro=st.sampled_from([1, 10_000, 1_000_000]),
)  # fmt: skip


@pytest.mark.req("ANA-05")
@given(some_inputs, st.sampled_from(["posted", "auction", "walk_up"]))
def test_stays_in_the_policy_and_is_the_same_after_storing(inputs: Inputs, use: str) -> None:
    found = decide(NEWEST, inputs, use)  # type: ignore[arg-type]
    assert inputs.least_micro <= found.price_micro
    assert inputs.most_micro is None or found.price_micro <= inputs.most_micro
    stored = msgspec.json.encode([inputs, found])
    again, before = msgspec.json.decode(stored, type=tuple[Inputs, Decision])
    assert decide(before.rule, again, use) == before == found  # type: ignore[arg-type]

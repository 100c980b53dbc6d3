"""Sharing a limit: what must always hold, and who gets what."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.power.core import Charger, Circuit, bounds_of, share

from .worlds import worlds

pytestmark = pytest.mark.req("CHG-07")
World = tuple[list[Circuit], list[Charger]]


def given_ma(circuits: list[Circuit], chargers: list[Charger]) -> dict[int, int]:
    return {key: grant.current_ma for key, grant in share(circuits, chargers).items()}


@given(worlds())
@settings(max_examples=150)
def test_no_circuit_gives_more_than_it_has_on_any_line(world: World) -> None:
    within_the_limits(world)


@pytest.mark.slow
@given(worlds())
@settings(max_examples=4_000)
def test_nor_in_thousands_of_trees(world: World) -> None:
    within_the_limits(world)


def within_the_limits(world: World) -> None:
    circuits, chargers = world
    baseline = {c.key: c.floor_ma if c.fixed_ma is None else c.fixed_ma for c in chargers}
    got = given_ma(circuits, chargers)
    for bound in bounds_of(circuits, chargers):
        assert bound.load(got) <= max(bound.capacity, bound.load(baseline)), bound


@given(worlds())
@settings(max_examples=60)
def test_everybody_gets_something_that_they_can_use(world: World) -> None:
    circuits, chargers = world
    got = given_ma(circuits, chargers)
    assert set(got) == {charger.key for charger in chargers}
    for charger in chargers:
        current = got[charger.key]
        if charger.fixed_ma is not None:
            assert current == charger.fixed_ma
        elif charger.idle:
            assert current in (charger.floor_ma, charger.fallback_ma)
        elif current > charger.floor_ma:
            assert charger.min_ma <= current <= max(charger.max_ma, charger.min_ma)


@given(worlds(), st.randoms())
@settings(max_examples=60)
def test_the_order_of_the_rows_does_not_matter(world: World, random: object) -> None:
    circuits, chargers = world
    shuffled = list(chargers)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert given_ma(circuits, chargers) == given_ma(circuits[::-1], shuffled)


@given(worlds())
@settings(max_examples=60)
def test_told_again_it_does_not_flap(world: World) -> None:
    circuits, chargers = world
    chargers = [replace(c, needed_ma=None, laxity_s=None, running_s=0, waiting_s=0) for c in chargers]
    got = given_ma(circuits, chargers)
    told = [replace(c, present_ma=got[c.key]) for c in chargers]
    again = given_ma(circuits, told)
    third = given_ma(circuits, [replace(c, present_ma=again[c.key]) for c in told])
    assert third == again


@given(worlds())
@settings(max_examples=60)
def test_nothing_is_left_over_that_somebody_could_use(world: World) -> None:
    circuits, chargers = world
    chargers = [replace(c, present_ma=0, idle=False) for c in chargers]
    got = given_ma(circuits, chargers)
    bounds = bounds_of(circuits, chargers)
    for charger in chargers:
        if (
            charger.fixed_ma is None
            and charger.floor_ma < got[charger.key]
            and got[charger.key] + 1_000 <= charger.max_ma
        ):
            more = got | {charger.key: got[charger.key] + 1_000}
            assert any(bound.load(more) > bound.capacity for bound in bounds)


SITE = [Circuit(1, limit_ma=32_000)]


def ev(key: int, **fields: object) -> Charger:
    return Charger(key=key, circuit=1, max_ma=fields.pop("max_ma", 32_000), **fields)  # type: ignore[arg-type]


def test_equals_share_equally() -> None:
    assert given_ma(SITE, [ev(1), ev(2)]) == {1: 16_000, 2: 16_000}
    assert given_ma(SITE, [ev(1, max_ma=10_000), ev(2)]) == {1: 10_000, 2: 22_000}
    assert given_ma(SITE, [ev(1), ev(2), ev(3)]) == {1: 10_600, 2: 10_600, 3: 10_600}


def test_a_higher_priority_is_filled_first_and_the_lower_keeps_its_minimum() -> None:
    assert given_ma(SITE, [ev(1), ev(2, priority=5)]) == {1: 6_000, 2: 26_000}


def test_whoever_must_leave_soon_gets_what_it_needs_first() -> None:
    hurried = ev(2, laxity_s=600, needed_ma=20_000)
    assert given_ma(SITE, [ev(1), hurried, ev(3)]) == {1: 6_000, 2: 20_000, 3: 6_000}


def test_less_than_the_minimum_for_all_pauses_the_last_and_turns_change() -> None:
    site = [Circuit(1, limit_ma=12_000)]
    three = [ev(1, present_ma=6_000, running_s=100), ev(2, present_ma=6_000, running_s=100), ev(3, waiting_s=500)]
    assert given_ma(site, three) == {1: 6_000, 2: 6_000, 3: 0}
    assert share(site, three)[3].reason == "minimum"
    later = [replace(three[0], running_s=1_000), replace(three[1], running_s=1_200), three[2]]
    assert given_ma(site, later) == {1: 6_000, 2: 0, 3: 6_000}


def test_vehicles_on_one_line_take_nothing_from_the_others() -> None:
    three = [ev(key, lines=(key,), phases=1) for key in (1, 2, 3)]
    assert given_ma(SITE, three) == {1: 32_000, 2: 32_000, 3: 32_000}
    unknown = [ev(1, phases=1), ev(2, phases=1)]
    assert given_ma(SITE, unknown) == {1: 16_000, 2: 16_000}


def test_a_branch_holds_and_the_other_takes_the_rest() -> None:
    tree = [Circuit(1, limit_ma=50_000), Circuit(2, parent=1, limit_ma=16_000)]
    got = given_ma(tree, [Charger(1, 2, 32_000), Charger(2, 2, 32_000), Charger(3, 1, 32_000)])
    assert got == {1: 8_000, 2: 8_000, 3: 32_000}


def test_a_limit_in_watts() -> None:
    tree = [Circuit(1, limit_w=11_000)]
    assert given_ma(tree, [Charger(1, 1, 32_000)]) == {1: 15_900}
    assert given_ma(tree, [Charger(1, 1, 32_000, lines=(1,), phases=1)]) == {1: 32_000}


def test_what_the_building_takes_is_not_there() -> None:
    tree = [Circuit(1, limit_ma=32_000, building_ma=(0, 20_000, 0))]
    assert given_ma(tree, [ev(1)]) == {1: 12_000}
    assert given_ma(tree, [ev(1, lines=(1,), phases=1)]) == {1: 32_000}


def test_what_cannot_be_steered_counts_first() -> None:
    assert given_ma(SITE, [ev(1, fixed_ma=20_000), ev(2)]) == {1: 20_000, 2: 12_000}
    assert given_ma(SITE, [ev(1, fixed_ma=40_000), ev(2)]) == {1: 40_000, 2: 0}


def test_an_empty_place_keeps_its_fallback_only_from_what_nobody_needs() -> None:
    empty = ev(1, idle=True, fallback_ma=10_000, leased=True)
    assert given_ma(SITE, [empty, ev(2, max_ma=16_000)]) == {1: 10_000, 2: 16_000}
    grants = share(SITE, [empty, ev(2, leased=True)])
    assert (grants[1].current_ma, grants[1].reason, grants[2].current_ma) == (0, "held", 32_000)


def test_what_never_ends_leaves_room_for_the_fallbacks_of_the_others() -> None:
    """A raise that ends by itself may use their room; one that stays when the cloud is gone may not."""
    empty = ev(1, idle=True, fallback_ma=10_000, leased=True)
    assert given_ma(SITE, [empty, ev(2, leased=True)])[2] == 32_000
    assert given_ma(SITE, [empty, ev(2, leased=False)])[2] == 22_000

"""The way from one sharing to the next: whatever is heard of the messages, no limit is exceeded on the way."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.power.core import Charger, Circuit, Promise, bounds_of, share, steps
from tenants.power.core.promise import HOLD, RAISE, SETTLE, SKEW, lease

from .worlds import worlds

pytestmark = pytest.mark.req("CHG-07")
World = tuple[list[Circuit], list[Charger]]
NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@given(worlds(), st.data())
@settings(max_examples=80)
def test_in_no_order_of_answers_is_a_limit_exceeded(after: World, data: st.DataObject) -> None:
    circuits, chargers = after
    bounds = bounds_of(circuits, chargers)
    start = {c.key: data.draw(st.integers(0, 40_000)) for c in chargers}
    may = dict(start)
    targets = {key: grant.current_ma for key, grant in share(circuits, chargers).items()}
    least = {c.key: c.min_ma for c in chargers}
    for _ in range(4):
        told = {m.key: m.current_ma for m in steps(bounds, targets=targets, may=may, least=least, order=list(may))}
        worst = {key: max(may[key], told.get(key, 0)) for key in may}
        for bound in bounds:
            assert bound.load(worst) <= max(bound.capacity, bound.load(may))
        heard = {key for key in told if data.draw(st.booleans())}
        may = {key: told[key] if key in heard else worst[key] for key in may}


@given(worlds())
@settings(max_examples=60)
def test_when_all_are_heard_everybody_arrives(world: World) -> None:
    circuits, chargers = world
    bounds = bounds_of(circuits, chargers)
    targets = {key: grant.current_ma for key, grant in share(circuits, chargers).items()}
    may = {c.key: c.fixed_ma or 0 for c in chargers}
    least = {c.key: c.min_ma for c in chargers}
    for _ in range(3):
        may |= {m.key: m.current_ma for m in steps(bounds, targets=targets, may=may, least=least, order=sorted(may))}
    exceeded = any(bound.load(targets) > bound.capacity for bound in bounds)
    assert exceeded or may == targets


def test_a_raise_waits_for_the_lowering_that_makes_room() -> None:
    bounds = bounds_of([Circuit(1, limit_ma=32_000)], [Charger(1, 1, 32_000), Charger(2, 1, 32_000)])
    ask = {"targets": {1: 16_000, 2: 16_000}, "least": {1: 6_000, 2: 6_000}, "order": [1, 2]}
    first = steps(bounds, may={1: 32_000, 2: 0}, **ask)  # type: ignore[arg-type]
    assert [(m.key, m.current_ma) for m in first] == [(1, 16_000)]
    second = steps(bounds, may={1: 16_000, 2: 0}, **ask)  # type: ignore[arg-type]
    assert [(m.key, m.current_ma) for m in second] == [(2, 16_000)]


def test_a_lowering_counts_once_the_vehicle_has_had_time_to_follow() -> None:
    promise = Promise(32_000).ask(10_000, now=NOW, until=None)
    assert promise.may_ma(NOW, 6_000) == 32_000
    agreed = promise.accepted(now=NOW, fallback_ma=6_000)
    assert agreed.may_ma(NOW + SETTLE - timedelta(seconds=1), 6_000) == 32_000
    assert agreed.may_ma(NOW + SETTLE, 6_000) == 10_000


def test_what_was_never_answered_may_hold() -> None:
    promise = Promise(6_000).ask(20_000, now=NOW, until=None).unanswered()
    assert promise.may_ma(NOW, 6_000) == 20_000
    again = promise.ask(8_000, now=NOW, until=None).accepted(now=NOW, fallback_ma=6_000)
    assert again.may_ma(NOW + SETTLE, 6_000) == 8_000
    assert Promise(6_000).ask(20_000, now=NOW, until=None).refused().may_ma(NOW, 6_000) == 6_000


def test_a_lease_ends_in_the_fallback_with_clocks_that_are_off() -> None:
    until = NOW + RAISE
    high = Promise(20_000).ask(20_000, now=NOW, until=until).accepted(now=NOW, fallback_ma=6_000)
    assert high.may_ma(until + SKEW - timedelta(seconds=1), 6_000) == 20_000
    assert high.may_ma(until + SKEW, 6_000) == 6_000
    low = Promise(0).ask(0, now=NOW, until=until).accepted(now=NOW, fallback_ma=6_000)
    assert low.may_ma(until - SKEW, 6_000) == 6_000
    assert low.may_ma(until - SKEW - timedelta(seconds=1), 6_000) == 0


@given(st.lists(st.integers(-1_000, 1_000), max_size=4))
def test_what_was_raised_ends_before_what_was_lowered_for_it(offsets: list[int]) -> None:
    holds = [NOW + timedelta(seconds=offset) for offset in offsets]
    end = lease(now=NOW, holds=holds, hold=False)
    assert end is None or all(end + SKEW <= until - SKEW for until in holds)
    assert lease(now=NOW, holds=holds, hold=True) == NOW + HOLD


def test_a_lease_that_is_over_is_not_renewed_but_forgotten() -> None:
    high = Promise(20_000, NOW, NOW + RAISE)
    assert high.lapsed(NOW + RAISE, 6_000) == high, "clocks may be off"
    over = high.lapsed(NOW + RAISE + SKEW, 6_000)
    assert (over.agreed_ma, over.agreed_until, over.due(NOW + 2 * RAISE, 6_000)) == (6_000, None, False)


def test_leases_are_renewed_in_time() -> None:
    high = Promise(20_000, NOW, NOW + RAISE)
    assert not high.due(NOW, 6_000) and high.due(NOW + RAISE * 0.6, 6_000)
    low = Promise(0, NOW, NOW + HOLD)
    assert not low.due(NOW, 6_000) and low.due(NOW + HOLD * 0.4, 6_000)
    assert not Promise(6_000, NOW, NOW + RAISE).due(NOW + RAISE, 6_000) and not Promise(0).due(NOW, 6_000)

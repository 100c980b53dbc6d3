"""The rules of roll-outs alone: which devices when, and when to stop."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.operations.staging import Move, Tally, assign, next_move, order, quota, too_many, valid_stages

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PLANS = st.lists(st.integers(1, 99), unique=True, max_size=6).map(lambda found: [*sorted(found), 100])


@pytest.mark.req("CHG-04")
@given(st.integers(1, 400), PLANS, st.text(max_size=8))
def test_no_stage_has_more_than_its_share_and_everybody_has_a_turn(count: int, stages: list[int], seed: str) -> None:
    devices = [f"d{n}" for n in range(count)]
    placed = assign(seed, devices, stages)
    assert valid_stages(stages) and set(placed) == set(devices)
    for number, percent in enumerate(stages):
        begun = sum(stage <= number for stage in placed.values())
        assert begun == quota(count, percent) and (begun - 1) * 100 < count * percent
    assert placed == assign(seed, devices[::-1], stages), "the order of asking does not matter"


@pytest.mark.req("CHG-04")
def test_another_roll_out_begins_with_other_devices() -> None:
    devices = [f"d{n}" for n in range(1000)]
    first = {seed: order(seed, devices)[:10] for seed in "abcdefgh"}
    assert len({tuple(found) for found in first.values()}) == 8
    assert not valid_stages([]) and not valid_stages([10, 10, 100]) and not valid_stages([5, 50])


@pytest.mark.req("CHG-04")
@given(st.builds(Tally, *[st.integers(0, 50)] * 5), st.integers(0, 100), st.booleans(), st.integers(0, 100))
def test_nothing_goes_on_above_the_limit_or_unfinished(tally: Tally, limit: int, last: bool, rested_s: int) -> None:
    done_at = NOW - timedelta(seconds=rested_s)
    move = next_move(tally, limit_pct=limit, last=last, stage_done_at=done_at, soak_s=50, now=NOW)
    assert (move == Move.STOP) == too_many(tally, limit)
    if move in (Move.NEXT, Move.END):
        assert tally.finished and tally.failed * 100 <= limit * tally.attempted
    if move == Move.NEXT:
        assert rested_s >= 50 and not last
    if move == Move.BEGIN:
        assert tally.queued


@pytest.mark.req("CHG-04")
def test_one_failure_of_ten_is_ten_per_cent() -> None:
    tally = Tally(done=9, failed=1)
    assert not too_many(tally, 10) and too_many(tally, 9) and tally.failure_pct == 10
    assert not too_many(Tally(skipped=5), 0)
    assert next_move(tally, limit_pct=10, last=False, stage_done_at=None, soak_s=0, now=NOW) == Move.REST

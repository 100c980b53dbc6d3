"""Charging by marginal carbon: the same energy, the exact optimum, and no decision that knew the future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from pipelines.transforms import carbon_shift as shift

pytestmark = pytest.mark.req("FLT-03", "ESG-01", "ESG-05")
START = datetime(2024, 5, 1, tzinfo=UTC)
STEP_S = 300


def signal(mg: list[int], ahead: np.ndarray | None = None) -> shift.Signal:
    none = np.full((len(mg), 0), -1, dtype=np.int64)
    return shift.Signal(0, STEP_S, np.array(mg, dtype=np.int64), none if ahead is None else ahead).with_past(1)


def stay(arrive_s: int, depart_s: int, energy_wh: int, power_w: int, of: shift.Signal) -> shift.Stay:
    return shift.stay_of(of, arrive_s, depart_s, energy_wh * 3600, power_w)


def emitted(way: np.ndarray, where: shift.Stay, of: shift.Signal) -> int:
    return int((way * of.mg[where.first : where.first + len(way)]).sum())


stays = st.tuples(
    st.lists(st.integers(0, 900_000), min_size=4, max_size=40), st.integers(0, 599), st.integers(1, 599),
    st.integers(1, 100), st.integers(1000, 22_000),
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(stays)
def test_perfect_foresight_is_the_optimum_of_the_linear_programme(
    drawn: tuple[list[int], int, int, int, int],
) -> None:
    mg, arrive, early, share, power = drawn
    of = signal(mg)
    depart = len(mg) * STEP_S - early
    energy_wh = max(1, (depart - arrive) * power * share // 100 // 3600) if depart > arrive else 0
    if not energy_wh or energy_wh * 3600 > (depart - arrive) * power:
        return
    where = stay(arrive, depart, energy_wh, power, of)
    ways = [shift.at_once(where), shift.with_forecast(where, of), shift.with_foresight(where, of)]
    for way in ways:
        assert int(way.sum()) == energy_wh * 3600
        assert bool(((way >= 0) & (way <= where.room_ws)).all())
    cost = of.mg[where.first : where.first + len(where.seconds)].astype(float)
    room = where.room_ws.astype(float)
    best = linprog(
        cost,
        A_eq=[np.ones(len(cost))],
        b_eq=[energy_wh * 3600],
        bounds=list(zip(np.zeros(len(cost)), room, strict=True)),
    )
    assert emitted(ways[2], where, of) == pytest.approx(best.fun, rel=1e-9, abs=1)
    assert all(emitted(ways[2], where, of) <= emitted(way, where, of) for way in ways)


@settings(max_examples=30, deadline=None)
@given(stays, st.integers(0, 39), st.randoms(use_true_random=False))
def test_a_changed_future_changes_no_decision_made_before(
    drawn: tuple[list[int], int, int, int, int], cut: int, rng: object
) -> None:
    mg, arrive, early, share, power = drawn
    slots = len(mg)
    cut = min(cut, slots - 1)
    ahead = np.array([[rng.randrange(900_000) for _ in range(6)] for _ in mg], dtype=np.int64)  # type: ignore[attr-defined]
    other_mg, other_ahead = list(mg), ahead.copy()
    for slot in range(cut + 1, slots):
        other_mg[slot] = rng.randrange(900_000)  # type: ignore[attr-defined]
        other_ahead[slot] = rng.randrange(900_000)  # type: ignore[attr-defined]
    one, other = signal(mg, ahead), signal(other_mg, other_ahead)
    depart = slots * STEP_S - early
    energy_wh = (depart - arrive) * power * share // 100 // 3600
    if depart <= arrive or not energy_wh:
        return
    where = stay(arrive, depart, energy_wh, power, one)
    until = max(0, cut + 1 - where.first)
    assert shift.with_forecast(where, one)[:until].tolist() == shift.with_forecast(where, other)[:until].tolist()


def test_foresight_would_fail_the_test_of_the_future() -> None:
    low_later, high_later = signal([500, 400, 100, 100]), signal([500, 400, 900, 900])
    where = stay(0, 1200, 500, 6000, low_later)
    assert shift.with_foresight(where, low_later)[:2].tolist() != shift.with_foresight(where, high_later)[:2].tolist()


def test_right_forecasts_reach_the_optimum_and_the_partial_slots_at_both_ends_count() -> None:
    mg = [500_000, 400_000, 300_000, 100_000, 200_000, 600_000]
    ahead = np.array([[(mg + [900_000] * 6)[i + 1 + k] for k in range(6)] for i in range(6)], dtype=np.int64)
    of = signal(mg, ahead)
    where = stay(150, 1650, 700, 6000, of)
    assert where.seconds.tolist() == [150, 300, 300, 300, 300, 150]
    best = shift.with_foresight(where, of)
    # 700 Wh at 6 kW are 420 s: the cheapest slot whole, 120 s of the next.
    assert best.tolist() == [0, 0, 0, 300 * 6000, 120 * 6000, 0]
    assert shift.with_forecast(where, of).tolist() == best.tolist()
    assert shift.at_once(where).tolist() == [150 * 6000, 270 * 6000, 0, 0, 0, 0]


def series(mg: list[int], step_min: int = 60) -> pl.DataFrame:
    at = [START + timedelta(minutes=step_min * i) for i in range(len(mg))]
    rows = {"from_utc": at, "to_utc": [t + timedelta(minutes=step_min) for t in at], "mg_co2e_per_kwh": mg}
    times = {"from_utc": pl.Datetime("ms", "UTC"), "to_utc": pl.Datetime("ms", "UTC")}
    return pl.DataFrame(rows, schema_overrides=times).with_columns(forecast_mg=pl.lit(None, pl.List(pl.Int64)))


def test_sessions_are_judged_to_the_microgram_and_others_say_why_not() -> None:
    gap = series([100_000, 300_000, 50_000, 200_000]).filter(pl.col("mg_co2e_per_kwh") != 50_000)
    base = int(START.timestamp())
    rows = [
        (0, 7200, 3000),
        (0, 7200, 0),
        (0, 0, 10),
        (-60, 3600, 10),
        (0, 4 * 3600, 10),
        (3 * 3600, 5 * 3600, 10),
        (0, 7200, 14_000),
    ]
    sessions = pl.DataFrame(
        [(base + a, base + d, e, 6000) for a, d, e in rows],
        schema=["arrive_s", "depart_s", "energy_wh", "power_w"], orient="row",
    )  # fmt: skip
    judged = shift.shifted(sessions, shift.signal_of(gap))
    assert judged["_reason"].to_list() == [
        None, "no_energy", "no_stay", "outside_series", "gap_in_series", "outside_series", None,
    ]  # fmt: skip
    # 3 kWh at 100 g/kWh; 14 kWh in two hours need 7 kW: 7 kWh at 100 and 7 at 300 g/kWh, whichever way.
    assert judged.row(0)[3:6] == (3000 * 100_000, 3000 * 100_000, 3000 * 100_000)
    assert judged.row(6)[3:8] == (7000 * 400_000, 7000 * 400_000, 7000 * 400_000, 7000, True)


def test_the_days_before_stand_in_where_no_forecast_reaches() -> None:
    """A grid that is clean at night: without any forecast, only yesterday can say that waiting pays."""
    day = [100_000 if hour < 6 else 500_000 for hour in range(24)]
    of = shift.signal_of(series(day * 5)).with_past(1)
    arrive = 4 * 86_400 - 4 * 3600
    base = int(START.timestamp())
    where = shift.stay_of(of, base + arrive, base + arrive + 8 * 3600, 12_000 * 3600, 6000)
    assert emitted(shift.with_forecast(where, of), where, of) == emitted(shift.with_foresight(where, of), where, of)
    assert emitted(shift.at_once(where), where, of) == 5 * emitted(shift.with_foresight(where, of), where, of)

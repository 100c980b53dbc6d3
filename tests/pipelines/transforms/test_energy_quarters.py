"""Quarters of an hour: whatever the spans, not a watt-hour is lost or made."""

from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.transforms import energy
from tests.pipelines.facts import DAY, MINUTE_MS, NOON_MS, chargers, charging, messages, tenants

pytestmark = pytest.mark.req("ANA-01")
span = st.tuples(st.integers(0, 10**9), st.integers(0, 48 * 3_600_000), st.integers(1, 10**6))


@given(st.lists(span, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_spreading_keeps_every_watt_hour_inside_its_span(spans: list[tuple[int, int, int]]) -> None:
    rows = pl.DataFrame(
        [{"n": n, "start_ms": s, "end_ms": s + length, "energy_wh": wh} for n, (s, length, wh) in enumerate(spans)]
    )
    spread = energy.spread(rows)
    sums = dict(spread.group_by("n").agg(pl.col("energy_wh").sum()).iter_rows())
    assert sums == {n: wh for n, (_, _, wh) in enumerate(spans)}
    assert spread["energy_wh"].min() >= 0  # type: ignore[operator]
    ends = dict(enumerate(s + length for s, length, _ in spans))
    last = dict(spread.group_by("n").agg(pl.col("quarter").dt.epoch("ms").max()).iter_rows())
    assert all(last[n] <= ends[n] for n in ends)


def test_half_an_hour_at_six_kilowatts_is_two_quarters_of_1500() -> None:
    spans = energy.intervals(messages(*charging()), DAY, DAY)
    rows = energy.of_meters(spans, chargers(), tenants()).sort("quarter")
    assert rows["energy_wh"].to_list() == [1500, 1500]
    assert rows["site"].unique().to_list() == ["Kallio"]
    assert rows["quarter"].to_list() == [datetime(2026, 3, 10, 12, m, tzinfo=UTC) for m in (0, 15)]


def test_a_gap_is_bridged_and_a_new_meter_gives_nothing() -> None:
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS, "energy_wh": 100},
        {"seq": 2, "ts_ms": NOON_MS + 60 * MINUTE_MS, "energy_wh": 500},
        {"seq": 1, "boot": 9, "ts_ms": NOON_MS + 70 * MINUTE_MS, "energy_wh": 0},
    )
    assert energy.intervals(rows, DAY, DAY)["energy_wh"].to_list() == [400]


def test_daily_energy_uses_the_local_hour() -> None:
    spans = energy.intervals(messages(*charging()), DAY, DAY)
    (row,) = energy.daily(energy.of_meters(spans, chargers(), tenants())).to_dicts()
    assert (row["local_hour"], row["energy_wh"], row["local_day"]) == (14, 3000, DAY)

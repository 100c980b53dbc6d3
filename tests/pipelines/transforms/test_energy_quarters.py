"""Quarters of an hour: whatever the spans, not a watt-hour is lost or made."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

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


def quarters(messages: pl.DataFrame, first: date = DAY, last: date = DAY) -> pl.DataFrame:
    """As the step makes them: the last reading of the days before beside those of the days."""
    sent = pl.from_epoch("ts_ms", time_unit="ms").dt.date()
    before = energy.latest(energy.readings(messages.filter(sent < first)))
    rows = energy.readings(messages.filter(sent.is_between(first, last)))
    return energy.of_meters(rows, first, last, before, chargers=chargers(), tenants=tenants())


def test_half_an_hour_at_six_kilowatts_is_two_quarters_of_1500() -> None:
    rows = quarters(messages(*charging())).sort("quarter")
    assert rows["energy_wh"].to_list() == [1500, 1500]
    assert rows["site"].unique().to_list() == ["Kallio"]
    assert rows["quarter"].to_list() == [datetime(2026, 3, 10, 12, m, tzinfo=UTC) for m in (0, 15)]


def test_a_gap_is_bridged_and_a_new_meter_gives_nothing() -> None:
    rows = messages(
        {"seq": 1, "ts_ms": NOON_MS, "energy_wh": 100},
        {"seq": 2, "ts_ms": NOON_MS + 60 * MINUTE_MS, "energy_wh": 500},
        {"seq": 1, "boot": 9, "ts_ms": NOON_MS + 70 * MINUTE_MS, "energy_wh": 0},
    )
    assert quarters(rows).sort("quarter")["energy_wh"].to_list() == [100, 100, 100, 100]


reading = st.fixed_dictionaries(
    {
        "device": st.sampled_from(["a1", "a2"]),
        "evse": st.sampled_from([1, 2]),
        "tenant": st.sampled_from(["ampere", "barq"]),
        "ts_ms": st.integers(-26 * 4, 36 * 4).map(lambda n: NOON_MS + n * 7 * MINUTE_MS),
        "boot": st.integers(1, 2),
        "energy_wh": st.none() | st.integers(0, 40),
        "session": st.sampled_from([None, "s1", "s2"]),
    }
)


@given(st.lists(reading, max_size=40))
@settings(max_examples=60, deadline=None)
def test_quarters_are_those_of_each_span_worked_out_by_itself(told: list[dict[str, Any]]) -> None:
    """Any order, several tenants, meters that fall, gaps over midnight, readings without register or session."""
    rows = messages(*({**one, "seq": n} for n, one in enumerate(told)))
    found = quarters(rows)
    keys = found.select("tenant", "charger", "session", "day", "quarter")
    assert not keys.is_duplicated().any()
    assert dict(zip(keys.iter_rows(), found["energy_wh"], strict=True)) == _by_hand(rows)


def _by_hand(rows: pl.DataFrame) -> Counter[tuple[Any, ...]]:
    named = {(row["tenant"], row["device"], row["evse"]): row["charger"] for row in chargers().to_dicts()}
    told = rows.filter(pl.col("energy_wh").is_not_null()).sort("tenant", "device", "evse", "ts_ms", "boot", "seq")
    of_meter: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in told.to_dicts():
        of_meter.setdefault((row["tenant"], row["device"], row["evse"]), []).append(row)
    sums: Counter[tuple[Any, ...]] = Counter()
    for meter, heard in of_meter.items():
        for before, after in pairwise(heard):
            name = named.get(meter, meter[1])
            for at, share in _span(before, after):
                session = before["session"] if after["session"] is None else after["session"]
                sums[meter[0], name, session, DAY, at] += share
    return sums


def _span(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[datetime, int]]:
    """Its energy by quarter of an hour, where it counts for the day."""
    start, rise = before["ts_ms"], after["energy_wh"] - before["energy_wh"]
    ended = datetime.fromtimestamp(after["ts_ms"] / 1000, UTC).date()
    if rise <= 0 or ended != DAY:
        return []
    length = max(after["ts_ms"] - start, 1)
    first, last = start // energy.QUARTER_MS, (start + length - 1) // energy.QUARTER_MS
    upto = [rise * min(max(n * energy.QUARTER_MS - start, 0), length) // length for n in range(first, last + 2)]
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    return [
        (epoch + timedelta(milliseconds=n * energy.QUARTER_MS), upto[n - first + 1] - upto[n - first])
        for n in range(first, last + 1)
    ]


def test_daily_energy_uses_the_local_hour() -> None:
    (row,) = energy.daily(quarters(messages(*charging()))).to_dicts()
    assert (row["local_hour"], row["energy_wh"], row["local_day"]) == (14, 3000, DAY)

"""Registers and clocks that contradict each other: what is counted, by evidence that knows no order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.charging import metering
from tenants.charging.metering import Evidence

pytestmark = pytest.mark.req("CHG-09", "BIL-06")
NOW_MS = 1_795_000_000_000
registers = st.integers(0, 3_000_000)
moments = st.integers(NOW_MS - 7_200_000, NOW_MS)
News = tuple[Any, ...]


def merged(news: list[News], *, station: bool = True) -> Evidence:
    evidence: Evidence = {"station": station}
    for kind, at_ms, wh in news:
        if kind == "start":
            evidence = metering.with_start(evidence, at_ms, NOW_MS, wh)
        elif kind == "stop":
            evidence = metering.with_stop(evidence, at_ms, NOW_MS, wh, gaps=False)
        else:
            evidence = metering.with_sample(evidence, at_ms, wh, 7000)
    return evidence


samples = st.tuples(st.just("sample"), moments, registers)
edges = st.tuples(st.sampled_from(["start", "stop"]), moments, registers | st.none())


@given(st.lists(samples | edges, max_size=8), st.randoms(use_true_random=False))
def test_order_and_repeats_do_not_matter(news: list[News], dice: Any) -> None:
    again = [*news, *dice.choices(news, k=3)] if news else []
    dice.shuffle(again)
    assert merged(again) == merged(news)


@given(st.lists(samples | edges, max_size=8))
def test_energy_is_never_negative_and_never_above_what_the_meter_shows(news: list[News]) -> None:
    found = metering.metered(merged(news), evse_power_w=11_000)
    shown = [wh for _, _, wh in news if wh is not None]
    assert 0 <= found.energy_wh <= max(shown, default=0) * metering.KWH
    if found.note != metering.IN_KWH:
        assert found.energy_wh <= max(shown, default=0)


@given(st.lists(samples | edges, max_size=8))
def test_times_never_run_backwards(news: list[News]) -> None:
    period = metering.period(merged(news))
    assert period.start is None or period.end is None or period.start <= period.end


@given(registers, registers, st.lists(registers, max_size=4))
def test_a_meter_that_only_counts_up_is_taken_at_its_word(begin: int, used: int, between: list[int]) -> None:
    used %= metering.BELIEVED_WH
    steps = sorted(begin + wh % (used + 1) for wh in between)
    news: list[News] = [("start", NOW_MS - 3_600_000, begin), ("stop", NOW_MS, begin + used)]
    news += [("sample", NOW_MS - 3_000_000 + place, wh) for place, wh in enumerate(steps)]
    evidence = merged(news)
    found = metering.metered(evidence, evse_power_w=11_000)
    if used or not steps:
        assert (found.energy_wh, found.note) == (used, "") and metering.certain(evidence, found)


def test_an_adapter_is_taken_at_its_word() -> None:
    evidence = merged([("start", 5, 0), ("stop", 6, 9_000_000)], station=False)
    found = metering.metered(evidence, evse_power_w=11_000)
    assert (found.energy_wh, found.note) == (9_000_000, "") and metering.certain(evidence, found)

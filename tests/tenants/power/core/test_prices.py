"""Cheap hours first, and no kWh less than at once."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenants.power.core import Band, Job, cheapest, delivered, soonest

pytestmark = pytest.mark.req("CHG-07")
HOUR = 3_600


@st.composite
def markets(draw: st.DrawFn) -> tuple[list[Band], list[Job]]:
    length = draw(st.sampled_from([900, 3_600]))
    bands = [
        Band(k * length, (k + 1) * length, draw(st.integers(-50, 300)), draw(st.integers(0, 22_000)))
        for k in range(draw(st.integers(1, 10)))
    ]
    jobs = [
        Job(key, draw(st.integers(0, 60_000)) * HOUR, draw(st.integers(1, 12 * length)), draw(st.integers(1, 22_000)))
        for key in range(draw(st.integers(0, 5)))
    ]
    return bands, jobs


@given(markets())
@settings(max_examples=200)
def test_nobody_loses_energy_by_waiting_and_no_band_is_overfull(market: tuple[list[Band], list[Job]]) -> None:
    bands, jobs = market
    plan, at_once = cheapest(bands, jobs), soonest(bands, jobs)
    for job in jobs:
        assert delivered(bands, job, plan[job.key]) >= delivered(bands, job, at_once[job.key])
        assert all(0 <= level <= job.most for level in plan[job.key])
    for index, band in enumerate(bands):
        assert sum(level[index] for level in plan.values()) <= max(0, band.most)


def test_the_cheapest_hours_before_departure_are_taken() -> None:
    bands = [Band(k * HOUR, (k + 1) * HOUR, price, 11_000) for k, price in enumerate([30, 10, 20, 5])]
    job = Job(1, 15_000 * HOUR, 3 * HOUR, 11_000)
    assert cheapest(bands, [job])[1] == [0, 11_000, 4_000, 0]
    assert soonest(bands, [job])[1] == [11_000, 4_000, 0, 0]


def test_one_who_would_lose_the_cheap_hour_goes_first() -> None:
    """Both want the second hour; the one that must leave after it has no other."""
    bands = [Band(0, HOUR, 30, 7_000), Band(HOUR, 2 * HOUR, 10, 7_000), Band(2 * HOUR, 3 * HOUR, 40, 7_000)]
    early = Job(2, 14_000 * HOUR, 2 * HOUR, 7_000, order=1)
    late = Job(1, 7_000 * HOUR, 3 * HOUR, 7_000, order=0)
    plan = cheapest(bands, [late, early])
    assert delivered(bands, late, plan[1]) == 7_000 * HOUR
    assert delivered(bands, early, plan[2]) >= delivered(bands, early, soonest(bands, [late, early])[2])

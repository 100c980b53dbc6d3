from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.kit.time import (
    ceil_minute,
    day_bounds,
    floor_minute,
    from_ms,
    merge,
    subtract,
    to_ms,
    wall_clock_periods,
)

HELSINKI, DUBAI = ZoneInfo("Europe/Helsinki"), ZoneInfo("Asia/Dubai")
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # 03:00 → 04:00, and 04:00 → 03:00


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type]


def length(periods: list[tuple[datetime, datetime]]) -> timedelta:
    return sum((end - start for start, end in periods), timedelta())


def test_milliseconds_go_there_and_back() -> None:
    assert to_ms(utc(2026, 11, 20, 8)) == 1_795_161_600_000
    assert from_ms(1_795_161_600_123) == utc(2026, 11, 20, 8) + timedelta(milliseconds=123)


def test_minutes_are_rounded_down_and_up() -> None:
    odd = utc(2026, 1, 1, 8, 30, 1)
    assert (floor_minute(odd), ceil_minute(odd)) == (utc(2026, 1, 1, 8, 30), utc(2026, 1, 1, 8, 31))
    assert ceil_minute(utc(2026, 1, 1, 8, 30)) == utc(2026, 1, 1, 8, 30)


@pytest.mark.req("MKT-03")
def test_days_have_23_24_or_25_hours() -> None:
    hours = [length([day_bounds(day, HELSINKI)]) / timedelta(hours=1) for day in (SPRING, date(2026, 6, 1), AUTUMN)]
    assert hours == [23, 24, 25]


@pytest.mark.req("MKT-03")
def test_an_hour_that_is_skipped_gives_nothing() -> None:
    assert wall_clock_periods(SPRING, 180, 240, HELSINKI) == []
    assert wall_clock_periods(SPRING, 120, 300, HELSINKI) == [(utc(2026, 3, 29, 0), utc(2026, 3, 29, 2))]


@pytest.mark.req("MKT-03")
def test_an_hour_that_comes_twice_counts_twice() -> None:
    assert wall_clock_periods(AUTUMN, 180, 240, HELSINKI) == [(utc(2026, 10, 25, 0), utc(2026, 10, 25, 2))]
    halves = wall_clock_periods(AUTUMN, 180, 210, HELSINKI)
    assert halves == [
        (utc(2026, 10, 25, 0), utc(2026, 10, 25, 0, 30)),
        (utc(2026, 10, 25, 1), utc(2026, 10, 25, 1, 30)),
    ]


def test_where_clocks_never_change_it_is_plain() -> None:
    assert wall_clock_periods(SPRING, 0, 1440, DUBAI) == [(utc(2026, 3, 28, 20), utc(2026, 3, 29, 20))]


@pytest.mark.req("MKT-03")
@given(st.sampled_from([SPRING, AUTUMN, date(2026, 7, 1)]), st.integers(0, 1439), st.integers(1, 1440))
def test_every_instant_of_a_period_reads_a_time_inside_it(day: date, start: int, end: int) -> None:
    for first, last in wall_clock_periods(day, start, end, HELSINKI):
        for moment in (first, last - timedelta(seconds=1)):
            local = moment.astimezone(HELSINKI)
            assert local.date() == day and start <= local.hour * 60 + local.minute < end


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50))),
)
def test_periods_are_sets_of_instants(given_: list[tuple[int, int]], taken: list[tuple[int, int]]) -> None:
    base = utc(2026, 1, 1)

    def periods(pairs: list[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
        return [(base + timedelta(minutes=a), base + timedelta(minutes=b)) for a, b in pairs if a < b]

    def instants(parts: list[tuple[datetime, datetime]]) -> set[int]:
        return {m for a, b in parts for m in range(to_ms(a) // 60000, to_ms(b) // 60000)}

    assert instants(merge(periods(given_))) == instants(periods(given_))
    assert instants(subtract(periods(given_), periods(taken))) == instants(periods(given_)) - instants(periods(taken))

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tenants.marketplace.availability import Rules, free_periods, open_periods

HELSINKI = ZoneInfo("Europe/Helsinki")
MONDAY = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)  # midnight in Helsinki
DAY = timedelta(days=1)


def at(hour: float, day: int = 0) -> datetime:
    """Helsinki's wall clock in that (winter) week."""
    return MONDAY + timedelta(days=day, hours=hour)


def rules(*weekly: tuple[int, int, int], **more: object) -> Rules:
    return Rules(zone=HELSINKI, weekly=weekly, **more)  # type: ignore[arg-type]


@pytest.mark.req("MKT-03")
def test_weekly_periods_of_the_local_day() -> None:
    week = rules((0, 480, 1020), (1, 1080, 1440), (2, 0, 60))
    assert open_periods(week, at(0), at(0, 7)) == [(at(8), at(17)), (at(18, 1), at(1, 2))]


@pytest.mark.req("MKT-03")
def test_exceptions_open_and_close_single_days() -> None:
    monday = MONDAY.astimezone(HELSINKI).date()
    week = rules((0, 480, 1020), exceptions=[(monday, 600, 720, False), (monday, 1200, 1260, True)])
    assert open_periods(week, at(0), at(24)) == [(at(8), at(10)), (at(12), at(17)), (at(20), at(21))]
    assert open_periods(week, at(0, 7), at(24, 7)) == [(at(8, 7), at(17, 7))]


@pytest.mark.req("MKT-03")
def test_opening_hours_follow_the_wall_clock_over_a_change() -> None:
    week = rules(*((weekday, 480, 540) for weekday in range(7)))
    before, after = date(2026, 3, 28), date(2026, 3, 30)
    starts = [
        open_periods(
            week, datetime(d.year, d.month, d.day, tzinfo=UTC), datetime(d.year, d.month, d.day, tzinfo=UTC) + DAY
        )[0][0]
        for d in (before, after)
    ]
    assert [moment.hour for moment in starts] == [6, 5]
    assert all(moment.astimezone(HELSINKI).hour == 8 for moment in starts)


@pytest.mark.req("MKT-03", "MKT-08")
def test_what_is_taken_is_not_free_and_gaps_are_kept() -> None:
    week = rules((0, 480, 1020), gap=timedelta(minutes=15), least=timedelta(minutes=30))
    free = free_periods(week, [(at(9), at(10)), (at(10.75), at(12))], at(0), at(24), at(0))
    assert free == [(at(8), at(8.75)), (at(12.25), at(17))]  # the half hour between, less two gaps, is too short


@pytest.mark.req("MKT-03")
def test_lead_time_counts_from_the_next_minute_and_none_allows_the_running_one() -> None:
    now = at(9) + timedelta(seconds=30)
    assert free_periods(rules((0, 0, 1440)), [], at(0), at(24), now)[0][0] == at(9)
    lead = rules((0, 0, 1440), lead=timedelta(minutes=30))
    assert free_periods(lead, [], at(0), at(24), now)[0][0] == at(9.5) + timedelta(minutes=1)

"""When a listing is open and free: wall-clock rules turned into instants. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from saas.kit.time import Period, ceil_minute, intersect, merge, subtract, wall_clock_periods

Weekly = tuple[int, int, int]  # weekday (0 Monday), start and end minute of the local day
DayException = tuple[date, int, int, bool]  # day, start, end, open


@dataclass(frozen=True)
class Rules:
    """Everything that decides when a listing may be used."""

    zone: ZoneInfo
    weekly: Sequence[Weekly]
    exceptions: Sequence[DayException] = ()
    least: timedelta = timedelta(minutes=1)
    gap: timedelta = timedelta()
    lead: timedelta = timedelta()


def open_periods(rules: Rules, start: datetime, end: datetime) -> list[Period]:
    """The instants in [start, end) at which the host lets people charge: the week, plus and minus exceptions."""
    found: list[Period] = []
    day, last = start.astimezone(rules.zone).date(), end.astimezone(rules.zone).date()
    while day <= last:
        found += _of_day(rules, day)
        day += timedelta(days=1)
    return intersect(merge(found), start, end)


def free_periods(rules: Rules, taken: Sequence[Period], start: datetime, end: datetime, now: datetime) -> list[Period]:
    """What is open and not taken, gaps kept, from the lead time on; parts shorter than the least are left out.

    With no lead time the running minute may still be booked.
    """
    earliest = ceil_minute(now + rules.lead) if rules.lead else now.replace(second=0, microsecond=0)
    blocked = [(first - rules.gap, last + rules.gap) for first, last in taken]
    free = subtract(open_periods(rules, max(start, earliest), end), blocked)
    return [(first, last) for first, last in free if last - first >= rules.least]


def _of_day(rules: Rules, day: date) -> list[Period]:
    special = [e for e in rules.exceptions if e[0] == day]
    opened = [(start, end) for weekday, start, end in rules.weekly if weekday == day.weekday()]
    opened += [(start, end) for _, start, end, is_open in special if is_open]
    closed = [(start, end) for _, start, end, is_open in special if not is_open]
    return subtract(_instants(rules, day, opened), _instants(rules, day, closed))


def _instants(rules: Rules, day: date, minutes: list[tuple[int, int]]) -> list[Period]:
    return [period for start, end in minutes for period in wall_clock_periods(day, start, end, rules.zone)]

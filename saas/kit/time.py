"""Instants and wall clocks. Instants are aware UTC datetimes; wall clocks are a local day and minutes of that day."""

from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

Period = tuple[datetime, datetime]  # half open


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, cut down."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def from_ms(ts_ms: int) -> datetime:
    """The UTC instant of milliseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=ts_ms)


def floor_minute(moment: datetime) -> datetime:
    """The whole minute at or before."""
    return moment.replace(second=0, microsecond=0)


def ceil_minute(moment: datetime) -> datetime:
    """The whole minute at or after."""
    floor = floor_minute(moment)
    return floor if floor == moment else floor + timedelta(minutes=1)


def iso(moment: datetime) -> str:
    """`2026-11-20T08:00:00Z`: RFC 3339, UTC, seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def day_bounds(day: date, zone: ZoneInfo) -> Period:
    """The instants at which a local day begins and ends; 23 to 25 hours apart where clocks change."""
    return _midnight(day, zone), _midnight(day + timedelta(days=1), zone)


def wall_clock_periods(day: date, start_minute: int, end_minute: int, zone: ZoneInfo) -> list[Period]:
    """The instants of a local day at which the wall clock reads a time in [start, end).

    Where clocks change inside the day this is exact: an hour that is skipped gives nothing, one that comes twice
    counts twice (so one wall-clock period may be two periods, or none).
    """
    found: list[Period] = []
    for begin, end in _steady_parts(day_bounds(day, zone), zone):
        wall_midnight = datetime.combine(day, clock.min, UTC) - (begin.astimezone(zone).utcoffset() or timedelta())
        first = max(begin, wall_midnight + timedelta(minutes=start_minute))
        last = min(end, wall_midnight + timedelta(minutes=end_minute))
        if first < last:
            found.append((first, last))
    return merge(found)


def merge(periods: list[Period]) -> list[Period]:
    """The same instants as few periods, in order."""
    merged: list[Period] = []
    for start, end in sorted(periods):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        elif start < end:
            merged.append((start, end))
    return merged


def subtract(periods: list[Period], taken: list[Period]) -> list[Period]:
    """What of `periods` lies in none of `taken`."""
    free = merge(periods)
    for out_start, out_end in merge(taken):
        rest: list[Period] = []
        for start, end in free:
            rest += [part for part in ((start, min(end, out_start)), (max(start, out_end), end)) if part[0] < part[1]]
        free = rest
    return free


def intersect(periods: list[Period], start: datetime, end: datetime) -> list[Period]:
    """What of `periods` lies in [start, end)."""
    cut = [(max(first, start), min(last, end)) for first, last in periods]
    return [part for part in cut if part[0] < part[1]]


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock.min, zone).astimezone(UTC)


def _steady_parts(bounds: Period, zone: ZoneInfo) -> list[Period]:
    """The period cut where the zone's offset changes (at most once a day)."""
    start, end = bounds
    low, high = start, end - timedelta(seconds=1)
    if low.astimezone(zone).utcoffset() == high.astimezone(zone).utcoffset():
        return [bounds]
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    change = ceil_minute(high.replace(microsecond=0) - timedelta(seconds=1))
    return [(start, change), (change, end)]

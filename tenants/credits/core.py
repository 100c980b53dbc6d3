"""Serials, parts and rewards. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from saas.kit.money import round_minor

TONNE_G = 1_000_000
WH_PER_MWH = 1_000_000
_DAY = 24 * 60


def serial(*, tenant: str, method: str, version: str, region: str, vintage: int, number: int) -> str:
    """The serial of one gram, unique in the installation: a tenant's schema name is, and its numbers are."""
    return f"WL-{tenant}-{method}-{version}-{region}-{vintage}-{number:015d}".upper()


def parts_of(first: int, last: int, grams: Sequence[int]) -> list[tuple[int, int]] | None:
    """Ranges of serials of these lengths that make up [first, last]; None when they do not."""
    if not grams or any(part <= 0 for part in grams) or sum(grams) != last - first + 1:
        return None
    found, at = [], first
    for part in grams:
        found.append((at, at + part - 1))
        at += part
    return found


def inside_window(*, start: datetime, end: datetime, first: int, last: int, zone: ZoneInfo) -> Fraction:
    """Share of [start, end) that lies inside a daily window of local minutes [first, last), which may pass midnight.

    `last` at or before `first` means the next day; equal means the whole day. Days are those of the clock on the wall.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    if end <= start:
        return Fraction(0)
    inside = sum((_overlap(start, end, window) for window in _windows(start, end, first, last, zone)), timedelta())
    return Fraction(_micros(inside), _micros(end - start))


def _windows(
    start: datetime, end: datetime, first: int, last: int, zone: ZoneInfo
) -> Iterable[tuple[datetime, datetime]]:
    day = start.astimezone(zone).date() - timedelta(days=1)
    until = end.astimezone(zone).date()
    while day <= until:
        midnight = datetime.combine(day, time())  # on the wall: tomorrow's 06:00 is 06:00 when clocks change too
        ends = last if last > first else last + _DAY
        yield tuple((midnight + timedelta(minutes=m)).replace(tzinfo=zone) for m in (first, ends))  # type: ignore[misc]
        day += timedelta(days=1)


def _overlap(start: datetime, end: datetime, window: tuple[datetime, datetime]) -> timedelta:
    first, last = (moment.astimezone(UTC) for moment in window)  # a difference on the wall ignores summer time
    return max(min(end, last) - max(start, first), timedelta())


def _micros(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


@dataclass(frozen=True)
class Reward:
    """`energy_wh` is what was rewarded, `capped` whether the month's cap cut the amount."""

    energy_wh: int
    amount_minor: int
    capped: bool


def reward(
    *, energy_wh: int, price_minor: int, share: Fraction, minor_per_mwh: int, percent_bp: int, left_minor: int
) -> Reward:
    """The reward of a session of which `share` counts, rounded once, half to even, and cut to what the cap leaves.

    Where within the session the energy flowed is not known here: it is taken as even over its time.
    """
    rewarded = Fraction(energy_wh) * share
    per_energy = rewarded * minor_per_mwh / WH_PER_MWH
    per_price = Fraction(price_minor) * share * percent_bp / 10_000
    amount = round_minor(per_energy + per_price)
    return Reward(rewarded.numerator // rewarded.denominator, min(amount, max(left_minor, 0)), amount > left_minor)

"""One engine prices every session: OCPI 2.2.1 tariff elements, exact fractions inside, integers out. Pure.

For each dimension the first element that prices it and whose restrictions hold at that moment applies. Step sizes count
once per session: for ENERGY, and for TIME and PARKING_TIME together (the parking's only, when there was parking), by
the step of the price used last. Prices are decimal text in the main unit, before tax, per kWh, hour or session.
Rounding: the whole is rounded once, half to even; the lines are made to add up to it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from saas.kit.money import currency, round_minor
from saas.kit.time import wall_clock_periods

Element = Mapping[str, Any]
ENERGY, TIME, FLAT, PARKING_TIME, TAX = "ENERGY", "TIME", "FLAT", "PARKING_TIME", "TAX"
DIMENSIONS = (ENERGY, TIME, FLAT, PARKING_TIME)
UNIT = {ENERGY: Fraction(1000), TIME: Fraction(3600), PARKING_TIME: Fraction(3600), FLAT: Fraction(1)}
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class Stretch:
    """A part of a session in which energy flowed evenly. `parking`: plugged, not charging, outside of booked time."""

    start: datetime
    end: datetime
    energy_wh: Fraction = Fraction(0)
    parking: bool = False

    @property
    def seconds(self) -> Fraction:
        return Fraction((self.end - self.start) // timedelta(microseconds=1), 1_000_000)

    @property
    def power_w(self) -> Fraction:
        return self.energy_wh * 3600 / self.seconds if self.seconds else Fraction(0)


@dataclass(frozen=True)
class Line:
    """One line of a bill. `volume` in Wh, seconds or sessions; `price` per kWh, hour or session, before tax."""

    kind: str
    volume: int
    price: str
    amount_minor: int

    def as_json(self) -> dict[str, object]:
        return {"kind": self.kind, "volume": self.volume, "price": self.price, "amount_minor": self.amount_minor}


@dataclass(frozen=True)
class Priced:
    """`total_minor` = sum of all lines = `net_minor` + `tax_minor`."""

    lines: tuple[Line, ...]
    net_minor: int
    tax_minor: int

    @property
    def total_minor(self) -> int:
        return self.net_minor + self.tax_minor


@dataclass
class _Use:
    """What was used under one price component, in Wh, seconds or sessions."""

    kind: str
    component: Mapping[str, Any]
    volume: Fraction = field(default_factory=Fraction)

    @property
    def net(self) -> Fraction:
        return self.volume / UNIT[self.kind] * Fraction(str(self.component["price"]))


def price(
    *, elements: Sequence[Element], code: str, tax_bp: int, stretches: Sequence[Stretch], zone: ZoneInfo
) -> Priced:
    """What the stretches cost. They must be in order and not overlap. `zone`: where times of day are read."""
    uses = _step(_used(elements, stretches, zone))
    minor = Fraction(10 ** currency(code).exponent)
    exact = [use.net * minor for use in uses]
    net = round_minor(sum(exact, Fraction(0)))
    total = round_minor(sum(exact, Fraction(0)) * (10_000 + tax_bp) / 10_000)
    lines = [
        Line(use.kind, round_minor(use.volume), str(use.component["price"]), amount)
        for use, amount in zip(uses, share_out(net, exact), strict=True)
    ]
    if tax_bp:
        lines.append(Line(TAX, tax_bp, "", total - net))
    return Priced(tuple(lines), net, total - net)


def share_out(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Whole parts that add up to `total`, each the floor of its exact weight or one more (largest remainder first)."""
    floors = [round_minor(weight, "down") for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (floors[i] - weights[i], i))
    for i in order[: total - sum(floors)]:
        floors[i] += 1
    return floors


def uses(elements: Sequence[Element], kind: str) -> bool:
    """Whether any element has a price above zero for this dimension."""
    return any(
        c["type"] == kind and Fraction(str(c["price"])) > 0 for element in elements for c in element["price_components"]
    )


def _used(elements: Sequence[Element], stretches: Sequence[Stretch], zone: ZoneInfo) -> list[_Use]:
    found: dict[tuple[str, int], _Use] = {}
    for part, before in _parts(elements, stretches, zone):
        for kind, volume in _volumes(part, first=before.is_start):
            index, component = _active(elements, kind, part, before, zone)
            if component is not None:
                # Re-inserting keeps the dictionary in the order of last use, which the step size asks for.
                use = found.pop((kind, index), None) or _Use(kind, component)
                use.volume += volume
                found[(kind, index)] = use
    return list(found.values())


def _volumes(part: Stretch, *, first: bool) -> Iterator[tuple[str, Fraction]]:
    if first:
        yield FLAT, Fraction(1)
    if part.energy_wh:
        yield ENERGY, part.energy_wh
    if part.seconds:
        yield (PARKING_TIME if part.parking else TIME), part.seconds


def _step(uses_: list[_Use]) -> list[_Use]:
    kinds = {use.kind for use in uses_}
    for kind in (ENERGY, PARKING_TIME if PARKING_TIME in kinds else TIME):
        same = [use for use in uses_ if use.kind == kind]
        if same and (step := int(same[-1].component.get("step_size") or 1)) > 1:
            total = sum((use.volume for use in same), Fraction(0))
            same[-1].volume += -total % step
    return sorted(uses_, key=lambda use: DIMENSIONS.index(use.kind))


@dataclass(frozen=True)
class _Before:
    """What the session had used when a part begins."""

    seconds: Fraction
    energy_wh: Fraction
    is_start: bool


def _parts(
    elements: Sequence[Element], stretches: Sequence[Stretch], zone: ZoneInfo
) -> Iterator[tuple[Stretch, _Before]]:
    """The stretches, cut wherever a restriction begins or ceases to hold."""
    seconds = energy = Fraction(0)
    start = True
    for whole in stretches:
        for part in _cut(whole, _borders(elements, whole, seconds, energy, zone)):
            yield part, _Before(seconds, energy, start)
            seconds, energy, start = seconds + part.seconds, energy + part.energy_wh, False


def _cut(whole: Stretch, shares: list[Fraction]) -> Iterator[Stretch]:
    """Cut at shares of the stretch (0 to 1). Energy splits exactly; instants to the microsecond."""
    length_us = (whole.end - whole.start) // timedelta(microseconds=1)
    marks = [Fraction(0), *sorted(share for share in set(shares) if 0 < share < 1), Fraction(1)]
    for low, high in pairwise(marks):
        start, end = (whole.start + timedelta(microseconds=int(share * length_us)) for share in (low, high))
        yield Stretch(start, end, whole.energy_wh * (high - low), whole.parking)


def _borders(
    elements: Sequence[Element], whole: Stretch, seconds: Fraction, energy: Fraction, zone: ZoneInfo
) -> list[Fraction]:
    shares: list[Fraction] = []
    for rule in (element.get("restrictions") or {} for element in elements):
        for name in ("min_kwh", "max_kwh"):
            if name in rule and whole.energy_wh:
                shares.append((Fraction(str(rule[name])) * 1000 - energy) / whole.energy_wh)
        for name in ("min_duration", "max_duration"):
            if name in rule and whole.seconds:
                shares.append((int(rule[name]) - seconds) / whole.seconds)
        if whole.seconds and {"start_time", "end_time", "day_of_week", "start_date", "end_date"} & rule.keys():
            shares += [_share(whole, moment) for moment in _clock_borders(rule, whole, zone)]
    return shares


def _share(whole: Stretch, moment: datetime) -> Fraction:
    return Fraction(
        (moment - whole.start) // timedelta(microseconds=1), (whole.end - whole.start) // timedelta(microseconds=1)
    )


def _clock_borders(rule: Mapping[str, Any], whole: Stretch, zone: ZoneInfo) -> Iterator[datetime]:
    day = whole.start.astimezone(zone).date() - timedelta(days=1)
    while day <= whole.end.astimezone(zone).date():
        for start_minute, end_minute in _windows(rule):
            for period in wall_clock_periods(day, start_minute, end_minute, zone):
                yield from period
        for period in wall_clock_periods(day, 0, 1440, zone):
            yield from period
        day += timedelta(days=1)


def _windows(rule: Mapping[str, Any]) -> list[tuple[int, int]]:
    """Minutes of the local day in which start_time/end_time hold; a period over midnight is two."""
    start, end = _minute(rule.get("start_time"), 0), _minute(rule.get("end_time"), 1440)
    return [(start, end)] if start < end else [(0, end), (start, 1440)]


def _minute(text: str | None, default: int) -> int:
    if text is None:
        return default
    hours, minutes = text.split(":")
    # An end of 00:00 is the day's end.
    return (int(hours) * 60 + int(minutes)) or (0 if default == 0 else 1440)


def _active(
    elements: Sequence[Element], kind: str, part: Stretch, before: _Before, zone: ZoneInfo
) -> tuple[int, Mapping[str, Any] | None]:
    for index, element in enumerate(elements):
        for component in element["price_components"]:
            if component["type"] == kind and _holds(element.get("restrictions") or {}, part, before, zone):
                return index, component
    return -1, None


def _holds(rule: Mapping[str, Any], part: Stretch, before: _Before, zone: ZoneInfo) -> bool:
    local = part.start.astimezone(zone)
    minute = local.hour * 60 + local.minute
    checks = (
        any(start <= minute < end for start, end in _windows(rule)),
        "day_of_week" not in rule or WEEKDAYS[local.weekday()] in rule["day_of_week"],
        "start_date" not in rule or local.date() >= date.fromisoformat(rule["start_date"]),
        "end_date" not in rule or local.date() < date.fromisoformat(rule["end_date"]),
        "min_kwh" not in rule or before.energy_wh >= Fraction(str(rule["min_kwh"])) * 1000,
        "max_kwh" not in rule or before.energy_wh < Fraction(str(rule["max_kwh"])) * 1000,
        "min_duration" not in rule or before.seconds >= int(rule["min_duration"]),
        "max_duration" not in rule or before.seconds < int(rule["max_duration"]),
        "min_power" not in rule or part.power_w >= Fraction(str(rule["min_power"])) * 1000,
        "max_power" not in rule or part.power_w < Fraction(str(rule["max_power"])) * 1000,
    )
    return all(checks)

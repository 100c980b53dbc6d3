"""Sampled values of either version to one reading in base units. Pure; what cannot be used is left out.

Signed blobs, Offered, Export, Reactive and Interval measurands stay in the raw log only. Figures are exact: a value is
a whole number and a power of ten, never a float; halves are rounded to even, once, at the end.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from math import lcm
from typing import Any

import msgspec

_LOCATIONS = ("Outlet", "Inlet", "Cable", "Body", "EV")
_LINES = ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N")
_MAX_DIGITS = 15
_TENS: tuple[int, ...] = tuple(10**power for power in range(4))
_NEAR_EXACT = 1e9
_REGISTER = "Energy.Active.Import.Register"


class Unit(msgspec.Struct, frozen=True):
    """How a unit becomes the base unit: (value - `zero`) times `factor` times ten to the power of `power`.

    `plain`: the power of ten is all.
    """

    power: int = 0
    plain: bool = True
    zero: Fraction = Fraction(0)
    factor: Fraction = Fraction(1)


class Measurand(msgspec.Struct, frozen=True):
    """How one OCPP measurand becomes one field of Telemetry."""

    field: str
    units: Mapping[str, Unit]  # the first is the standard's default
    combine: Callable[[Sequence[int]], tuple[int, int]]  # several phases to one figure: numerator and denominator
    low: int
    high: int

    @property
    def unit(self) -> str:
        """The unit of a sample that says none."""
        return next(iter(self.units))


class Sample(msgspec.Struct, frozen=True):
    """One value: `digits` times ten to the power of `power`, in its unit."""

    how: Measurand
    unit: Unit
    digits: int
    power: int
    phase: str | None
    location: str


def _sum(values: Sequence[int]) -> tuple[int, int]:
    return sum(values), 1


def _highest(values: Sequence[int]) -> tuple[int, int]:
    return max(values), 1


def _mean(values: Sequence[int]) -> tuple[int, int]:
    return sum(values), len(values)


_ONE, _THOUSAND = Unit(0), Unit(3)
_MEASURANDS: Mapping[str, Measurand] = {
    _REGISTER: Measurand("energy_wh", {"Wh": _ONE, "kWh": _THOUSAND}, _sum, 0, 10**_MAX_DIGITS),
    "Power.Active.Import": Measurand("power_w", {"W": _ONE, "kW": _THOUSAND}, _sum, 0, 10**9),
    "Current.Import": Measurand("current_ma", {"A": _THOUSAND}, _highest, 0, 10**9),
    "Voltage": Measurand("voltage_mv", {"V": _THOUSAND}, _mean, 0, 10**9),
    "SoC": Measurand("soc_pct", {"Percent": _ONE}, _highest, 0, 100),
    "Temperature": Measurand(
        "temperature_mc",
        {
            "Celsius": _THOUSAND,
            "Celcius": _THOUSAND,  # the spelling of the 1.6 schemas
            "K": Unit(3, False, Fraction("273.15")),
            "Fahrenheit": Unit(3, False, Fraction(32), Fraction(5, 9)),
        },
        _highest,
        -100_000,
        1_000_000,
    ),
}
# By measurand and unit as they are said; None where nothing is said.
_KNOWN: Mapping[tuple[str | None, str | None], tuple[Measurand, Unit]] = {
    (said, unit): (how, how.units[unit or how.unit])
    for name, how in _MEASURANDS.items()
    for said in ((name, None) if name == _REGISTER else (name,))
    for unit in (*how.units, "", None)
}
# The same, for values that may be read one by one: field, power of ten (None: a closer look is needed), limits.
_USUAL: Mapping[tuple[str | None, str | None], tuple[str, int | None, int, int]] = {
    said: (how.field, unit.power if unit.plain else None, how.low, how.high) for said, (how, unit) in _KNOWN.items()
}


def reading_16(sampled: Sequence[Any]) -> dict[str, int] | None:
    """Fields of Telemetry, in base units, of one OCPP 1.6 `sampledValue` (typed); None: nothing of it can be used."""
    found: dict[str, int] = {}
    for entry in sampled:
        usual = _USUAL.get((entry.measurand, entry.unit))
        if usual is None:
            continue
        field, power, low, high = usual
        if power is None or entry.phase is not None or entry.format == "SignedData" or field in found:
            return _of_several(_samples_16(sampled))
        text = entry.value
        whole = len(text) <= _MAX_DIGITS and text.isdecimal()
        base = int(text) * _TENS[power] if whole else _base_of_fraction(text, power)
        if base is None or not low <= base <= high:
            return _of_several(_samples_16(sampled))
        found[field] = base
    return found or None


def reading_201(sampled: Sequence[Any]) -> dict[str, int] | None:
    """The same of OCPP 2.0.1."""
    found: dict[str, int] = {}
    for entry in sampled:
        scale = entry.unitOfMeasure
        usual = _USUAL.get((entry.measurand, scale and scale.unit))
        if usual is None:
            continue
        field, power, low, high = usual
        if power is None or entry.phase is not None or (scale and scale.multiplier) or field in found:
            return _of_several(_samples_201(sampled))
        value = entry.value
        base = value * _TENS[power] if type(value) is int else _base_of_float(value, power)
        if base is None or not low <= base <= high:
            return _of_several(_samples_201(sampled))
        found[field] = base
    return found or None


def _base_of_fraction(text: str, power: int) -> int | None:
    """Of a usual text with a point; None where it needs a closer look."""
    whole, _, part = text.partition(".")
    missing = power - len(part)
    usual = missing >= 0 and len(text) <= _MAX_DIGITS and whole.isdecimal() and part.isdecimal()
    return int(whole + part) * _TENS[missing] if usual else None


def _base_of_float(value: float, power: int) -> int | None:
    """Of a usual number; None where it needs a closer look.

    What the station wrote and its float differ by less than 2⁻⁵³ of it, and so does a product: below 10⁹ an error of
    less than 10⁻⁶. So the nearest whole number is the right one unless a half is near; and halves below 10⁹ are floats
    without any error, so without a product nothing is in doubt.
    """
    product = value * _TENS[power]
    if not -_NEAR_EXACT < product < _NEAR_EXACT:
        return None
    whole = round(product)
    return whole if not power or -0.49 < product - whole < 0.49 else None


def _samples_16(sampled: Iterable[Any]) -> list[Sample]:
    """All that can be used, to be combined."""
    found = []
    for entry in sampled:
        known = _KNOWN.get((entry.measurand, entry.unit))
        number = _number(entry.value) if known and entry.format != "SignedData" else None
        if known and number:
            found.append(Sample(*known, *number, entry.phase, entry.location or "Outlet"))
    return found


def _samples_201(sampled: Iterable[Any]) -> list[Sample]:
    """The same of OCPP 2.0.1."""
    found = []
    for entry in sampled:
        scale = entry.unitOfMeasure
        known, multiplier = _KNOWN.get((entry.measurand, scale and scale.unit)), (scale and scale.multiplier) or 0
        number = _number(entry.value) if known and abs(multiplier) <= _MAX_DIGITS else None
        if known and number:
            digits, power = number
            found.append(Sample(*known, digits, power + multiplier, entry.phase, entry.location or "Outlet"))
    return found


def _of_several(samples: list[Sample]) -> dict[str, int] | None:
    """Where a measurand may be said more than once, or in an unusual way."""
    if not samples:
        return None
    by_field: dict[str, list[Sample]] = {}
    for sample in samples:
        by_field.setdefault(sample.how.field, []).append(sample)
    figures = {field: _figure(mine[0].how, mine) for field, mine in by_field.items()}
    return {field: figure for field, figure in figures.items() if figure is not None}


def _number(value: Any) -> tuple[int, int] | None:
    """(digits, power of ten); None for what is no number, or so large that it can only be an error or an attack."""
    text = str(value)
    if len(text) > _MAX_DIGITS:
        return _odd_number(text)
    if text.isdecimal():
        return int(text), 0
    digits = text.replace(".", "", 1)
    if digits.isdecimal() and text[0] != "." != text[-1]:
        return int(digits), text.index(".") - len(digits)
    return _odd_number(text)


def _odd_number(text: str) -> tuple[int, int] | None:
    """Signs, exponents, spaces, many digits."""
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        return None
    sign, digits, power = number.as_tuple()
    figure = int("".join(map(str, digits)))
    return (-figure if sign else figure), int(power)


def _figure(how: Measurand, samples: list[Sample]) -> int | None:
    """One figure of one measurand; of the place nearest to the customer's plug."""
    chosen = _chosen(samples)
    if not chosen:
        return None
    plain = all(sample.unit.plain for sample in chosen)
    base = _exact(how, chosen) if plain else _converted(how, chosen)
    return base if how.low <= base <= how.high else None


def _chosen(samples: list[Sample]) -> list[Sample]:
    """The total alone where the station gives one, else one per line."""
    nearest = min(_LOCATIONS.index(sample.location) for sample in samples)
    here = [sample for sample in samples if sample.location == _LOCATIONS[nearest]]
    totals = [sample for sample in here if sample.phase is None][:1]
    return totals or [sample for sample in here if sample.phase in _LINES]


def _exact(how: Measurand, samples: list[Sample]) -> int:
    """Powers of ten alone: whole numbers of the smallest of them."""
    powers = [sample.power + sample.unit.power for sample in samples]
    least = min(powers)
    values = [sample.digits * 10 ** (power - least) for sample, power in zip(samples, powers, strict=True)]
    return _scaled(*how.combine(values), least)


def _converted(how: Measurand, samples: list[Sample]) -> int:
    """Scales with a zero of their own."""
    values = [
        (sample.digits * Fraction(10) ** sample.power - sample.unit.zero) * sample.unit.factor * 10**sample.unit.power
        for sample in samples
    ]
    common = lcm(*(value.denominator for value in values))
    numerator, denominator = how.combine([int(value * common) for value in values])
    return round(Fraction(numerator, denominator * common))


def _scaled(numerator: int, denominator: int, power: int) -> int:
    """The fraction times ten to the power, rounded half to even."""
    if power >= 0:
        numerator *= 10**power
    else:
        denominator *= 10**-power
    if denominator == 1:
        return numerator
    whole, rest = divmod(numerator, denominator)
    double = 2 * rest
    return whole + 1 if double > denominator or (double == denominator and whole & 1) else whole

"""Sampled values of either version to one reading in base units. Pure; what cannot be used is left out.

Signed blobs, Offered, Export, Reactive and Interval measurands stay in the raw log only.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import msgspec

_LOCATIONS = ("Outlet", "Inlet", "Cable", "Body", "EV")
_LINES = ("L1", "L2", "L3", "L1-N", "L2-N", "L3-N")
_MAX_DIGITS = 15


class Sample(msgspec.Struct, frozen=True):
    """One value as the station gave it; `value` already carries the multiplier of 2.0.1."""

    measurand: str
    value: Decimal
    unit: str
    phase: str | None
    location: str


class Measurand(msgspec.Struct, frozen=True):
    """How one OCPP measurand becomes one field of Telemetry."""

    field: str
    units: Mapping[str, Callable[[Decimal], Decimal]]  # to the base unit; the first is the standard's default
    combine: Callable[[list[Decimal]], Decimal]  # several phases to one figure
    low: int
    high: int

    @property
    def unit(self) -> str:
        """The unit of a sample that says none."""
        return next(iter(self.units))


def _times(factor: int) -> Callable[[Decimal], Decimal]:
    return lambda value: value * factor


def _mean(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal()) / len(values)


def _sum(values: list[Decimal]) -> Decimal:
    return sum(values, Decimal())


_CELSIUS = _times(1000)
_MEASURANDS: Mapping[str, Measurand] = {
    "Energy.Active.Import.Register": Measurand(
        "energy_wh", {"Wh": _times(1), "kWh": _times(1000)}, _sum, 0, 10**_MAX_DIGITS
    ),
    "Power.Active.Import": Measurand("power_w", {"W": _times(1), "kW": _times(1000)}, _sum, 0, 10**9),
    "Current.Import": Measurand("current_ma", {"A": _times(1000)}, max, 0, 10**9),
    "Voltage": Measurand("voltage_mv", {"V": _times(1000)}, _mean, 0, 10**9),
    "SoC": Measurand("soc_pct", {"Percent": _times(1)}, max, 0, 100),
    "Temperature": Measurand(
        "temperature_mc",
        {
            "Celsius": _CELSIUS,
            "Celcius": _CELSIUS,  # the spelling of the 1.6 schemas
            "K": lambda value: (value - Decimal("273.15")) * 1000,
            "Fahrenheit": lambda value: (value - 32) * 5 / 9 * 1000,
        },
        max,
        -100_000,
        1_000_000,
    ),
}


def samples_16(sampled: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """Usable samples of OCPP 1.6 `sampledValue`."""
    raw = (entry for entry in sampled if entry.get("format", "Raw") == "Raw")
    return _usable((entry, entry["value"], 0, entry.get("unit")) for entry in raw)


def samples_201(sampled: Iterable[Mapping[str, Any]]) -> list[Sample]:
    """Usable samples of OCPP 2.0.1 `sampledValue`."""
    units = ((entry, entry.get("unitOfMeasure", {})) for entry in sampled)
    return _usable((entry, entry["value"], unit.get("multiplier", 0), unit.get("unit")) for entry, unit in units)


def reading(samples: list[Sample]) -> dict[str, int]:
    """Fields of Telemetry, in base units, of all that was sampled at one moment."""
    by_measurand: dict[str, list[Sample]] = {}
    for sample in samples:
        by_measurand.setdefault(sample.measurand, []).append(sample)
    found = {}
    for name, mine in by_measurand.items():
        how = _MEASURANDS[name]
        figure = _figure(how, mine)
        if figure is not None:
            found[how.field] = figure
    return found


def _usable(entries: Iterable[tuple[Mapping[str, Any], Any, int, str | None]]) -> list[Sample]:
    found = []
    for entry, value, power, unit in entries:
        measurand = entry.get("measurand", "Energy.Active.Import.Register")
        how = _MEASURANDS.get(measurand)
        number = _decimal(value, power) if how else None
        if how and number is not None:
            place = entry.get("location", "Outlet")
            found.append(Sample(measurand, number, unit or how.unit, entry.get("phase"), place))
    return found


def _decimal(value: Any, power: int) -> Decimal | None:
    """None for what is no number or so large that it can only be an error or an attack."""
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS or abs(power) > _MAX_DIGITS:
        return None
    return number.scaleb(int(power)) if power else number


def _figure(how: Measurand, samples: list[Sample]) -> int | None:
    """One figure of one measurand; of the place nearest to the customer's plug."""
    if len(samples) > 1:
        nearest = min(_rank(sample.location) for sample in samples)
        samples = [sample for sample in samples if _rank(sample.location) == nearest]
    values = _values(how, samples)
    if not values:
        return None
    value = values[0] if len(values) == 1 else how.combine(values)
    base = int(value.to_integral_value(ROUND_HALF_EVEN))
    return base if how.low <= base <= how.high else None


def _values(how: Measurand, samples: list[Sample]) -> list[Decimal]:
    """In base units: the total alone where the station gives one, else one per line."""
    known = [sample for sample in samples if sample.unit in how.units]
    totals = [sample for sample in known if sample.phase is None][:1]
    chosen = totals or [sample for sample in known if sample.phase in _LINES]
    return [how.units[sample.unit](sample.value) for sample in chosen]


def _rank(location: str) -> int:
    return _LOCATIONS.index(location)

"""Which column is the energy, in which unit: named by the header or the values, judged by the power it implies.

The binary fractions here only weigh one reading against another; the energy itself is read exactly (`numerals`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import NumberStyle, canonical, energy_wh, other_style, style_of
from pipelines.transforms.importing.profile import Profile
from pipelines.transforms.importing.shapes import Quantity, TimeSource, ranked
from pipelines.transforms.importing.spans import sample_hours
from pipelines.transforms.importing.words import ENERGY_UNITS, unit_of

# Mean power of the median session, in kW: from trickle charging to the largest truck chargers.
POWER_KW = (0.02, 1500.0)
USUAL_KW = 7.0
_KWH = {"Wh": 0.001, "kWh": 1.0, "MWh": 1000.0}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of a column's numbers: the typical power as if in kWh, and how far single sessions lie from it."""

    style: NumberStyle
    known: bool
    kw: float | None
    spread: float
    size: float


def find_energy(
    found: list[Profile], hours: pl.Series, comma: str | None, headless: bool, tried: list[str]
) -> Quantity:
    """The energy column with its unit. `hours`: length of each sampled session, to judge the power by."""
    for _, p in ranked(found, "energy", ("number", "text")):
        quantity = _energy_of(p, hours, comma, tried)
        if quantity:
            return quantity
    meters = [ranked(found, role, ("number",)) for role in ("meter_start", "meter_end")]
    if all(meters):
        begin, finish = meters[0][0][1], meters[1][0][1]
        unit = unit_of(finish.name, ENERGY_UNITS) or "Wh"
        return Quantity(finish.column, unit, finish.style, minus=begin.column, how="difference of meter readings")
    if headless:
        plausible = [
            q for p in found if p.kind == "number" and p.filled > 0.5 and (q := _energy_of(p, hours, comma, tried))
        ]
        if len(plausible) == 1:
            return plausible[0]
    _note_energy(found, tried)
    raise NotUnderstood("No column for the energy of a session was found.", tried)


def _note_energy(found: list[Profile], tried: list[str]) -> None:
    numeric = [p.name for p in found if p.kind == "number"]
    names = ", ".join(map(repr, numeric[:20])) or "none"
    tried.append(f"energy: no header names it with numbers below it (numeric columns: {names})")


def _energy_of(p: Profile, hours: pl.Series, comma: str | None, tried: list[str]) -> Quantity | None:
    """The column as energy, its unit from the values, the header or the implied power; None when none is plausible."""
    written = p.values.str.extract(r"(?i)\d\s*([km]?)w\s?h\s*$", 1).drop_nulls()
    unit = {"k": "kWh", "m": "MWh", "": "Wh"}[written[0].lower()] if written.len() else unit_of(p.name, ENERGY_UNITS)
    how = "written beside the values" if written.len() else "header"
    first = style_of(p.values, comma)
    readings = [_power(p, style, hours) for style in (first, other_style(p.values, first)) if style]
    readings = [r for r in readings if r.known]
    if not readings:
        tried.append(f"energy: header {p.name!r} fits, but its values are {p.kind}, not numbers")
        return None
    # Without a power to judge by, whole watt-hours are more likely than thousandths of them.
    readings.sort(key=lambda r: (r.spread, -r.size if unit == "Wh" else r.size))
    return _by_name(p, unit, how, readings) or _by_power(p, readings, tried)


def _by_name(p: Profile, unit: str | None, how: str, readings: list[_Reading]) -> Quantity | None:
    """The named unit holds unless it would need impossible power; a plausible reading of the digits comes first."""
    if unit is None:
        return None
    for least in (POWER_KW[0], 0.0):
        for reading in readings:
            if reading.kw is None or least <= reading.kw * _KWH[unit] <= POWER_KW[1]:
                return Quantity(p.column, unit, reading.style, how=how)
    return None


def _by_power(p: Profile, readings: list[_Reading], tried: list[str]) -> Quantity | None:
    """The unit that makes the typical session charge like a car."""
    for reading in readings:
        fitting = [u for u in _KWH if reading.kw and 0.2 <= reading.kw * _KWH[u] <= 400]
        if fitting:
            best = min(fitting, key=lambda u: _from_usual((reading.kw or 1) * _KWH[u]))
            return Quantity(p.column, best, reading.style, how="implied power")
        if reading.kw is None:
            return Quantity(p.column, "kWh", reading.style, how="usual unit, no power to judge by")
    power = f"{readings[0].kw or 0:g} kW"
    tried.append(f"energy: {p.name!r} would mean a typical power of {power} in kWh; no unit makes that plausible")
    return None


def _power(p: Profile, style: NumberStyle, hours: pl.Series) -> _Reading:
    amount = canonical(p.values, style).cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"e": amount, "h": hours}).filter((pl.col("e") > 0) & (pl.col("h") > 0.05))
    size = float(amount.median() or 0.0)  # type: ignore[arg-type]
    logs = (frame["e"] / frame["h"]).log(10)
    middle = logs.median()
    if middle is None:
        return _Reading(style, bool(amount.is_not_null().any()), None, 0.0, size)
    spread = float((logs - middle).abs().mean() or 0.0)  # type: ignore[arg-type]
    return _Reading(style, True, 10 ** float(middle), spread, size)  # type: ignore[arg-type]


def _from_usual(kw: float) -> float:
    """Distance from the usual charging power, as a ratio of 1 or more."""
    return max(kw / USUAL_KW, USUAL_KW / kw)


def length_unit(found: list[Profile], duration: Quantity, energy: Quantity) -> str:
    """The unit of an unnamed duration column that brings the typical power nearest to usual charging."""
    values = {p.column: p.values for p in found}
    hours = sample_hours(found, TimeSource(duration.column), None, replace(duration, unit="h"), Hints())
    kwh = energy_wh(values[energy.column], energy.style, energy.unit) / 1000
    frame = pl.DataFrame({"e": kwh, "h": hours}).filter((pl.col("e") > 0) & (pl.col("h") > 0))
    middle = (frame["e"] / frame["h"]).median()
    power = float(middle) if middle is not None else USUAL_KW  # type: ignore[arg-type]
    return min(("h", "min", "s"), key=lambda u: _from_usual(power * {"h": 1, "min": 60, "s": 3600}[u]))

"""Which column serves as what: headers propose, values decide, and every refusal is remembered for the report."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import NumberStyle, canonical, energy_wh, style_of
from pipelines.transforms.importing.profile import Profile, file_comma
from pipelines.transforms.importing.spans import sample_hours
from pipelines.transforms.importing.words import ENERGY_UNITS, LENGTH_UNITS, header_score, says_utc, unit_of

OPTIONAL = ("charger", "connector", "site", "driver", "vehicle", "source_id", "cost", "currency", "requested_energy", "requested_departure", "charging_end", "charging_duration", "zone", "claimed")  # fmt: skip
_KINDS = {"cost": ("number",), "requested_energy": ("number",), "requested_departure": ("moment",), "charging_end": ("moment",), "zone": ("text",), "currency": ("text",)}  # fmt: skip
# Mean power of the median session, in kW: from trickle charging to the largest truck chargers.
POWER_KW = (0.02, 1500.0)
USUAL_KW = 7.0


@dataclass(frozen=True, slots=True)
class TimeSource:
    """A full date and time in `column`, or a date in `column` and its time of day in `clock`."""

    column: str
    clock: str | None = None
    utc: bool = False
    own_date: bool = True


@dataclass(frozen=True, slots=True)
class Quantity:
    """A numeric column with its unit and number style; `minus` is taken off it (meter readings)."""

    column: str
    unit: str
    style: NumberStyle
    minus: str | None = None
    spans: bool = False
    how: str = "header"


@dataclass(slots=True)
class Roles:
    """The layout found. Either `end` or `duration` is set."""

    start: TimeSource
    end: TimeSource | None
    duration: Quantity | None
    energy: Quantity
    others: dict[str, str] = field(default_factory=dict)
    comma: str | None = None


def choose(found: list[Profile], hints: Hints) -> Roles:
    """Assign the roles. Raises NotUnderstood, with what was tried, when start, length or energy is missing."""
    tried: list[str] = []
    headless = all(p.name.startswith("column ") for p in found)
    comma = file_comma(found)
    start, end, duration = _when(found, hints, headless, tried)
    hours = sample_hours(found, start, end, duration, hints)
    open_unit = duration is not None and duration.unit == "?"
    if open_unit:
        hours, duration = (hours, None) if end else (pl.Series([None] * hours.len(), dtype=pl.Float64), duration)
    used = {s for t in (start, end) if t for s in (t.column, t.clock) if s} | ({duration.column} if duration else set())
    energy = _energy([p for p in found if p.column not in used], hours, comma, headless, tried)
    if open_unit and duration:
        duration = replace(duration, unit=_length_unit(found, duration, energy))
    roles = Roles(start, end, duration, energy, comma=comma)
    roles.others = _others(found, used | {energy.column, energy.minus or ""})
    return roles


def _ranked(found: list[Profile], role: str, kinds: tuple[str, ...]) -> list[tuple[float, Profile]]:
    scored = [(header_score(role, p.name), p) for p in found if p.kind in kinds]
    return sorted(((s, p) for s, p in scored if s > 0), key=lambda item: (-item[0], -item[1].filled))


def _when(found: list[Profile], hints: Hints, headless: bool, tried: list[str]) -> tuple[TimeSource, TimeSource | None, Quantity | None]:  # fmt: skip
    starts = _time_sources(found, "start")
    if not starts and headless:
        starts = [TimeSource(p.column) for p in found if p.kind == "moment"]
    _note_refused(found, "start", starts, tried)
    for start in starts:
        lengths = _lengths(found, start, headless)
        for end, duration in lengths:
            good = _plausible_share(sample_hours(found, start, end, duration, hints))
            if good >= (0.9 if headless else 0.5):
                return start, end, duration
            tried.append(f"{_name(found, start)} with {_length_name(found, end, duration)}: {good:.0%} end within 48 hours after the start")
        if not lengths:
            tried.append(f"start {_name(found, start)}: no column for the end or the duration of a session")
    raise NotUnderstood("No columns for when a session starts and ends were found.", tried)


def _time_sources(found: list[Profile], role: str) -> list[TimeSource]:
    """Full date-times first by header, then dates joined with a time column of the same role."""
    full = [(s, TimeSource(p.column, utc=says_utc(p.name))) for s, p in _ranked(found, role, ("moment",))]
    clocks = _ranked(found, role, ("time",))
    dates = _ranked(found, role, ("date",))
    loose = [(0.5, p) for _, p in _ranked(found, "start", ("date",))] if role == "end" else []
    joined = [
        (ds + min(cs, 1), TimeSource(d.column, c.column, says_utc(d.name) or says_utc(c.name), own_date=ds > 0.5))
        for cs, c in clocks[:2] for ds, d in (dates or loose)[:2]
    ]  # fmt: skip
    ranked = sorted(full + joined, key=lambda item: -item[0])
    return [source for _, source in ranked]


def _lengths(found: list[Profile], start: TimeSource, headless: bool) -> list[tuple[TimeSource | None, Quantity | None]]:
    taken = {c for c in (start.column, start.clock) if c}
    ends = [e for e in _time_sources(found, "end") if (e.clock or e.column) not in taken]
    if headless and not ends:
        ends = [TimeSource(p.column) for p in found if p.kind == "moment" and p.column > start.column]
    clocks = {e.clock for e in ends} | taken
    duration = _duration([p for p in found if p.column not in clocks])
    return [(end, duration) for end in ends] + ([(None, duration)] if duration else [])


def _duration(found: list[Profile]) -> Quantity | None:
    for role in ("duration", "charging_duration"):
        for _, p in _ranked(found, role, ("number", "time", "text")):
            if p.spans:
                return Quantity(p.column, "s", p.style, spans=True)
            if p.kind == "number":
                unit = unit_of(p.name, LENGTH_UNITS)
                return Quantity(p.column, unit or "?", p.style, how="header" if unit else "implied power")
    return None


def _plausible_share(hours: pl.Series) -> float:
    known = hours.drop_nulls()
    return float(((known >= 0) & (known <= 48)).mean() or 0.0) if known.len() else 0.0  # type: ignore[arg-type]


def _note_refused(found: list[Profile], role: str, kept: list[TimeSource], tried: list[str]) -> None:
    columns = {s.column for s in kept} | {s.clock for s in kept}
    for p in found:
        score = header_score(role, p.name)
        if score >= 1 and p.column not in columns:
            tried.append(f"{role}: header {p.name!r} fits, but its values are {p.kind}, not dates with a time of day")
    if not kept:
        kinds = ", ".join(f"{p.name!r} {p.kind}" for p in found[:20])
        tried.append(f"{role}: no header names it and holds dates with a time of day (columns: {kinds})")


def _name(found: list[Profile], source: TimeSource) -> str:
    names = {p.column: p.name for p in found}
    return " + ".join(repr(names[c]) for c in (source.column, source.clock) if c)


def _length_name(found: list[Profile], end: TimeSource | None, duration: Quantity | None) -> str:
    if end:
        return _name(found, end)
    return next(repr(p.name) for p in found if duration and p.column == duration.column)


def _energy(found: list[Profile], hours: pl.Series, comma: str | None, headless: bool, tried: list[str]) -> Quantity:
    for _, p in _ranked(found, "energy", ("number", "text")):
        quantity = _energy_of(p, hours, comma, tried)
        if quantity:
            return quantity
    meters = [_ranked(found, role, ("number",)) for role in ("meter_start", "meter_end")]
    if all(meters):
        begin, finish = meters[0][0][1], meters[1][0][1]
        unit = unit_of(finish.name, ENERGY_UNITS) or "Wh"
        return Quantity(finish.column, unit, finish.style, minus=begin.column, how="difference of meter readings")
    if headless:
        plausible = [q for p in found if p.kind == "number" and p.filled > 0.5 and (q := _energy_of(p, hours, comma, tried))]
        if len(plausible) == 1:
            return plausible[0]
    _note_energy(found, tried)
    raise NotUnderstood("No column for the energy of a session was found.", tried)


def _note_energy(found: list[Profile], tried: list[str]) -> None:
    numeric = [p.name for p in found if p.kind == "number"]
    tried.append(f"energy: no header names it with numbers below it (numeric columns: {', '.join(map(repr, numeric[:20])) or 'none'})")


def _energy_of(p: Profile, hours: pl.Series, comma: str | None, tried: list[str]) -> Quantity | None:
    from_header = unit_of(p.name, ENERGY_UNITS)
    written = p.values.str.extract(r"(?i)\d\s*([km]?)w\s?h\s*$", 1).drop_nulls()
    style = _style(p, comma)
    amount = canonical(p.values, style).cast(pl.Float64, strict=False)
    if not amount.is_not_null().any():
        tried.append(f"energy: header {p.name!r} fits, but its values are {p.kind}, not numbers")
        return None
    power = _median_power(amount, hours)
    unit = {"k": "kWh", "m": "MWh", "": "Wh"}[written[0].lower()] if written.len() else from_header
    how = "written beside the values" if written.len() else "header"
    factor = {"Wh": 0.001, "kWh": 1.0, "MWh": 1000.0}
    if unit and (power is None or POWER_KW[0] <= power * factor[unit] <= POWER_KW[1]):
        return Quantity(p.column, unit, style, how=how)
    fitting = [u for u in factor if power and 0.2 <= power * factor[u] <= 400]
    if not fitting:
        tried.append(f"energy: {p.name!r} would mean a typical power of {power or 0:g} kW in kWh, which no unit makes plausible")
        return None
    return Quantity(p.column, min(fitting, key=lambda u: abs_log((power or 1) * factor[u])), style, how="implied power")


def abs_log(kw: float) -> float:
    """Distance from the usual charging power, as a ratio of 1 or more."""
    return max(kw / USUAL_KW, USUAL_KW / kw)


def _style(p: Profile, comma: str | None) -> NumberStyle:
    return style_of(p.values, comma)


def _median_power(amount: pl.Series, hours: pl.Series) -> float | None:
    frame = pl.DataFrame({"e": amount, "h": hours}).filter((pl.col("e") > 0) & (pl.col("h") > 0.05))
    value = (frame["e"] / frame["h"]).median()
    return float(value) if value is not None else None  # type: ignore[arg-type]


def _length_unit(found: list[Profile], duration: Quantity, energy: Quantity) -> str:
    """The unit of an unnamed duration column that brings the typical power nearest to usual charging."""
    values = {p.column: p.values for p in found}
    hours = sample_hours(found, TimeSource(duration.column), None, replace(duration, unit="h"), Hints())
    kwh = energy_wh(values[energy.column], energy.style, energy.unit) / 1000
    power = _median_power(kwh, hours) or USUAL_KW
    return min(("h", "min", "s"), key=lambda u: abs_log(power * {"h": 1, "min": 60, "s": 3600}[u]))


def _others(found: list[Profile], used: set[str]) -> dict[str, str]:
    """Optional roles, best claim first; a column serves once."""
    claims = sorted(((_claim(role, p), role, p.column) for p in found if p.column not in used and p.kind != "empty" for role in OPTIONAL), key=lambda c: -c[0])  # fmt: skip
    out: dict[str, str] = {}
    for score, role, column in claims:
        if score > 0 and role not in out and column not in out.values():
            out[role] = column
    return out


def _claim(role: str, p: Profile) -> float:
    """The header's claim, lowered where the values do not look like the role."""
    score = header_score(role, p.name)
    if p.kind not in _KINDS.get(role, (p.kind,)) and not (role == "charging_duration" and p.spans):
        return 0.0
    if role == "charging_duration" and not (p.spans or p.kind == "number"):
        return 0.0
    if role == "charger" and p.distinct > 0.95 and p.values.len() > 50:
        return score - 2.5
    if role == "source_id" and p.distinct < 0.9:
        return score - 2.5
    if role == "connector" and p.distinct > 0.5 and p.values.len() > 50:
        return score - 2.5
    return score + (p.filled - 1) * 0.6 if score else 0.0

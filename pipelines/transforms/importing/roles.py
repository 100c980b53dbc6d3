"""Which column serves as what: headers propose, values decide, and every refusal is remembered for the report."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.numerals import NumberStyle, canonical, energy_wh, other_style, style_of
from pipelines.transforms.importing.profile import Profile, file_comma
from pipelines.transforms.importing.spans import sample_hours
from pipelines.transforms.importing.words import ENERGY_UNITS, LENGTH_UNITS, header_score, says_utc, unit_of

OPTIONAL = ("charger", "connector", "site", "driver", "vehicle", "source_id", "cost", "currency", "requested_energy", "requested_departure", "charging_end", "charging_duration", "zone", "end_zone", "claimed")  # fmt: skip
_KINDS = {"cost": ("number",), "requested_energy": ("number",), "requested_departure": ("moment",), "charging_end": ("moment",), "zone": ("text",), "end_zone": ("text",), "currency": ("text",)}  # fmt: skip
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
    headless = all(nameless(p.name) for p in found)
    comma = file_comma(found)
    start, end, duration = _when(found, hints, headless, tried)
    hours = sample_hours(found, start, end, duration, hints)
    open_unit = duration is not None and duration.unit == "?"
    if open_unit:
        hours = pl.Series([None] * hours.len(), dtype=pl.Float64)
    used = {s for t in (start, end) if t for s in (t.column, t.clock) if s} | ({duration.column} if duration else set())
    energy = _energy([p for p in found if p.column not in used], hours, comma, headless, tried)
    if open_unit and duration:
        duration = replace(duration, unit=_length_unit(found, duration, energy))
    roles = Roles(start, end, duration, energy, comma=comma)
    roles.others = _others(found, used | {energy.column, energy.minus or ""})
    if headless and "charger" not in roles.others:
        names = [p.column for p in found if p.kind == "text" and p.column not in used and (p.distinct < 0.9 or p.values.len() < 20)]
        roles.others |= {"charger": names[0]} if names else {}
    return roles


def _ranked(found: list[Profile], role: str, kinds: tuple[str, ...]) -> list[tuple[float, Profile]]:
    scored = [(_own_score(role, p.name), p) for p in found if p.kind in kinds]
    return sorted(((s, p) for s, p in scored if s > 0), key=lambda item: (-item[0], -item[1].filled))


def _own_score(role: str, name: str) -> float:
    """The header's score, unless it names the opposite role more strongly: `Loppui date` is no start for its `date`."""
    score = header_score(role, name)
    opposite = {"start": "end", "end": "start"}.get(role)
    return 0.0 if opposite and header_score(opposite, name) > score else score


def _when(found: list[Profile], hints: Hints, headless: bool, tried: list[str]) -> tuple[TimeSource, TimeSource | None, Quantity | None]:  # fmt: skip
    starts = _time_sources(found, "start")
    _note_refused(found, "start", starts, tried)
    named = bool(starts) and not headless
    starts = starts or [TimeSource(p.column, utc=says_utc(p.name)) for p in found if p.kind == "moment" and not _intent(p)]
    for start in starts:
        lengths = _lengths(found, start)
        for end, duration, by_name in lengths:
            open_unit = duration is not None and duration.unit == "?"
            good = 1.0 if open_unit else _plausible_share(sample_hours(found, start, end, duration, hints))
            if good >= (0.5 if named and by_name else 0.9):
                return start, end, None if end else duration
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


def _lengths(found: list[Profile], start: TimeSource) -> list[tuple[TimeSource | None, Quantity | None, bool]]:
    """(end, None, named) and (None, duration, named) worth trying, named columns first, then any other time after the start."""
    taken = {c for c in (start.column, start.clock) if c}
    ends = [e for e in _time_sources(found, "end") if (e.clock or e.column) not in taken]
    clocks = {e.clock for e in ends} | taken
    duration = _duration([p for p in found if p.column not in clocks])
    tries: list[tuple[TimeSource | None, Quantity | None, bool]] = [(end, None, True) for end in ends]
    tries += [(None, duration, True)] if duration else []
    others = [p for p in found if p.kind == "moment" and p.column not in taken and not _intent(p)]
    named = {e.column for e in ends}
    return tries + [(TimeSource(p.column, utc=says_utc(p.name)), None, False) for p in others if p.column not in named]


def _intent(p: Profile) -> bool:
    """Times that were only planned, or that say when the record was written, are no ends of a session."""
    return header_score("requested_departure", p.name) > 0 or header_score("record", p.name) > 0


def nameless(header: str) -> bool:
    """True for headers that say nothing: `column 3`, `Unnamed: 0`, `V2`, or none at all."""
    return re.fullmatch(r"(?:col(?:umn)?|field|feld|var|spalte|unnamed|champ|[vfxc])?[\s_:.]*\d*", header.strip().lower()) is not None


def _duration(found: list[Profile]) -> Quantity | None:
    for role in ("duration", "charging_duration"):
        for score, p in _ranked(found, role, ("number", "time", "text")):
            if p.spans and (score >= 3 or p.kind == "text"):
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
    """The column as energy: its unit from the values, the header or the implied power; None when nothing is plausible."""
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
    for reading in readings:
        if unit and (reading.kw is None or POWER_KW[0] <= reading.kw * _KWH[unit] <= POWER_KW[1]):
            return Quantity(p.column, unit, reading.style, how=how)
    for reading in readings:
        fitting = [u for u in _KWH if reading.kw and 0.2 <= reading.kw * _KWH[u] <= 400]
        if fitting:
            best = min(fitting, key=lambda u: abs_log((reading.kw or 1) * _KWH[u]))
            return Quantity(p.column, best, reading.style, how="implied power")
        if reading.kw is None:
            return Quantity(p.column, "kWh", reading.style, how="usual unit, no power to judge by")
    tried.append(f"energy: {p.name!r} would mean a typical power of {readings[0].kw or 0:g} kW in kWh; no unit makes that plausible")
    return None


_KWH = {"Wh": 0.001, "kWh": 1.0, "MWh": 1000.0}


@dataclass(frozen=True, slots=True)
class _Reading:
    """One reading of a column's numbers: the typical power as if in kWh, and how far single sessions lie from it."""

    style: NumberStyle
    known: bool
    kw: float | None
    spread: float
    size: float


def _power(p: Profile, style: NumberStyle, hours: pl.Series) -> _Reading:
    amount = canonical(p.values, style).cast(pl.Float64, strict=False)
    frame = pl.DataFrame({"e": amount, "h": hours}).filter((pl.col("e") > 0) & (pl.col("h") > 0.05))
    size = float(amount.median() or 0.0)  # type: ignore[arg-type]
    logs = (frame["e"] / frame["h"]).log(10)
    middle = logs.median()
    if middle is None:
        return _Reading(style, bool(amount.is_not_null().any()), None, 0.0, size)
    spread = float((logs - middle).abs().mean() or 0.0)  # type: ignore[operator,arg-type]
    return _Reading(style, True, 10 ** float(middle), spread, size)  # type: ignore[arg-type]


def abs_log(kw: float) -> float:
    """Distance from the usual charging power, as a ratio of 1 or more."""
    return max(kw / USUAL_KW, USUAL_KW / kw)


def _length_unit(found: list[Profile], duration: Quantity, energy: Quantity) -> str:
    """The unit of an unnamed duration column that brings the typical power nearest to usual charging."""
    values = {p.column: p.values for p in found}
    hours = sample_hours(found, TimeSource(duration.column), None, replace(duration, unit="h"), Hints())
    kwh = energy_wh(values[energy.column], energy.style, energy.unit) / 1000
    frame = pl.DataFrame({"e": kwh, "h": hours}).filter((pl.col("e") > 0) & (pl.col("h") > 0))
    middle = (frame["e"] / frame["h"]).median()
    power = float(middle) if middle is not None else USUAL_KW  # type: ignore[arg-type]
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

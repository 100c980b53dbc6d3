"""Which columns say when a session starts and ends, or how long it lasts."""

from __future__ import annotations

import re

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.errors import NotUnderstood
from pipelines.transforms.importing.profile import Profile
from pipelines.transforms.importing.shapes import Quantity, TimeSource, ranked
from pipelines.transforms.importing.spans import sample_hours
from pipelines.transforms.importing.words import LENGTH_UNITS, header_score, says_utc, unit_of

_SILENT = re.compile(r"(?:col(?:umn)?|field|feld|var|spalte|unnamed|champ|[vfxc])?[\s_:.]*\d*")


def find_times(
    found: list[Profile], hints: Hints, headless: bool, tried: list[str]
) -> tuple[TimeSource, TimeSource | None, Quantity | None]:
    """(start, end, duration) with one of the last two None. Raises NotUnderstood when no pair of columns fits."""
    starts = _time_sources(found, "start")
    _note_refused(found, "start", starts, tried)
    named = bool(starts) and not headless
    starts = starts or [
        TimeSource(p.column, utc=says_utc(p.name)) for p in found if p.kind == "moment" and not _intent(p)
    ]
    for start in starts:
        lengths = _lengths(found, start)
        for end, duration, by_name in lengths:
            open_unit = duration is not None and duration.unit == "?"
            good = 1.0 if open_unit else _plausible_share(sample_hours(found, start, end, duration, hints))
            if good >= (0.25 if named and by_name else 0.9):
                return start, end, None if end else duration
            pair = f"{_name(found, start)} with {_length_name(found, end, duration)}"
            tried.append(f"{pair}: {good:.0%} end within 48 hours after the start")
        if not lengths:
            tried.append(f"start {_name(found, start)}: no column for the end or the duration of a session")
    raise NotUnderstood("No columns for when a session starts and ends were found.", tried)


def _time_sources(found: list[Profile], role: str) -> list[TimeSource]:
    """Full date-times first by header, then dates joined with a time column of the same role."""
    full = [(s, TimeSource(p.column, utc=says_utc(p.name))) for s, p in ranked(found, role, ("moment",))]
    clocks = ranked(found, role, ("time",))
    dates = ranked(found, role, ("date",))
    loose = [(0.5, p) for _, p in ranked(found, "start", ("date",))] if role == "end" else []
    joined = [
        (ds + min(cs, 1), TimeSource(d.column, c.column, says_utc(d.name) or says_utc(c.name), own_date=ds > 0.5))
        for cs, c in clocks[:2] for ds, d in (dates or loose)[:2]
    ]  # fmt: skip
    best_first = sorted(full + joined, key=lambda item: -item[0])
    return [source for _, source in best_first]


def _lengths(found: list[Profile], start: TimeSource) -> list[tuple[TimeSource | None, Quantity | None, bool]]:
    """(end, None, named) and (None, duration, named) worth trying: named columns, then any other time."""
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
    return _SILENT.fullmatch(header.strip().lower()) is not None


def _duration(found: list[Profile]) -> Quantity | None:
    for role in ("duration", "charging_duration"):
        for score, p in ranked(found, role, ("number", "time", "text")):
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

"""Which column serves as what: headers propose, values decide, and every refusal is remembered for the report."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from pipelines.transforms.importing.dateorder import Hints
from pipelines.transforms.importing.energy_role import find_energy, length_unit
from pipelines.transforms.importing.profile import Profile, file_comma
from pipelines.transforms.importing.shapes import Roles
from pipelines.transforms.importing.spans import sample_hours
from pipelines.transforms.importing.times_role import find_times, nameless
from pipelines.transforms.importing.words import header_score

# role -> kinds of column that can serve it; None: any
OPTIONAL: dict[str, tuple[str, ...] | None] = {
    "charger": None,
    "connector": None,
    "site": None,
    "driver": None,
    "vehicle": None,
    "source_id": None,
    "claimed": None,
    "cost": ("number",),
    "currency": ("text",),
    "requested_energy": ("number",),
    "requested_departure": ("moment",),
    "charging_end": ("moment",),
    "charging_duration": None,
    "zone": ("text",),
    "end_zone": ("text",),
}


def choose(found: list[Profile], hints: Hints) -> Roles:
    """Assign the roles. Raises NotUnderstood, with what was tried, when start, length or energy is missing."""
    tried: list[str] = []
    headless = all(nameless(p.name) for p in found)
    comma = file_comma(found)
    start, end, duration = find_times(found, hints, headless, tried)
    hours = sample_hours(found, start, end, duration, hints)
    open_unit = duration is not None and duration.unit == "?"
    if open_unit:
        hours = pl.Series([None] * hours.len(), dtype=pl.Float64)
    used = {s for t in (start, end) if t for s in (t.column, t.clock) if s} | ({duration.column} if duration else set())
    energy = find_energy([p for p in found if p.column not in used], hours, comma, headless, tried)
    if open_unit and duration:
        duration = replace(duration, unit=length_unit(found, duration, energy))
    roles = Roles(start, end, duration, energy, comma=comma)
    roles.others = _others(found, used | {energy.column, energy.minus or ""})
    if headless and "charger" not in roles.others:
        names = [
            p.column
            for p in found
            if p.kind == "text" and p.column not in used and (p.distinct < 0.9 or p.values.len() < 20)
        ]
        roles.others |= {"charger": names[0]} if names else {}
    return roles


def _others(found: list[Profile], used: set[str]) -> dict[str, str]:
    """Optional roles, best claim first; a column serves once."""
    free = [p for p in found if p.column not in used and p.kind != "empty"]
    claims = sorted(((_claim(role, p), role, p.column) for p in free for role in OPTIONAL), key=lambda c: -c[0])
    out: dict[str, str] = {}
    for score, role, column in claims:
        if score > 0 and role not in out and column not in out.values():
            out[role] = column
    return out


def _claim(role: str, p: Profile) -> float:
    """The header's claim, lowered where the values do not look like the role."""
    score = header_score(role, p.name)
    kinds = OPTIONAL[role]
    if kinds and p.kind not in kinds:
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

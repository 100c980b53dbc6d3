"""What a layout is made of: the source of a time, a quantity with its unit, and the roles of the columns."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipelines.transforms.importing.numerals import NumberStyle
from pipelines.transforms.importing.profile import Profile
from pipelines.transforms.importing.words import header_score


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


def ranked(found: list[Profile], role: str, kinds: tuple[str, ...]) -> list[tuple[float, Profile]]:
    scored = [(_own_score(role, p.name), p) for p in found if p.kind in kinds]
    return sorted(((s, p) for s, p in scored if s > 0), key=lambda item: (-item[0], -item[1].filled))


def _own_score(role: str, name: str) -> float:
    """The header's score, unless it names the opposite role more strongly: `Loppui date` is no start for its `date`."""
    score = header_score(role, name)
    opposite = {"start": "end", "end": "start"}.get(role)
    return 0.0 if opposite and header_score(opposite, name) > score else score

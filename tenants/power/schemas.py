"""Shapes of the smart charging API. Currents in mA per line, power in W, energy in Wh."""

from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints

from saas.kit.schemas import EnergyWh, Moment, Sentence, Word
from tenants.sites.models import Evse, Location

from .models import Alarm as AlarmRow
from .models import Capability as CapabilityRow
from .models import ChargingNeed
from .models import Circuit as CircuitRow
from .models import PriceSeries as SeriesRow
from .queries.state import Load
from .queries.units import Unit

Current = Annotated[int, Field(ge=0, le=10_000_000)]
Lines = Literal["", "1", "2", "3", "123", "231", "312", "132", "213", "321"]
Reason = Literal[
    "full", "shared", "minimum", "too_small", "price", "kept", "held", "free", "armed", "offline", "ignores", "stopped",
    "unlimitable", "asking", "fixed", "",
]  # fmt: skip
Value = Annotated[str, StringConstraints(pattern=r"^-?[0-9]{1,8}(\.[0-9]{1,6})?$")]


class Circuit(Schema):
    uid: UUID
    location: UUID
    location_name: str
    parent: UUID | None = None
    name: str
    limit_ma: int | None = None
    limit_w: int | None = None
    voltage_mv: int
    reserve_ma: int
    fallback_ma: int
    series: UUID | None = None
    enabled: bool


class CircuitIn(Schema):
    """A limit per line, in watts, or both. `fallback_ma`: what each charger may take that hears nothing from us."""

    location: UUID
    parent: UUID | None = None
    name: Annotated[Word, Field(min_length=1)]
    limit_ma: Current | None = None
    limit_w: Annotated[int, Field(ge=1, le=50_000_000)] | None = None
    voltage_mv: Annotated[int, Field(ge=50_000, le=1_500_000)] = 230_000
    reserve_ma: Current = 0
    fallback_ma: Current = 6_000
    series: UUID | None = None
    enabled: bool = True


class CircuitChanges(Schema):
    """What is left out stays as it is."""

    parent: UUID | None = None
    name: Annotated[Word, Field(min_length=1)] = ""
    limit_ma: Current | None = None
    limit_w: Annotated[int, Field(ge=1, le=50_000_000)] | None = None
    voltage_mv: Annotated[int, Field(ge=50_000, le=1_500_000)] = 230_000
    reserve_ma: Current = 0
    fallback_ma: Current = 6_000
    series: UUID | None = None
    enabled: bool = True


class MemberIn(Schema):
    """How an EVSE hangs on a circuit. `lines`: which lines its L1, L2, L3 are wired to; empty: not known."""

    lines: Lines = ""
    max_ma: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    fallback_ma: Current | None = Field(None, description="Null: the circuit's")
    priority: Annotated[int, Field(ge=0, le=9)] = Field(0, description="Higher goes first")


class LoadIn(Schema):
    """What everything but the chargers takes, on L1, L2, L3."""

    load_ma: Annotated[list[Current], Field(min_length=3, max_length=3)]


class CircuitCharger(Schema):
    """An EVSE as it stands. `counted_ma`: what it may draw at most, as far as anybody knows; `target_ma`: what it is
    to get; `agreed_ma`: what it has agreed to, until `agreed_until` (null: until told otherwise).
    """

    evse: UUID
    circuit: UUID
    device: str | None = None
    session: UUID | None = None
    lines: Lines
    phases: int
    priority: int
    max_ma: int
    fallback_ma: int
    target_ma: int
    agreed_ma: int
    agreed_until: Moment | None = None
    counted_ma: int
    measured_ma: int | None = None
    reason: Reason
    resumes_at: Moment | None = None
    departure_at: Moment | None = None
    energy_wh: int | None = None
    shape: str = Field(description="How it was last told: unit, purpose, kind, whether it ends by itself")


class CircuitState(Schema):
    """Per line: L1, L2, L3."""

    circuit: Circuit
    building_ma: list[int]
    agreed_ma: list[int]
    counted_ma: list[int]
    measured_ma: list[int] | None = Field(description="None: something draws of which nobody knows the line")
    chargers: list[CircuitCharger]
    alarms: list["Alarm"]


class Alarm(Schema):
    uid: UUID
    circuit: UUID
    evse: UUID | None = None
    kind: Literal["ignores", "stopped", "over_limit", "no_room", "no_answer", "unlimitable"]
    detail: dict[str, int | None]
    raised_at: Moment
    cleared_at: Moment | None = None


class SiteEvse(Schema):
    uid: UUID
    device: str | None = None
    number: int
    max_current_ma: int
    phases: int
    circuit: UUID | None = None


class Site(Schema):
    """A place, and the EVSEs there that devices serve."""

    location: UUID
    name: str
    evses: list[SiteEvse]


class Need(Schema):
    """By when, and how much in all since the start of the session. Both null: as soon as possible."""

    departure_at: Moment | None = None
    energy_wh: EnergyWh | None = None


class NeedOut(Need):
    max_ma: int | None = None
    phases: int | None = None
    source: Literal["driver", "operator", "vehicle"] | None = None


class Series(Schema):
    uid: UUID
    name: str
    kind: Literal["price", "co2"]
    currency: str
    source: str


class SeriesIn(Schema):
    name: Annotated[Word, Field(min_length=1)]
    kind: Literal["price", "co2"] = "price"
    currency: Annotated[str, StringConstraints(pattern="^([A-Z]{3})?$")] = ""
    source: Sentence = ""


class PointIn(Schema):
    """A value over [start, end); without an end it lasts `minutes`."""

    start: Moment
    end: Moment | None = None
    value: Value


class PointsIn(Schema):
    minutes: Literal[15, 30, 60] = 60
    points: Annotated[list[PointIn], Field(max_length=5_000)]


class PointOut(Schema):
    start: Moment
    end: Moment
    value: str


class Abilities(Schema):
    """What a station can do with charging profiles: as it said, and as it turned out."""

    state: Literal["unknown", "asked", "known", "silent"]
    units: str
    max_stack: int | None = None
    max_periods: int | None = None
    max_profiles: int | None = None
    switches_phases: bool | None = None
    smart: bool | None = None
    reads_back: bool | None = None
    hopeless: bool = Field(description="No way of limiting it works: it counts in full")
    accepted: list[str]
    refused: list[str]
    heard: dict[str, str]
    learned_at: Moment | None = None


def circuit_shown(row: CircuitRow) -> dict[str, object]:
    names = ("uid", "name", "limit_ma", "limit_w", "voltage_mv", "reserve_ma", "fallback_ma", "enabled")
    return {
        **{name: getattr(row, name) for name in names},
        "location": row.location.uid,
        "location_name": row.location.name,
        "parent": row.parent.uid if row.parent else None,
        "series": row.series.uid if row.series else None,
    }


def charger_shown(unit: Unit) -> dict[str, object]:
    row, member = unit.allocation, unit.member
    return {
        "evse": member.evse.uid,
        "circuit": member.circuit.uid,
        "device": member.evse.device_id,
        "session": unit.session.uid if unit.session else None,
        "lines": member.lines,
        "phases": unit.phases,
        "priority": member.priority,
        "max_ma": unit.max_ma,
        "fallback_ma": unit.keeps_ma,
        **{name: getattr(row, name) for name in ("target_ma", "agreed_ma", "agreed_until", "measured_ma", "reason")},
        "counted_ma": row.may_ma,
        "resumes_at": row.resumes_at,
        "departure_at": unit.need.departure_at if unit.need else None,
        "energy_wh": unit.need.energy_wh if unit.need else None,
        "shape": row.shape,
    }


def state_shown(load: Load, units: list[Unit], alarms: list[AlarmRow]) -> dict[str, object]:
    return {
        "circuit": circuit_shown(load.circuit),
        "building_ma": load.building,
        "agreed_ma": load.agreed,
        "counted_ma": load.counted,
        "measured_ma": load.measured,
        "chargers": [charger_shown(unit) for unit in units],
        "alarms": [alarm_shown(row) for row in alarms],
    }


def alarm_shown(row: AlarmRow) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ("uid", "kind", "detail", "raised_at", "cleared_at")},
        "circuit": row.circuit.uid,
        "evse": row.member.evse.uid if row.member else None,
    }


def need_shown(row: ChargingNeed | None) -> dict[str, object]:
    names = ("departure_at", "energy_wh", "max_ma", "phases", "source")
    return {name: getattr(row, name, None) for name in names}


def series_shown(row: SeriesRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("uid", "name", "kind", "currency", "source")}


def abilities_shown(row: CapabilityRow) -> dict[str, object]:
    names = (
        "state", "units", "max_stack", "max_periods", "max_profiles", "switches_phases", "smart", "reads_back",
        "hopeless", "accepted", "refused", "heard", "learned_at",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names}


def site_shown(row: Location, evses: list[Evse]) -> dict[str, object]:
    found = [
        {
            "uid": evse.uid,
            "device": evse.device_id,
            "number": evse.device_evse,
            "max_current_ma": evse.max_current_ma,
            "phases": evse.phases,
            "circuit": evse.power.circuit.uid if hasattr(evse, "power") else None,
        }
        for evse in evses
    ]
    return {"location": row.uid, "name": row.name, "evses": found}


def plain(value: Decimal) -> str:
    """Without the zeros that storing added."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

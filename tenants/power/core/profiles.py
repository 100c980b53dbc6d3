"""Limits as OCPP charging profiles, and composite schedules read back. Pure; times in UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Any

from .abilities import DEFAULT, TX, WHOLE, Shape, Unit

FIRST_ID = 71_000  # of our profiles; ten to an EVSE
SLOT = {"base": 1, DEFAULT: 2, TX: 3}
READ_BACK_S = 60
TICK = timedelta(seconds=1)


@dataclass(frozen=True)
class Place:
    """An EVSE as OCPP sees it. `phases`: on how many lines a power counts."""

    version: str
    evse: int
    voltage_mv: int = 230_000
    phases: int = 3

    def limit(self, current_ma: int, unit: Unit) -> float:
        """A limit as it is sent: ampere with one digit, or whole watts; never more than `current_ma`."""
        if unit == "A":
            return float((Decimal(current_ma) / 1000).quantize(Decimal("0.1"), ROUND_DOWN))
        return float(current_ma * self.voltage_mv * self.phases // 1_000_000)

    def current_ma(self, limit: object, unit: str, phases: object = None) -> int | None:
        """A limit that was read, as mA; None for what is no number."""
        try:
            number = Decimal(str(limit))
            lines = phases if isinstance(phases, int) and phases > 0 else self.phases
            base = number * 1000 if unit == "A" else number * 1_000_000 / (self.voltage_mv * lines)
            return int(base.to_integral_value())
        except (InvalidOperation, OverflowError, ValueError):
            return None


@dataclass(frozen=True)
class Running:
    """The transaction that a limit is for."""

    transaction: str
    started_at: datetime


@dataclass(frozen=True)
class Term:
    """From when, and where the shape is timed until when. `running`: None while nobody charges."""

    now: datetime
    until: datetime | None = None
    running: Running | None = None


def limit(place: Place, shape: Shape, current_ma: int, term: Term) -> tuple[str, dict[str, Any]]:
    """The call that sets a limit in this shape."""
    profile: dict[str, Any] = {
        "stackLevel": 0 if shape.purpose == TX or not shape.timed else 1,
        "chargingProfilePurpose": shape.purpose,
        "chargingProfileKind": shape.kind,
    }
    schedule = _schedule(place, shape.unit, current_ma)
    if shape.purpose == TX and term.running is not None:
        name = term.running.transaction
        profile["transactionId"] = int(name) if place.version == "1.6" else name
    if shape.kind == "Absolute":
        schedule["startSchedule"] = _text(term.now)
    if shape.timed and term.until is not None:
        begin = _begin(shape, term)
        if begin is not None:
            schedule["duration"] = max(1, (term.until - begin) // TICK)
        if shape.purpose != TX:  # the standard keeps validTo from it
            profile["validTo"] = _text(term.until)
    number = SLOT[shape.purpose] if shape.timed and shape.purpose in SLOT else 1 if shape.purpose == DEFAULT else 4
    where = 0 if shape.purpose == WHOLE[place.version] else place.evse
    return _call(place, where, FIRST_ID + place.evse * 10 + number, profile, schedule)


def safe_default(place: Place, unit: Unit, current_ma: int, kind: str = "Relative") -> tuple[str, dict[str, Any]]:
    """The call that stores what holds whenever nothing else does: also after a restart, and offline."""
    profile = {"stackLevel": 0, "chargingProfilePurpose": DEFAULT, "chargingProfileKind": kind}
    schedule = _schedule(place, unit, current_ma)
    if kind == "Absolute":
        schedule["startSchedule"] = "2020-01-01T00:00:00Z"
    return _call(place, place.evse, FIRST_ID + place.evse * 10 + SLOT["base"], profile, schedule)


def read_back(place: Place, unit: Unit) -> tuple[str, dict[str, Any]]:
    """The call that asks which limit holds, all profiles together."""
    name = "connectorId" if place.version == "1.6" else "evseId"
    return "GetCompositeSchedule", {name: place.evse, "duration": READ_BACK_S, "chargingRateUnit": unit}


def holds_ma(place: Place, answer: Mapping[str, Any]) -> int | None:
    """The highest limit of the coming minute, from the answer; None where it says none."""
    schedule = answer.get("chargingSchedule" if place.version == "1.6" else "schedule")
    if answer.get("status") != "Accepted" or not isinstance(schedule, Mapping):
        return None
    unit, periods = str(schedule.get("chargingRateUnit", "A")), schedule.get("chargingSchedulePeriod") or []
    found = [
        place.current_ma(row.get("limit"), unit, row.get("numberPhases"))
        for row in periods
        if row.get("startPeriod", 0) < READ_BACK_S
    ]
    return max((current for current in found if current is not None), default=None)


def _schedule(place: Place, unit: Unit, current_ma: int) -> dict[str, Any]:
    period: dict[str, Any] = {"startPeriod": 0, "limit": place.limit(current_ma, unit)}
    if unit == "W":
        period["numberPhases"] = place.phases
    return {"chargingRateUnit": unit, "chargingSchedulePeriod": [period]}


def _begin(shape: Shape, term: Term) -> datetime | None:
    """Where the schedule counts from; a relative one from the start of charging."""
    if shape.kind == "Absolute":
        return term.now
    return term.running.started_at if term.running is not None else None


def _call(
    place: Place, where: int, number: int, profile: dict[str, Any], schedule: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    if place.version == "1.6":
        whole = {"chargingProfileId": number, **profile, "chargingSchedule": schedule}
        return "SetChargingProfile", {"connectorId": where, "csChargingProfiles": whole}
    whole = {"id": number, **profile, "chargingSchedule": [{"id": 1, **schedule}]}
    return "SetChargingProfile", {"evseId": where, "chargingProfile": whole}


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

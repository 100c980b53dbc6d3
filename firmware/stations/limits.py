"""Charging profiles of either version to one limit in mA. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

VOLTS = 230
DAY_S, WEEK_S = 86_400, 604_800
WHOLE = ("ChargePointMaxProfile", "ChargingStationMaxProfile")


@dataclass(frozen=True)
class Profile:
    """`periods`: (seconds from the start, limit in `unit`, phases). Times in seconds since 1970."""

    id: int
    evse: int
    purpose: str
    stack: int
    kind: str
    unit: str
    periods: tuple[tuple[int, float, int], ...]
    valid_from_s: float = 0
    valid_to_s: float = 4e12
    start_s: float | None = None
    duration_s: int | None = None
    recurs_s: int = DAY_S
    transaction: str | None = None
    raw: Any = None

    def limit_ma(self, now_s: float, begun_s: float | None) -> int | None:
        """What it allows now; None where it says nothing. `begun_s`: of the transaction."""
        if not self.valid_from_s <= now_s < self.valid_to_s:
            return None
        start = self._start(now_s, begun_s)
        if start is None or now_s < start or (self.duration_s is not None and now_s >= start + self.duration_s):
            return None
        found = [(limit, phases) for at, limit, phases in self.periods if start + at <= now_s]
        return _milliamperes(*found[-1], self.unit) if found else None

    def _start(self, now_s: float, begun_s: float | None) -> float | None:
        if self.kind == "Relative" or self.start_s is None:
            return begun_s if begun_s is not None else now_s
        if self.kind == "Recurring" and now_s >= self.start_s:
            return now_s - (now_s - self.start_s) % self.recurs_s
        return self.start_s


def allowed_ma(
    profiles: Iterable[Profile], *, evse: int, now_s: float, transaction: str | None, begun_s: float | None
) -> int | None:
    """The lower of what the transaction and the whole station may draw; None: nobody limits it."""
    here = [profile for profile in profiles if profile.evse in (0, evse)]
    mine = [p for p in here if p.purpose == "TxProfile" and (p.transaction in (None, transaction)) and transaction]
    default = [p for p in here if p.purpose == "TxDefaultProfile"]
    whole = [p for p in here if p.purpose in WHOLE]
    limits = [
        _top(mine, now_s, begun_s) if _top(mine, now_s, begun_s) is not None else _top(default, now_s, begun_s),
        _top(whole, now_s, begun_s),
    ]
    return min((limit for limit in limits if limit is not None), default=None)


def of_16(evse: int, raw: dict[str, Any]) -> Profile:
    """`csChargingProfiles` of OCPP 1.6."""
    schedule = raw["chargingSchedule"]
    return _profile(evse, raw, schedule, raw["chargingProfileId"])


def of_201(evse: int, raw: dict[str, Any]) -> Profile:
    """`chargingProfile` of OCPP 2.0.1; the first schedule of it."""
    return _profile(evse, raw, raw["chargingSchedule"][0], raw["id"])


def _profile(evse: int, raw: dict[str, Any], schedule: dict[str, Any], number: int) -> Profile:
    periods = schedule["chargingSchedulePeriod"]
    transaction = raw.get("transactionId")
    return Profile(
        id=number,
        evse=evse,
        purpose=raw["chargingProfilePurpose"],
        stack=raw["stackLevel"],
        kind=raw["chargingProfileKind"],
        unit=schedule["chargingRateUnit"],
        periods=tuple((p["startPeriod"], p["limit"], p.get("numberPhases", 3)) for p in periods),
        valid_from_s=_seconds(raw.get("validFrom")) or 0,
        valid_to_s=_seconds(raw.get("validTo")) or 4e12,
        start_s=_seconds(schedule.get("startSchedule")),
        duration_s=schedule.get("duration"),
        recurs_s=WEEK_S if raw.get("recurrencyKind") == "Weekly" else DAY_S,
        transaction=str(transaction) if transaction is not None else None,
        raw=raw,
    )


def _top(profiles: list[Profile], now_s: float, begun_s: float | None) -> int | None:
    said = [(p.stack, limit) for p in profiles if (limit := p.limit_ma(now_s, begun_s)) is not None]
    return max(said)[1] if said else None


def _milliamperes(limit: float, phases: int, unit: str) -> int:
    return round(limit * 1000) if unit == "A" else round(limit * 1000 / (VOLTS * max(1, phases)))


def _seconds(text: str | None) -> float | None:
    return datetime.fromisoformat(text).timestamp() if text else None

"""Alarms: raised once, cleared when their cause is gone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.feed.actions import publish

from ..core import Bound, Room
from ..models import Alarm, Circuit
from ..queries.load import measured_lines
from ..queries.units import Unit, tolerance

Kind = Alarm.Kind
Name = tuple[int, int | None, str]  # circuit, member, kind


@dataclass(frozen=True)
class Cause:
    """Why an alarm is on. Currents in mA."""

    circuit: int
    member: int | None
    kind: str
    detail: Mapping[str, object]


def review(circuits: Sequence[Circuit], units: Sequence[Unit], bounds: Sequence[Bound], now: datetime) -> list[Alarm]:
    """Bring the open alarms of a site in line with what is seen. Returns those that are new."""
    causes = {
        (c.circuit, c.member, c.kind): c for c in [*_of_units(units, now), *_of_circuits(circuits, units, bounds)]
    }
    opened = Alarm.objects.filter(circuit__in=list(circuits), cleared_at=None)
    held: dict[Name, Alarm] = {(row.circuit_id, row.member_id, row.kind): row for row in opened}
    gone = [row.pk for name, row in held.items() if name not in causes]
    if gone:
        Alarm.objects.filter(pk__in=gone).update(cleared_at=now)
    return [_raise(cause, now) for name, cause in sorted(causes.items(), key=str) if name not in held]


def _raise(cause: Cause, now: datetime) -> Alarm:
    row = Alarm.objects.create(
        circuit_id=cause.circuit, member_id=cause.member, kind=cause.kind, detail=dict(cause.detail), raised_at=now
    )
    data = {"alarm": str(row.uid), "kind": row.kind, **row.detail}
    publish(audience="operations", kind="power_alarm", data=data, now=now)
    return row


def _of_units(units: Sequence[Unit], now: datetime) -> Iterable[Cause]:
    for unit in units:
        row = unit.allocation
        figures = {"agreed_ma": row.agreed_ma, "measured_ma": row.measured_ma, "counted_ma": unit.may_ma(now)}
        checks = (
            (Kind.IGNORES, row.corrections > 0 and row.stopped_at is None),
            (Kind.STOPPED, row.stopped_at is not None),
            (Kind.NO_ANSWER, unit.online and row.doubt_ma > 0),
            (Kind.UNLIMITABLE, unit.capability is not None and unit.capability.hopeless),
        )
        yield from (Cause(unit.member.circuit_id, unit.key, kind, figures) for kind, on in checks if on)


def _of_circuits(circuits: Sequence[Circuit], units: Sequence[Unit], bounds: Sequence[Bound]) -> Iterable[Cause]:
    stuck = [unit for unit in units if unit.allocation.corrections or not (unit.steerable or unit.asking)]
    fixed = {unit.key: unit.allocation.may_ma for unit in stuck}
    room = Room([bound for bound in bounds if not bound.after], fixed)
    for key in sorted({bound.circuit for bound in room.exceeded()}):
        yield Cause(key, None, Kind.NO_ROOM, {"counted_ma": sum(fixed.values())})
    lines = measured_lines(circuits, units)
    for circuit in circuits:
        most, limit = max(lines[circuit.pk]), circuit.limit_ma
        if limit is not None and most > limit + tolerance(limit):
            yield Cause(circuit.pk, None, Kind.OVER_LIMIT, {"measured_ma": most, "limit_ma": limit})

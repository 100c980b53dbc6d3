"""When each vehicle should charge, by the prices of the site's series; nothing where nobody said when they leave."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..core import Band, Circuit, Job, cheapest
from ..models import Circuit as CircuitRow
from ..models import PricePoint
from .units import LEAST_MA, Unit, seconds

LONGEST = timedelta(hours=48)
MICRO = 1_000_000
SPARE_PERCENT = 110  # a vehicle takes a little less than it may


@dataclass(frozen=True)
class Turn:
    """What the plan lets a vehicle take now; 0: it waits, until `resumes_at`."""

    current_ma: int
    resumes_at: datetime | None = None


def turns(root: CircuitRow, circuits: Sequence[Circuit], units: Sequence[Unit], now: datetime) -> dict[int, Turn]:
    """By unit, for those with a departure and an energy still wanted, at a site that follows prices."""
    planned = [unit for unit in units if unit.charging and unit.steerable and _wants(unit, now)]
    if root.series_id is None or not planned:
        return {}
    end = min(now + LONGEST, max(_departure(unit) for unit in planned))
    bands = _bands(root.series_id, now, end, _capacity(circuits, planned, units, now))
    if not bands:
        return {}
    levels = cheapest(bands, [_job(unit, now) for unit in planned])
    return {unit.key: _turn(unit, bands, levels[unit.key], now) for unit in planned}


def _wants(unit: Unit, now: datetime) -> bool:
    known = unit.need is not None and unit.need.departure_at is not None and unit.need.departure_at > now
    return known and bool(unit.wanted_mas())


def _departure(unit: Unit) -> datetime:
    assert unit.need is not None and unit.need.departure_at is not None
    return unit.need.departure_at


def _job(unit: Unit, now: datetime) -> Job:
    amount = (unit.wanted_mas() or 0) * SPARE_PERCENT // 100
    return Job(unit.key, amount, seconds(_departure(unit) - now), unit.max_ma, order=-unit.member.priority)


def _turn(unit: Unit, bands: Sequence[Band], levels: Sequence[int], now: datetime) -> Turn:
    if levels[0] > 0:
        return Turn(min(unit.max_ma, max(levels[0], 1 if unit.direct else LEAST_MA)))
    later = next((band.start_s for band, level in zip(bands, levels, strict=True) if level > 0), None)
    if later is None:  # nothing is placed at all: the plan has no room, so it must not stand in the way
        return Turn(unit.max_ma)
    return Turn(0, now + timedelta(seconds=later))


def _capacity(circuits: Sequence[Circuit], planned: Sequence[Unit], units: Sequence[Unit], now: datetime) -> int:
    """The least that any circuit with planned vehicles leaves on a line, in mA, besides what cannot be steered."""
    tree = {circuit.key: circuit for circuit in circuits}
    keys: set[int] = set()
    for unit in planned:
        key: int | None = unit.member.circuit_id
        while key is not None and key in tree and key not in keys:
            keys.add(key)
            key = tree[key].parent
    fixed = sum(unit.may_ma(now) for unit in units if not unit.steerable)
    return max(0, min((_line_ma(tree[key]) for key in keys), default=0) - fixed)


def _line_ma(circuit: Circuit) -> int:
    found = [] if circuit.limit_ma is None else [circuit.limit_ma - max(circuit.building_ma)]
    if circuit.limit_w is not None:
        watts = circuit.limit_w * MICRO // circuit.voltage_mv - sum(circuit.building_ma)
        found.append(watts // 3)
    return min(found)


def _bands(series: int, now: datetime, end: datetime, most: int) -> list[Band]:
    """The series cut to the time asked for. Hours without a price count as the dearest."""
    rows = PricePoint.objects.filter(series=series, end_at__gt=now, start_at__lt=end).order_by("start_at")
    points = [(seconds(max(row.start_at, now) - now), seconds(min(row.end_at, end) - now), row) for row in rows]
    if not points:
        return []
    dearest = max(int(row.value * MICRO) for _, _, row in points)
    bands, reached = [], 0
    for start, stop, row in points:
        if start > reached:
            bands.append(Band(reached, start, dearest, most))
        if stop > max(start, reached):
            bands.append(Band(max(start, reached), stop, int(row.value * MICRO), most))
        reached = max(reached, stop)
    last = seconds(end - now)
    return [*bands, Band(reached, last, dearest, most)] if reached < last else bands

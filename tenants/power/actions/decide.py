"""What every EVSE should draw, and which messages may go out now. Changes targets and reasons on the rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ..core import Bound, Charger, Circuit, Grant, Move, bounds_of, share, steps
from ..models import Circuit as CircuitRow
from ..queries.plan import Turn, turns
from ..queries.units import Unit

# Units that are not told anything now: why, in the order in which it is asked.
UNSTEERED = (
    ("stopped", lambda unit: unit.allocation.stopped_at is not None),
    ("offline", lambda unit: not unit.online),
    ("armed", lambda unit: unit.station is None and unit.session is not None and not unit.charging),
    ("free", lambda unit: unit.station is None and unit.session is None),
    ("unlimitable", lambda unit: unit.capability is not None and unit.capability.hopeless),
    ("asking", lambda unit: unit.asking),
    ("ignores", lambda unit: unit.allocation.corrections > 0),
)


@dataclass(frozen=True)
class Decision:
    """`may`: what each may draw at most, as things stand."""

    bounds: Sequence[Bound]
    may: Mapping[int, int]
    moves: Sequence[Move]


def decide(root: CircuitRow, circuits: Sequence[Circuit], units: Sequence[Unit], now: datetime) -> Decision:
    """Shares the limit, by priority, urgency and price, and finds the safe next messages."""
    plan = turns(root, circuits, units, now)
    chargers = [_planned(charger, plan) for unit in units if (charger := unit.charger(now)) is not None]
    grants = share(circuits, chargers)
    bounds = bounds_of(circuits, chargers)
    may = {unit.key: unit.may_ma(now) for unit in units}
    targets = {c.key: may[c.key] if c.fixed_ma is not None else grants[c.key].current_ma for c in chargers}
    for unit in units:
        _write(unit, targets.get(unit.key, 0), grants.get(unit.key), plan.get(unit.key))
    present = {charger.key: may[charger.key] for charger in chargers}
    least = {charger.key: charger.min_ma for charger in chargers}
    moves = steps(bounds, targets=targets, may=present, least=least, order=_order(chargers))
    return Decision(bounds, may, moves)


def _planned(charger: Charger, plan: Mapping[int, Turn]) -> Charger:
    """What waits for a better hour takes nothing; whose hour it is gets what the plan counts on."""
    turn = plan.get(charger.key)
    if turn is None or charger.fixed_ma is not None:
        return charger
    if turn.current_ma == 0:
        return replace(charger, max_ma=0, needed_ma=None, laxity_s=None)
    return replace(charger, max_ma=min(charger.max_ma, turn.current_ma), needed_ma=turn.current_ma)


def _write(unit: Unit, target_ma: int, grant: Grant | None, turn: Turn | None) -> None:
    row = unit.allocation
    row.target_ma = target_ma
    row.resumes_at = turn.resumes_at if turn else None
    waits = turn is not None and turn.current_ma == 0
    why = next((name for name, holds in UNSTEERED if holds(unit)), None)
    row.reason = why or ("price" if waits else grant.reason if grant else "free")


def _order(chargers: Sequence[Charger]) -> list[int]:
    """Raises: sessions before empty places, the more important before the less."""
    ranked = sorted(
        chargers, key=lambda c: (c.idle, -c.priority, c.laxity_s if c.laxity_s is not None else 1 << 40, c.key)
    )
    return [charger.key for charger in ranked]

"""EVSEs that draw more than they agreed to: told again, told in another way, stopped."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from saas.contracts.telemetry import wire
from tenants.charging.actions.changes import change
from tenants.charging.actions.commands import queue_stop

from ..core import Bound, Room
from ..queries.units import Unit
from .hear import give_up
from .tell import free, tell

OBEY = timedelta(seconds=20)  # beyond the settling time; then it counts as ignoring what it agreed to
MOST = 4


def correct(units: Sequence[Unit], bounds: Sequence[Bound], holds: Sequence[datetime], now: datetime) -> None:
    """One step for each EVSE that has drawn too much for long enough."""
    exceeded = _exceeded(units, bounds, now)
    for unit in units:
        row = unit.allocation
        if row.over_since is None or now - row.over_since < OBEY or row.stopped_at is not None or not free(unit, now):
            continue
        row.over_since = now
        row.corrections += 1
        if row.corrections > 1:
            give_up(unit, row.shape)
        if (
            row.corrections >= MOST
            or not unit.steerable
            or (row.corrections > 1 and unit.member.circuit_id in exceeded)
        ):
            _stop(unit, now)
        else:
            tell(unit, row.agreed_ma, holds=holds, now=now)


def _exceeded(units: Sequence[Unit], bounds: Sequence[Bound], now: datetime) -> set[int]:
    """Circuits of units below a limit that is exceeded, with all that has been lowered already."""
    room = Room([bound for bound in bounds if not bound.after], {unit.key: unit.may_ma(now) for unit in units})
    keys = {key for bound in room.exceeded() for key in bound.weights}
    return {unit.member.circuit_id for unit in units if unit.key in keys}


def _stop(unit: Unit, now: datetime) -> None:
    """The driver pays the part delivered, as where an operator stops."""
    session = unit.session
    assert session is not None
    unit.allocation.stopped_at = now
    session.stop_by = session.stop_by or "operator"
    session.save(update_fields=["stop_by"])
    queue_stop(session=session, now=now, reason=wire.STOP_REMOTE)
    change(session=session, state=session.state, at=now, now=now, reason="draws more than its limit: stop asked")

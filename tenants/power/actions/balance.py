"""One look at a site: take in answers and measurements, share the limit, send what may be sent."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.forms.models import model_to_dict

from tenants.feed.actions import publish

from ..core import Move
from ..models import Circuit
from ..queries import circuits as reads
from ..queries.units import PAUSE_MA, Unit, circuit, units_of
from .alarms import review
from .correct import correct
from .decide import Decision, decide
from .hear import hear
from .observe import observe
from .tell import ask_what_holds, base, free, open_permit, probe, tell


def balance(*, now: datetime) -> int:
    """Look at every site of the tenant, each in a transaction of its own. How many EVSEs were told something."""
    return sum(balance_site(root_id=key, now=now) for key in reads.root_keys())


@transaction.atomic
def balance_site(*, root_id: int, now: datetime) -> int:
    """Look at one site. A site that somebody else looks at just now is left to them."""
    root = Circuit.objects.select_for_update(skip_locked=True).filter(pk=root_id, parent=None, enabled=True).first()
    if root is None:
        return 0
    rows = reads.tree(root)
    units = units_of(rows, now, lock=True)
    before = {unit.key: _kept(unit) for unit in units}
    hear(units, now)
    for unit in units:
        observe(unit, now)
    decision = decide(root, [circuit(row) for row in rows], units, now)
    told = _act(units, decision, now)
    for unit in units:
        unit.allocation.may_ma = unit.may_ma(now)
    review(rows, units, decision.bounds, now)
    for unit in units:
        _save(unit, before[unit.key], now)
    return told


def _act(units: Sequence[Unit], decision: Decision, now: datetime) -> int:
    """Everything that is sent. At most one question to an EVSE at a time."""
    holds = [until for unit in units if (until := _hold(unit)) is not None]
    for unit in units:
        probe(unit, now)
    correct(units, decision.bounds, holds, now)
    base(units, decision.bounds, now)
    by_key = {unit.key: unit for unit in units}
    due = [Move(unit.key, unit.allocation.agreed_ma) for unit in units if _due(unit, now)]
    moved = {move.key for move in decision.moves}
    told = 0
    for move in [*decision.moves, *(move for move in due if move.key not in moved)]:
        told += _tell(by_key[move.key], move.current_ma, holds, now)
    for unit in units:
        open_permit(unit, now)
        ask_what_holds(unit, now)
    return told


def _tell(unit: Unit, current_ma: int, holds: list[datetime], now: datetime) -> bool:
    """Unless it was asked just now, or holds to it already and only needs its time to follow."""
    row = unit.allocation
    value = max(current_ma, PAUSE_MA) if unit.station is None else current_ma
    same = row.agreed_at is not None and row.agreed_ma == value and not row.doubt_ma
    renewal = unit.promise.due(now, unit.ends_in_ma)
    if not unit.steerable or not free(unit, now) or row.stopped_at is not None or (same and not renewal):
        return False
    others = [until for until in holds if until != _hold(unit)]
    tell(unit, current_ma, holds=others, now=now)
    return row.pending != ""


def _due(unit: Unit, now: datetime) -> bool:
    """Whether it must hear again, or for the first time, what holds already."""
    row = unit.allocation
    first = unit.station is None and row.agreed_at is None
    renewal = unit.promise.due(now, unit.ends_in_ma) and row.agreed_ma <= unit.may_ma(now)
    return unit.steerable and (first or renewal)


def _hold(unit: Unit) -> datetime | None:
    """Until when it keeps below its safe default for the sake of others."""
    row = unit.allocation
    return row.agreed_until if row.agreed_ma < unit.ends_in_ma else None


def _kept(unit: Unit) -> dict[str, object]:
    return model_to_dict(unit.allocation)


def _save(unit: Unit, before: dict[str, object], now: datetime) -> None:
    """Write what changed, and tell the session's page."""
    row, after = unit.allocation, _kept(unit)
    if row.pk is not None and after == before:
        return
    row.updated_at = now
    row.save()
    if unit.session is not None and unit.charging and _news(before, after):
        data = {"current_ma": row.agreed_ma, "reason": row.reason}
        publish(audience=f"session:{unit.session.uid}", kind="power", data=data, now=now)


def _news(before: dict[str, object], after: dict[str, object]) -> bool:
    return any(before[name] != after[name] for name in ("agreed_ma", "reason"))

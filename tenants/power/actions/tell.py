"""Sending: probes, safe defaults, limits, questions what holds. Each EVSE is asked one thing at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from saas.contracts.telemetry import wire
from saas.kit.errors import Refused
from tenants.charging.actions.commands import queue, queue_permit, withdraw
from tenants.stations.actions import send

from ..core import Bound, Room, lease
from ..core.abilities import Unit as Quantity
from ..core.abilities import question
from ..core.profiles import Term, limit, read_back, safe_default
from ..models import Allocation, Capability
from ..queries.units import BASE_TRIES, PAUSE_MA, Unit

Pending = Allocation.Pending
ORIGIN = "power"
TIMEOUT_S = 20
ADAPTER_PATIENCE = timedelta(seconds=30)
AGAIN = timedelta(minutes=10)  # a station that was silent is asked for its abilities again
BASES: tuple[tuple[Quantity, str], ...] = (("A", "Relative"), ("W", "Relative"), ("A", "Absolute"), ("W", "Absolute"))


def free(unit: Unit, now: datetime) -> bool:
    """Whether it can be asked something at all now."""
    row = unit.allocation
    return unit.online and row.pending == "" and (row.quiet_until is None or row.quiet_until <= now)


def probe(unit: Unit, now: datetime) -> None:
    """Ask a station what it can, once after each boot; new firmware may have learned what the old one refused."""
    station = unit.station
    if station is None or not unit.online:
        return
    held = unit.capability
    if held is None:
        held = unit.capability = Capability.objects.get_or_create(station=station)[0]
    fresh = held.state != Capability.State.UNKNOWN and held.booted_at == station.booted_at
    silent = held.state == Capability.State.SILENT and held.asked_at is not None and now - held.asked_at >= AGAIN
    if held.command_uid is not None or (fresh and not silent):
        return
    action, payload = question(unit.place.version)
    uid = _call(unit, action, payload, now)
    if uid is None:
        return
    if held.firmware != station.firmware or held.state == Capability.State.UNKNOWN:
        held.refused, held.accepted, held.hopeless, held.reads_back = [], [], False, None
    if held.state == Capability.State.UNKNOWN:
        held.state = Capability.State.ASKED
    held.command_uid, held.asked_at = uid, now
    held.firmware, held.booted_at = station.firmware, station.booted_at
    held.save()


def base(units: Sequence[Unit], bounds: Sequence[Bound], now: datetime) -> None:
    """Store safe defaults where they are missing, wrong, or a boot may have lost them. A higher one waits for room."""
    room = Room([bound for bound in bounds if not bound.after], {unit.key: unit.ends_in_ma for unit in units})
    for unit in units:
        row = unit.allocation
        if unit.station is None or not unit.steerable or not free(unit, now) or row.base_tries >= BASE_TRIES:
            continue
        right = row.base_ma == unit.keeps_ma and row.base_boot == unit.station.booted_at
        higher = unit.keeps_ma - unit.ends_in_ma
        if right or (higher > 0 and room.most(unit.key) < higher):
            continue
        room.take(unit.key, max(0, higher))
        _base(unit, now)


def _base(unit: Unit, now: datetime) -> None:
    row = unit.allocation
    ways = [way for way in BASES if not _known(unit) or way[0] in _known(unit)] or list(BASES)
    if unit.direct:
        ways = sorted(ways, key=lambda way: way[0] == "A")
    quantity, kind = ways[row.base_tries % len(ways)]
    action, payload = safe_default(unit.place, quantity, unit.keeps_ma, kind)
    uid = _call(unit, action, payload, now)
    if uid is None:
        return
    row.pending, row.pending_uid, row.base_asked_ma = Pending.BASE, uid, unit.keeps_ma
    if not unit.charging and row.agreed_until is None:
        unit.promise = unit.promise.ask(unit.keeps_ma, now=now, until=None)


def _known(unit: Unit) -> list[str]:
    return unit.capability.units.split(",") if unit.capability and unit.capability.units else []


def tell(unit: Unit, current_ma: int, *, holds: Sequence[datetime], now: datetime) -> None:
    """Ask an EVSE to draw at most this."""
    if unit.station is None:
        _tell_adapter(unit, current_ma, now)
        return
    row, shape = unit.allocation, unit.shape
    if shape is None:
        return
    until = lease(now=now, holds=list(holds), hold=current_ma < unit.ends_in_ma) if shape.timed else None
    if shape.timed and until is None:
        return
    action, payload = limit(unit.place, shape, current_ma, Term(now, until, unit.running))
    uid = _call(unit, action, payload, now)
    if uid is not None:
        row.pending, row.pending_uid, row.shape = Pending.LIMIT, uid, shape.name
        unit.promise = unit.promise.ask(current_ma, now=now, until=until)


def _tell_adapter(unit: Unit, current_ma: int, now: datetime) -> None:
    """An adapter keeps its limit until the session ends, over restarts too. It knows no zero."""
    row, told = unit.allocation, max(current_ma, PAUSE_MA)
    assert unit.session is not None
    withdraw(session=unit.session, now=now, types=(wire.CMD_LIMIT,))
    command = queue(
        session=unit.session, kind=wire.CMD_LIMIT, now=now, expires_at=now + ADAPTER_PATIENCE, current_ma=told
    )
    row.pending, row.pending_uid, row.shape = Pending.LIMIT, command.uid, "limit"
    unit.promise = unit.promise.ask(told, now=now, until=None)


def open_permit(unit: Unit, now: datetime) -> None:
    """An adapter starts with its fallback; once its limit holds, its permit need not be that low any more."""
    row, session = unit.allocation, unit.session
    if unit.station is not None or session is None or not unit.charging or row.opened or not free(unit, now):
        return
    if session.booking_id is None or row.agreed_at is None or (unit.permit_ma or 0) >= unit.hardware_ma:
        return
    row.opened = True
    row.save()
    command = queue_permit(session=session, now=now)
    row.pending, row.pending_uid = Pending.PERMIT, command.uid


def ask_what_holds(unit: Unit, now: datetime) -> None:
    """Read the composite schedule back, once after each agreement."""
    row = unit.allocation
    if unit.station is None or not row.read_due or not unit.charging or not free(unit, now):
        return
    quantity: Quantity = "W" if row.shape.startswith("W") else "A"
    uid = _call(unit, *read_back(unit.place, quantity), now)
    if uid is not None:
        row.pending, row.pending_uid = Pending.READ, uid


def _call(unit: Unit, action: str, payload: dict[str, Any], now: datetime) -> UUID | None:
    """None when the station has just gone."""
    assert unit.station is not None
    try:
        return send(
            station=unit.station, action=action, payload=payload, now=now, timeout_s=TIMEOUT_S, origin=ORIGIN
        ).uid
    except Refused:
        return None

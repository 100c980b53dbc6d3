"""What became of what was sent: agreements, refusals, silence. On the rows; the caller saves."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tenants.charging.models import DeviceCommand
from tenants.stations.models import StationCommand

from ..core.abilities import heard
from ..core.profiles import holds_ma
from ..models import Allocation, Capability
from ..queries.units import BASE_TRIES, Unit, tolerance

Pending = Allocation.Pending
Told = StationCommand.State
NEVER_HEARD = frozenset({"offline", "command_expired"})
NO_SMART_CHARGING = frozenset({"NotImplemented", "NotSupported"})
PATIENCE = timedelta(seconds=15)


def hear(units: Iterable[Unit], now: datetime) -> None:
    """Take in all answers that have come."""
    units = list(units)
    asked = [unit.allocation.pending_uid for unit in units] + [
        unit.capability.command_uid for unit in units if unit.capability
    ]
    uids = [uid for uid in asked if uid is not None]
    done = StationCommand.objects.filter(uid__in=uids, done_at__isnull=False)
    calls: dict[UUID, StationCommand] = {command.uid: command for command in done}
    replies = {row.uid: row for row in DeviceCommand.objects.filter(uid__in=uids)}
    for unit in units:
        _probe(unit, calls, now)
        uid = unit.allocation.pending_uid
        if uid in calls:
            _called(unit, calls[uid], now)
        elif uid in replies and unit.station is None:
            _replied(unit, replies[uid], now)


def _probe(unit: Unit, calls: Mapping[UUID, StationCommand], now: datetime) -> None:
    held = unit.capability
    if held is None or held.command_uid is None or held.command_uid not in calls:
        return
    command = calls[held.command_uid]
    held.command_uid, held.learned_at = None, now
    if command.state != Told.ANSWERED or not command.answer:
        held.state = Capability.State.SILENT
    else:
        said = heard(unit.place.version, command.answer)
        held.state, held.units, held.heard = Capability.State.KNOWN, ",".join(sorted(said.units)), dict(said.heard)
        held.max_stack, held.max_periods, held.max_profiles = said.max_stack, said.max_periods, said.max_profiles
        held.switches_phases, held.smart = said.switches_phases, said.smart
    held.save()


def _called(unit: Unit, command: StationCommand, now: datetime) -> None:
    """A station's answer to a call."""
    row = unit.allocation
    kind, row.pending, row.pending_uid = row.pending, "", None
    lost = command.state in (Told.FAILED, Told.EXPIRED)
    if lost:
        row.quiet_until = now + PATIENCE
    {Pending.LIMIT: _limit, Pending.BASE: _base, Pending.READ: _read}[Pending(kind)](unit, command, now)


def _limit(unit: Unit, command: StationCommand, now: datetime) -> None:
    row, held = unit.allocation, unit.capability
    if command.state in (Told.FAILED, Told.EXPIRED):
        promise = unit.promise
        unit.promise = promise.refused() if command.error in NEVER_HEARD else promise.unanswered()
    elif (command.answer or {}).get("status") == "Accepted":
        unit.promise = unit.promise.accepted(now=now, fallback_ma=unit.ends_in_ma)
        row.leased = row.agreed_until is not None
        row.read_due = unit.charging and held is not None and held.reads_back is not False
        if held is not None and row.shape not in held.accepted:
            held.accepted = [*held.accepted, row.shape]
            held.save(update_fields=["accepted"])
    else:
        unit.promise = unit.promise.refused()
        _refused(unit, command)


def _refused(unit: Unit, command: StationCommand) -> None:
    """It will not be asked in this way again: unless it refused a transaction that has ended since."""
    over = " TxProfile " in f" {unit.allocation.shape} " and unit.running is None
    if unit.capability is None or over:
        return
    if command.state == Told.REFUSED and command.error in NO_SMART_CHARGING:
        unit.capability.hopeless = True
    give_up(unit, unit.allocation.shape)


def give_up(unit: Unit, shape: str) -> None:
    """A way of limiting that does not work at this station. When none is left it cannot be limited."""
    held = unit.capability
    if held is None:
        return
    held.refused = sorted({*held.refused, shape})
    held.hopeless = held.hopeless or unit.shape is None
    held.save(update_fields=["refused", "hopeless"])


def _base(unit: Unit, command: StationCommand, now: datetime) -> None:
    row = unit.allocation
    agreed = command.state == Told.ANSWERED and (command.answer or {}).get("status") == "Accepted"
    told = row.asked_ma is not None  # nothing lay over it: then it is also what holds now
    if agreed:
        if told:
            unit.promise = unit.promise.accepted(now=now, fallback_ma=unit.ends_in_ma)
        row.base_ma, row.base_tries = row.base_asked_ma, 0
        row.base_boot = unit.station.booted_at if unit.station else None
        return
    lost = command.state in (Told.FAILED, Told.EXPIRED)
    if told:
        unit.promise = (
            unit.promise.unanswered() if lost and command.error not in NEVER_HEARD else unit.promise.refused()
        )
    if not lost:
        final = command.state == Told.REFUSED and command.error in NO_SMART_CHARGING
        row.base_tries = BASE_TRIES if final else row.base_tries + 1
        if final and unit.capability is not None:
            unit.capability.hopeless = True
            unit.capability.save(update_fields=["hopeless"])


def _read(unit: Unit, command: StationCommand, now: datetime) -> None:
    """What the station says that holds. Higher than agreed: this way of limiting does nothing there."""
    row, held = unit.allocation, unit.capability
    answer: dict[str, Any] = command.answer or {}
    row.read_due = False
    row.read_ma = holds_ma(unit.place, answer) if command.state == Told.ANSWERED else None
    if held is None or command.state in (Told.FAILED, Told.EXPIRED):
        return
    if held.reads_back is not (row.read_ma is not None):
        held.reads_back = row.read_ma is not None
        held.save(update_fields=["reads_back"])
    if row.read_ma is not None and row.read_ma > row.agreed_ma + tolerance(row.agreed_ma) and unit.charging:
        give_up(unit, row.shape)
        row.doubt_ma = max(row.doubt_ma, row.read_ma)


def _replied(unit: Unit, command: DeviceCommand, now: datetime) -> None:
    """An adapter's reply."""
    row, state = unit.allocation, DeviceCommand.State
    if command.state in (state.QUEUED, state.SENT):
        return
    kind, row.pending, row.pending_uid = row.pending, "", None
    if kind == Pending.PERMIT:
        row.opened = command.state == state.DONE
    elif command.state == state.DONE:
        unit.promise = unit.promise.accepted(now=now, fallback_ma=unit.ends_in_ma)
    else:
        lost = command.state == state.EXPIRED
        unit.promise = unit.promise.unanswered() if lost else unit.promise.refused()
    if command.state != state.DONE:
        row.quiet_until = now + PATIENCE

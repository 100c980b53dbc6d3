"""What became of a call: its answer, or that there is none, and everything that follows from it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from django.db import transaction

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.devices.models import Device
from saas.kit.redaction import redacted
from tenants.charging.actions import finish_device
from tenants.charging.models import DeviceCommand

from .. import signals
from ..models import StationCommand
from .effects import ANSWERED, Done, storable

log = structlog.get_logger("wattlane.stations")
State = StationCommand.State
# Reasons of CallDone that are ours; any other is the code of the station's own CALLERROR.
OURS = frozenset({"no_answer", "offline", wire.REFUSE_FORMAT, "answer_breaks_schema"})


@transaction.atomic
def call_done(*, device: Device, done: rpc.CallDone, now: datetime) -> None:
    """Write the answer down, once, and everything that follows from it. UnknownCommand for a call never made."""
    row = finish_device(device=device, id=done.id, error=done.error, now=now)
    command = StationCommand.objects.select_for_update(of=("self",)).select_related("station").get(uid=row.uid)
    if command.state in (State.ANSWERED, State.REFUSED) or command.took_ms is not None:
        return
    command.state = _state(done)
    command.answer, command.took_ms = storable(redacted(done.payload)), done.took_ms
    command.error, command.error_text = storable(done.error or "")[:60], storable(done.text)[:300]
    command.sent_at, command.done_at = row.sent_at, now
    command.save()
    if command.state == State.ANSWERED:
        _follow(command, row.payload["data"]["payload"], now)
    _forget_secrets(row, command)
    signals.answered.send(sender=StationCommand, command=command, now=now)


@transaction.atomic
def expire_calls(*, now: datetime) -> int:
    """Calls whose answer will not come any more: the gateway died with it, or never got it."""
    rows = StationCommand.objects.select_for_update(skip_locked=True).filter(done_at=None, expires_at__lte=now)
    given_up = list(rows.order_by("id")[:500])
    outbox = dict(DeviceCommand.objects.filter(uid__in=[c.uid for c in given_up]).values_list("uid", "sent_at"))
    for command in given_up:
        command.sent_at, command.done_at = outbox.get(command.uid), now
        command.state = State.FAILED if command.sent_at else State.EXPIRED
        command.error = "no_answer" if command.sent_at else wire.REFUSE_LATE
        command.save(update_fields=["state", "error", "sent_at", "done_at"])
        signals.answered.send(sender=StationCommand, command=command, now=now)
    return len(given_up)


def _state(done: rpc.CallDone) -> str:
    if done.error is None:
        return State.ANSWERED
    if done.error == wire.REFUSE_LATE:
        return State.EXPIRED
    return State.FAILED if done.error in OURS else State.REFUSED


def _follow(command: StationCommand, sent: Mapping[str, Any], now: datetime) -> None:
    """What the answer changes. It stays an answer when that fails: the station has done its part."""
    effect = ANSWERED.get(command.action)
    if effect is None:
        return
    try:
        with transaction.atomic():
            effect(Done(command.station, command, dict(sent), command.answer or {}, now))
    except Exception:
        log.exception("effect_failed", command=str(command.uid), action=command.action)


def _forget_secrets(row: DeviceCommand, command: StationCommand) -> None:
    """The outbox needed them; from now on nobody does."""
    if row.payload["data"]["payload"] != command.payload:
        row.payload["data"]["payload"] = command.payload
        row.save(update_fields=["payload"])

"""One OCPP call to a station: checked, written down, put in the outbox, and what became of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from saas.kit.redaction import redacted
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.actions import finish_device, queue_device
from tenants.charging.models import DeviceCommand

from .. import protocol, signals
from ..errors import StationOffline
from ..models import Station, StationCommand

State = StationCommand.State
TIMEOUT_S = 30
SEND_WITHIN = timedelta(seconds=60)  # calls of others may come first: a station has one call at a time
REPORT_WITHIN = timedelta(seconds=60)  # the gateway may need so long to tell what the station answered
# Reasons of CallDone that are ours; any other is the code of the station's own CALLERROR.
OURS = frozenset({"no_answer", "offline", wire.REFUSE_FORMAT, "answer_breaks_schema"})


@transaction.atomic
def send(
    *,
    station: Station,
    action: str,
    payload: Mapping[str, Any],
    now: datetime,
    by: User | None = None,
    timeout_s: int = TIMEOUT_S,
    origin: str = "",
) -> StationCommand:
    """Put a call in the outbox. Wait for its answer, where it matters, with queries.wait, after the commit.

    `by`: a person, whose right is checked and whose act is noted; None for the platform itself. Secrets in the payload
    are sent but not kept. Raises UnknownAction, BrokenPayload, Forbidden, StationOffline.
    """
    if by is not None and not can(by, "station.command", station):
        raise Forbidden()
    protocol.check(station.protocol, action, payload)
    _reachable(station)
    data = {"action": action, "payload": dict(payload), "timeout_s": timeout_s}
    row = queue_device(
        device_id=station.device_id, kind=wire.CMD_OCPP, data=data, now=now, expires_at=now + SEND_WITHIN, once=True
    )
    shown = redacted(dict(payload))
    if by is not None:
        changes = {action: [None, shown]}
        audit.record(actor=by, act="station.command", now=now, subject=station.station_id, changes=changes)
    return StationCommand.objects.create(
        uid=row.uid, station=station, by=by, action=action, payload=shown, timeout_s=timeout_s, origin=origin[:80],
        expires_at=now + SEND_WITHIN + timedelta(seconds=timeout_s) + REPORT_WITHIN,
    )  # fmt: skip


@transaction.atomic
def call_done(*, device: Device, done: rpc.CallDone, now: datetime) -> None:
    """Write the answer down, once, and everything that follows from it. UnknownCommand for a call never made."""
    row = finish_device(device=device, id=done.id, error=done.error, now=now)
    command = StationCommand.objects.select_for_update(of=("self",)).select_related("station").get(uid=row.uid)
    if command.state in (State.ANSWERED, State.REFUSED) or command.took_ms is not None:
        return
    command.state = _state(done)
    command.answer, command.took_ms = redacted(done.payload), done.took_ms
    command.error, command.error_text = (done.error or "")[:60], done.text[:300]
    command.sent_at, command.done_at = row.sent_at, now
    command.save()
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


def _reachable(station: Station) -> None:
    device = registry.get(station.device_id)
    if not device.online or device.state == Device.State.REVOKED:
        raise StationOffline(f"Station {station.station_id} is not connected.", last_seen_at=device.last_seen_at)


def _state(done: rpc.CallDone) -> str:
    if done.error is None:
        return State.ANSWERED
    if done.error == wire.REFUSE_LATE:
        return State.EXPIRED
    return State.FAILED if done.error in OURS else State.REFUSED


def _forget_secrets(row: DeviceCommand, command: StationCommand) -> None:
    """The outbox needed them; from now on nobody does."""
    if row.payload["data"]["payload"] != command.payload:
        row.payload["data"]["payload"] = command.payload
        row.save(update_fields=["payload"])

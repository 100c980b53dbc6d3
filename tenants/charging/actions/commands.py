"""The outbox of commands to devices, and the permits in it."""

import hashlib
import hmac
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import connection, transaction

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, Permit, Reply, permit_text
from saas.devices import queries as devices
from saas.devices.models import Device
from saas.kit.tenant_context import current_schema
from saas.kit.time import to_ms
from tenants.bookings.actions import one_time_code
from tenants.feed.actions import publish

from ..errors import UnknownCommand
from ..models import DeviceCommand, Session
from ..signals import permitting, replied

CHANNEL = "wattlane_commands"
State = DeviceCommand.State
OPEN = (State.QUEUED, State.SENT)
LONGEST_WAIT = timedelta(seconds=60)
STOP_PATIENCE = timedelta(minutes=10)


def code_hash(session_uid: str, code: str) -> str:
    """What a permit carries of the one-time code."""
    return hashlib.sha256(f"{session_uid}|{code}".encode()).hexdigest()


def signed_permit(session: Session, *, energy_wh: int = 0) -> Permit:
    """A fresh permit for the session's time, signed with the key of its device.

    A booking brings its own limit and code; a walk-up has no code, and `energy_wh` as its limit (0: none).
    """
    booking, device = session.booking, devices.get(session.device_id)
    assert session.permit_start_at is not None and session.permit_end_at is not None
    permit = Permit(
        session=str(session.uid),
        start_ms=to_ms(session.permit_start_at),
        end_ms=to_ms(session.permit_end_at),
        energy_wh=booking.energy_limit_wh if booking else energy_wh,
        current_ma=_current_ma(session),
        code_hash=code_hash(str(session.uid), one_time_code(booking)) if booking else "",
        nonce=secrets.token_hex(8),
        sig="0" * 64,
    )
    text = permit_text(device.device_id, permit).encode()
    permit.sig = hmac.new(devices.permit_key(device), text, hashlib.sha256).hexdigest()
    return permit


def _current_ma(session: Session) -> int:
    """What the EVSE can take, or less where somebody above shares a limit."""
    most: int = session.evse.max_current_ma
    for _, limit in permitting.send(Session, session=session):
        most = min(most, int(limit or most))
    return most


def queue_permit(*, session: Session, now: datetime, energy_wh: int = 0) -> DeviceCommand:
    """Put a new permit in the outbox; older ones of the session that were not delivered are withdrawn."""
    withdraw(session=session, now=now, types=(wire.CMD_PERMIT,))
    end = session.permit_end_at or now
    return queue(
        session=session,
        kind=wire.CMD_PERMIT,
        now=now,
        expires_at=end,
        permit=signed_permit(session, energy_wh=energy_wh),
    )


def queue_stop(*, session: Session, now: datetime, at: datetime | None = None, reason: str = wire.STOP_REMOTE) -> None:
    """Put a stop in the outbox, to be sent now or `at` a later moment; it is tried for ten minutes."""
    send = at or now
    data = {"transaction_id": session.transaction_id} if session.transaction_id else None
    expires = max(session.permit_end_at or send, send) + STOP_PATIENCE
    queue(session=session, kind=wire.CMD_STOP, now=now, send_at=send, expires_at=expires, reason=reason, data=data)


def name_transaction(*, session: Session) -> None:
    """A stop that waits was put there before the station had opened its transaction: now it can say which."""
    for row in DeviceCommand.objects.filter(session=session, type=wire.CMD_STOP, state__in=OPEN):
        row.payload["data"] = {"transaction_id": session.transaction_id}
        row.save(update_fields=["payload"])


def queue_end(*, session: Session, now: datetime) -> None:
    """A station keeps no permit: it is told to stop when the booked time is over, unless it has by then."""
    if session.permit_end_at is not None and devices.get(session.device_id).kind == Device.Kind.STATION:
        withdraw(session=session, now=now, types=(wire.CMD_STOP,))
        queue_stop(session=session, now=now, at=session.permit_end_at, reason=wire.STOP_TIME)


def queue(
    *,
    session: Session,
    kind: str,
    now: datetime,
    expires_at: datetime,
    permit: Permit | None = None,
    send_at: datetime | None = None,
    **body: Any,
) -> DeviceCommand:
    """Put a command of a session in the outbox and NOTIFY `wattlane_commands` with the schema."""
    command = Command(
        v=1,
        id=str(uuid.uuid4()),
        type=kind,
        ts_ms=to_ms(now),
        expires_ms=to_ms(expires_at),
        session=str(session.uid),
        permit=permit,
        evse=session.evse.device_evse,
        **body,
    )
    return _put(command, session.device_id, session=session, next_at=send_at or now, expires_at=expires_at)


@transaction.atomic
def queue_device(
    *,
    device_id: str,
    kind: str,
    data: dict[str, Any],
    now: datetime,
    expires_at: datetime,
    once: bool,
    not_before: datetime | None = None,
) -> DeviceCommand:
    """Put a command to a device as a whole in the outbox: no session. `once`: it is sent a single time at most, for
    calls that must not be repeated; what becomes of it is said by `finish_device`.
    """
    command = Command(v=1, id=str(uuid.uuid4()), type=kind, ts_ms=to_ms(now), expires_ms=to_ms(expires_at), data=data)
    return _put(command, device_id, next_at=not_before or now, expires_at=expires_at, once=once)


def _put(command: Command, device_id: str, **fields: Any) -> DeviceCommand:
    row = DeviceCommand.objects.create(
        uid=uuid.UUID(command.id),
        device_id=device_id,
        type=command.type,
        payload=msgspec.to_builtins(command),
        **fields,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, current_schema()])
    return row


def withdraw(*, session: Session, now: datetime, types: tuple[str, ...] = wire.COMMANDS) -> bool:
    """Nothing more of these is sent for the session. True when a permit may have reached the device already."""
    commands = DeviceCommand.objects.filter(session=session, type__in=types)
    reached = commands.filter(type=wire.CMD_PERMIT, state__in=(State.SENT, State.DONE)).exists()
    commands.filter(state__in=OPEN).update(state=State.EXPIRED, error="withdrawn")
    return reached


@transaction.atomic
def claim_commands(*, now: datetime, limit: int = 100) -> list[DeviceCommand]:
    """Due commands, now marked as sent and due again after a growing pause, those for once never: publish them.

    Safe for many callers.
    """
    rows = list(
        DeviceCommand.objects.select_for_update(skip_locked=True)
        .filter(state__in=OPEN, next_at__lte=now, expires_at__gt=now)
        .order_by("id")[:limit]
    )
    for row in rows:
        pause = min(timedelta(seconds=2) * 2 ** min(row.attempts, 6), LONGEST_WAIT)
        row.next_at = row.expires_at if row.once else now + pause
        row.state, row.sent_at, row.attempts = State.SENT, row.sent_at or now, row.attempts + 1
        row.save(update_fields=["state", "sent_at", "attempts", "next_at"])
    return rows


def expire_commands(*, now: datetime) -> int:
    """Give up what is past its time."""
    return DeviceCommand.objects.filter(state__in=OPEN, expires_at__lte=now).update(state=State.EXPIRED)


@transaction.atomic
def receive_reply(*, device: Device, reply: Reply, received_at: datetime) -> DeviceCommand:
    """The device's answer to a command; may come twice. Raises UnknownCommand for one that it was never sent."""
    command = _command(device, reply.id)
    if command.state in (State.DONE, State.REFUSED):
        return command
    _finish(command, None if reply.ok else reply.error or "refused", received_at)
    if not reply.ok and command.session is not None:
        _refused(command.session, command, received_at)
    return command


@transaction.atomic
def finish_device(*, device: Device, id: str, error: str | None, now: datetime) -> DeviceCommand:
    """What became of a command that no Reply answers (type `ocpp`); said again, it stays as it was. UnknownCommand."""
    command = _command(device, id)
    if command.state not in (State.DONE, State.REFUSED):
        _finish(command, error, now)
    return command


def _finish(command: DeviceCommand, error: str | None, now: datetime) -> None:
    command.state = State.DONE if error is None else State.REFUSED
    command.error, command.replied_at = (error or "")[:60], now
    command.save(update_fields=["state", "error", "replied_at"])
    replied.send(DeviceCommand, command=command, now=now)


def _command(device: Device, uid: str) -> DeviceCommand:
    try:
        key = uuid.UUID(uid)
    except ValueError as error:
        raise UnknownCommand(id=uid) from error
    rows = DeviceCommand.objects.select_for_update(of=("self",)).select_related("session")
    command = rows.filter(uid=key, device_id=device.device_id).first()
    if command is None:
        raise UnknownCommand(id=uid)
    return command


def _refused(session: Session, command: DeviceCommand, now: datetime) -> None:
    """An activation that the device refuses puts the session back, so that the driver can try again."""
    if command.type == wire.CMD_ACTIVATE:
        Session.objects.filter(pk=session.pk, state=Session.State.STARTING).update(state=Session.State.PERMITTED)
    data = {"command": command.type, "reason": command.error}
    publish(audience=f"session:{session.uid}", kind="refused", data=data, now=now)

"""Commands of one tenant that are due: sent, sent again with back-off, given up after their expiry."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import structlog
from django.db.models import F

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, encode
from saas.edge import metrics
from saas.kit.tenant_context import tenant_schema
from tenants.charging import queries
from tenants.charging.models import DeviceCommand

log = structlog.get_logger("dispatcher")
Publish = Callable[[str, bytes], bool]
LIMIT = 500
FIRST_RETRY_SECONDS = 2.0
LAST_RETRY_SECONDS = 20.0
OPEN = (DeviceCommand.State.QUEUED, DeviceCommand.State.SENT)


def work(schema: str, *, publish: Publish, now: datetime) -> int:
    """Send what is due in this tenant; how many were sent. Stops at the first that the broker does not take."""
    sent = 0
    with tenant_schema(schema):
        _expire(now)
        for command in queries.due_commands(now=now, limit=LIMIT):
            body = _body(command, now)
            if body is None:
                continue
            if not publish(wire.TOPIC_CMD % command.device_id, body):
                break
            _sent(command, now)
            sent += 1
    metrics.COMMANDS.inc(sent)
    return sent


def hurry(schema: str, device_id: str, *, now: datetime) -> None:
    """The device has just come back: do not let its commands wait for their back-off."""
    with tenant_schema(schema):
        DeviceCommand.objects.filter(device_id=device_id, state__in=OPEN, next_at__gt=now).update(next_at=now)


def retry_after(attempts: int) -> timedelta:
    """How long to wait for a reply after the nth attempt."""
    return timedelta(seconds=min(FIRST_RETRY_SECONDS * 1.6**attempts, LAST_RETRY_SECONDS))


def _body(command: DeviceCommand, now: datetime) -> bytes | None:
    """The message; None when the row does not make one: then it is refused by that name."""
    frame: dict[str, Any] = {"v": 1, "id": str(command.uid), "type": command.type, "ts_ms": _ms(now)}
    frame |= {"expires_ms": _ms(command.expires_at)} | command.payload
    try:
        return encode(msgspec.convert(frame, Command))
    except msgspec.ValidationError as wrong:
        log.error("command_malformed", command=str(command.uid), error=str(wrong))
        DeviceCommand.objects.filter(pk=command.pk).update(
            state=DeviceCommand.State.REFUSED, error=wire.REFUSE_FORMAT, replied_at=now
        )
        return None


def _sent(command: DeviceCommand, now: datetime) -> None:
    """Unless the reply came meanwhile."""
    DeviceCommand.objects.filter(pk=command.pk, state__in=OPEN).update(
        state=DeviceCommand.State.SENT,
        sent_at=now,
        attempts=F("attempts") + 1,
        next_at=now + retry_after(command.attempts),
    )


def _expire(now: datetime) -> None:
    gone = DeviceCommand.objects.filter(state__in=OPEN, expires_at__lte=now).update(state=DeviceCommand.State.EXPIRED)
    if gone:
        log.warning("commands_expired", count=gone)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)

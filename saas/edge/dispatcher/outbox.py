"""Commands of one tenant that are due: claimed, published, claimed again after a pause until the device replies."""

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, encode
from saas.devices import queries as devices
from saas.edge import metrics
from saas.kit.tenant_context import tenant_schema
from tenants.charging.actions import commands as outbox
from tenants.charging.models import DeviceCommand

log = structlog.get_logger("dispatcher")
Publish = Callable[[str, bytes], bool]
LIMIT = 500


def work(schema: str, *, publish: Publish, now: datetime) -> int:
    """Send what is due in this tenant; how many the broker took."""
    sent = 0
    with tenant_schema(schema):
        if gone := outbox.expire_commands(now=now):
            log.warning("commands_expired", tenant=schema, count=gone)
        for command in outbox.claim_commands(now=now, limit=LIMIT):
            body = _body(command, now)
            if body is not None:
                sent += publish(wire.TOPIC_CMD % command.device_id, body)
    metrics.COMMANDS.inc(sent)
    return sent


def hurry(schema: str, device_id: str, *, now: datetime) -> None:
    """The device has just come back: do not let its commands wait for their pause."""
    with tenant_schema(schema):
        open_ones = DeviceCommand.objects.filter(device_id=device_id, state__in=outbox.OPEN)
        open_ones.filter(next_at__gt=now, once=False).update(next_at=now)


def _body(command: DeviceCommand, now: datetime) -> bytes | None:
    """The message; None when the row does not make one: then it is refused by that name."""
    try:
        payload = command.payload
        if command.type == wire.CMD_CREDENTIAL:
            payload = payload | {"data": _secret(command.device_id)}
        return encode(msgspec.convert(payload, Command))
    except Superseded:
        _refuse(command, "superseded", now)
    except msgspec.ValidationError as wrong:
        log.error("command_malformed", command=str(command.uid), error=str(wrong))
        _refuse(command, wire.REFUSE_FORMAT, now)
    return None


class Superseded(Exception):
    """The password that the command was to carry is no longer waited for."""


def _secret(device_id: str) -> dict[str, str]:
    """Passwords are never kept in a command's row."""
    secret = devices.next_password(device_id)
    if secret is None:
        raise Superseded
    return {"secret": secret}


def _refuse(command: DeviceCommand, error: str, now: datetime) -> None:
    DeviceCommand.objects.filter(pk=command.pk).update(state=DeviceCommand.State.REFUSED, error=error, replied_at=now)

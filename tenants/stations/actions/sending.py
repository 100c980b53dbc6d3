"""One OCPP call to a station: checked, written down, put in the outbox."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from saas.contracts.telemetry import wire
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from saas.kit.redaction import redacted
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.actions import queue_device

from .. import protocol
from ..errors import StationOffline
from ..models import Station, StationCommand
from .passwords import expect_passwords

TIMEOUT_S = 30
SEND_WITHIN = timedelta(seconds=60)  # calls of others may come first: a station has one call at a time
ON_ITS_WAY = timedelta(seconds=2)  # word of a connection, at most
SETTLING = timedelta(seconds=1)  # until then the gateway may not hear yet what is for the station, and it is said once
REPORT_WITHIN = timedelta(seconds=60)  # the gateway may need so long to tell what the station answered


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
    _reachable(station, now)
    expect_passwords(station=station, action=action, payload=payload, now=now)
    data = {"action": action, "payload": dict(payload), "timeout_s": timeout_s}
    row = queue_device(
        device_id=station.device_id, kind=wire.CMD_OCPP, data=data, now=now, expires_at=now + SEND_WITHIN, once=True,
        not_before=_settled_at(station, now),
    )  # fmt: skip
    shown = redacted(dict(payload))
    if by is not None:
        changes = {action: [None, shown]}
        audit.record(actor=by, act="station.command", now=now, subject=station.station_id, changes=changes)
    return StationCommand.objects.create(
        uid=row.uid, station=station, by=by, action=action, payload=shown, timeout_s=timeout_s, origin=origin[:80],
        expires_at=now + SEND_WITHIN + timedelta(seconds=timeout_s) + REPORT_WITHIN,
    )  # fmt: skip


def _reachable(station: Station, now: datetime) -> None:
    """One that has just connected is there, though word of it may still be on its way."""
    device = registry.get(station.device_id)
    if device.state == Device.State.REVOKED or not (device.online or _connected_within(ON_ITS_WAY, station, now)):
        raise StationOffline(f"Station {station.station_id} is not connected.", last_seen_at=device.last_seen_at)


def _settled_at(station: Station, now: datetime) -> datetime:
    """When a call can be sent: now, unless the station has connected this moment."""
    return now + SETTLING if _connected_within(SETTLING, station, now) else now


def _connected_within(time: timedelta, station: Station, now: datetime) -> bool:
    return station.connected_at is not None and abs(now - station.connected_at) < time

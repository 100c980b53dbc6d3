"""Writes of the device registry. Each change tells the broker's side by NOTIFY `wattlane_devices`."""

import secrets
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from saas.kit.errors import Invalid, Refused
from saas.tenancy.models import Tenant

from . import keys, queries
from .models import Device

CHANNEL = "wattlane_devices"
PREFIX = {Device.Kind.ADAPTER: "ad_", Device.Kind.STATION: "st_"}


class StationTaken(Refused):
    """This tenant has a station with that identity already."""

    code = "station_taken"


@transaction.atomic
def register(
    *,
    tenant: Tenant,
    kind: str,
    now: datetime,
    station_id: str | None = None,
    state: str = Device.State.ACTIVE,
    secret: str | None = None,
) -> tuple[Device, str]:
    """A new device and its password, shown this once: only its hash is kept.

    `secret`: a password that a station brought along itself; at least 16 characters.
    """
    if secret is not None and len(secret) < 16:
        raise Invalid("A password of a device has at least 16 characters.", field="secret")
    password = secret or keys.new_secret()
    device = Device(
        device_id=PREFIX[Device.Kind(kind)] + secrets.token_hex(8),
        tenant=tenant,
        kind=kind,
        state=state,
        station_id=station_id,
        secret_hash=keys.digest(password),
        mosquitto_hash=keys.mosquitto_digest(password),
        permit_key=keys.seal(secrets.token_bytes(32)),
        created_at=now,
    )
    _insert(device)
    _tell(device.device_id)
    return device, password


@transaction.atomic
def rotate(*, device_id: str, now: datetime) -> tuple[Device, str]:
    """A new password. The old one is refused, and its connection closed, within seconds."""
    password = keys.new_secret()
    hashes = {"secret_hash": keys.digest(password), "mosquitto_hash": keys.mosquitto_digest(password)}
    device = _change(device_id, **hashes)
    return device, password


@transaction.atomic
def revoke(*, device_id: str, now: datetime) -> Device:
    """Shut a device out: disconnected within seconds, what it still sends is set aside. May be repeated."""
    return _change(device_id, state=Device.State.REVOKED, online=False)


@transaction.atomic
def approve(*, device_id: str, now: datetime) -> Device:
    """Let a device in that came by itself, or was revoked by mistake."""
    return _change(device_id, state=Device.State.ACTIVE)


@transaction.atomic
def seen(*, device_id: str, now: datetime, online: bool, state: str = "", firmware: str = "") -> None:
    """What the device, or its last will, said of itself. Empty texts leave what is known."""
    known = {"reported_state": state, "firmware": firmware[:60]}
    Device.objects.filter(device_id=device_id).update(
        online=online, last_seen_at=now, **{field: value for field, value in known.items() if value}
    )


def heard_of(*, device_ids: list[str], now: datetime) -> None:
    """Something came from each of these devices."""
    Device.objects.filter(device_id__in=device_ids).update(last_seen_at=now)


def _insert(device: Device) -> None:
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError as clash:
        if "device_station_id_once" not in str(clash):
            raise
        raise StationTaken(f"Station {device.station_id} is registered already.") from clash


def _change(device_id: str, **values: object) -> Device:
    device = queries.get(device_id)
    for field, value in values.items():
        setattr(device, field, value)
    device.save(update_fields=list(values))
    _tell(device_id)
    return device


def _tell(device_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, device_id])

"""Writes of the device registry. Each change tells the broker's side by NOTIFY `wattlane_devices`."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, connection, transaction

from saas.kit.errors import Invalid, Refused
from saas.tenancy.models import Tenant

from . import keys, queries
from .models import Device

CHANNEL = "wattlane_devices"
PATIENCE = timedelta(days=1)
NOTHING_NEXT: dict[str, Any] = {"next_hash": "", "next_sealed": None, "next_at": None, "next_taken_at": None}
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
        **_password(kind, password, now),
        permit_key=keys.seal(secrets.token_bytes(32)),
        created_at=now,
    )
    _insert(device)
    tell(device.device_id)
    return device, password


@transaction.atomic
def rotate(*, device_id: str, now: datetime) -> tuple[Device, str]:
    """A new password. The old one is refused, and its connection closed, within seconds."""
    password = keys.new_secret()
    kind = queries.get(device_id).kind
    return _change(device_id, **_password(kind, password, now), **NOTHING_NEXT), password


@transaction.atomic
def prepare(*, device_id: str, now: datetime) -> Device:
    """A next password beside the present one. Whoever can reach the device tells it (queries.next_password)."""
    password = keys.new_secret()
    sealed = keys.seal_password(password)
    waiting = NOTHING_NEXT | {"next_hash": keys.digest(password), "next_sealed": sealed, "next_at": now}
    return _change(device_id, **waiting)


@transaction.atomic
def take(*, device_id: str, now: datetime) -> bool:
    """The device said that it has stored its next password: see queries.logins. False when nothing waited.

    The old one is kept until the new one was used.
    """
    device = Device.objects.filter(device_id=device_id, next_taken_at=None).exclude(next_hash="").first()
    if device is None:
        return False
    _change(device_id, next_taken_at=now)
    return True


@transaction.atomic
def promote(*, device_id: str, now: datetime, used: str = "") -> bool:
    """The device has used its next password: the old one is refused from now on. False when nothing waited.

    `used`: how the hash of the password that it was seen to use begins; another one than the next changes nothing.
    """
    device = Device.objects.select_for_update().filter(device_id=device_id).exclude(next_hash="").first()
    if device is None or not device.next_hash.startswith(used):
        return False
    present = {"secret_hash": device.next_hash, "secret_sealed": device.next_sealed, "secret_at": now}
    _change(device_id, **present, mosquitto_hash="", **NOTHING_NEXT)
    return True


@transaction.atomic
def forget_next(*, device_id: str, now: datetime) -> None:
    """The device does not want its next password: the present one stays."""
    if Device.objects.filter(device_id=device_id).exclude(next_hash="").exists():
        _change(device_id, **NOTHING_NEXT)


@transaction.atomic
def give_up(*, now: datetime) -> int:
    """Forget next passwords that no device took within a day. Returns how many."""
    late = Device.objects.filter(next_at__lt=now - PATIENCE, next_taken_at=None)
    found = list(late.values_list("device_id", flat=True))
    for device_id in found:
        _change(device_id, **NOTHING_NEXT)
    return len(found)


@transaction.atomic
def revoke(*, device_id: str, now: datetime) -> Device:
    """Shut a device out: disconnected within seconds, what it still sends is set aside. May be repeated."""
    return _change(device_id, state=Device.State.REVOKED, online=False, **NOTHING_NEXT)


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


def _password(kind: str, secret: str, now: datetime) -> dict[str, Any]:
    """Fields of a password that is new. Only adapters' can be had in clear again."""
    sealed = keys.seal_password(secret) if kind == Device.Kind.ADAPTER else None
    return {"secret_hash": keys.digest(secret), "secret_sealed": sealed, "secret_at": now, "mosquitto_hash": ""}


def _change(device_id: str, **values: object) -> Device:
    device = queries.get(device_id)
    for field, value in values.items():
        setattr(device, field, value)
    device.save(update_fields=list(values))
    tell(device_id)
    return device


def tell(device_id: str) -> None:
    """Whoever keeps a copy of the registry looks again once this transaction is committed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, device_id])

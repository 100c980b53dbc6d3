"""Reads of the device registry. Devices live in the public schema: these work inside every tenant."""

import hmac
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import QuerySet

from saas.kit.errors import NotFound
from saas.tenancy.models import Tenant

from . import keys
from .models import Device

TURN = timedelta(minutes=10)


class UnknownDevice(NotFound):
    """No device with this id is registered."""

    code = "unknown_device"


def get(device_id: str) -> Device:
    """The device with this id, whatever its state. UnknownDevice when there is none."""
    device = Device.objects.select_related("tenant").filter(device_id=device_id).first()
    if device is None:
        raise UnknownDevice(f"No device {device_id} is registered.", device_id=device_id)
    return device


def of_tenant(tenant: Tenant) -> list[Device]:
    """All devices of a tenant, newest first."""
    return list(Device.objects.filter(tenant=tenant).order_by("-created_at", "device_id"))


def station(*, tenant: Tenant, station_id: str) -> Device | None:
    """The OCPP station of that identity inside the tenant; None when it never came."""
    return Device.objects.select_related("tenant").filter(tenant=tenant, station_id=station_id).first()


def station_of(*, schema: str, station_id: str) -> Device | None:
    """The same by the tenant's schema, whatever the tenant's state; `public` has no stations."""
    stations = Device.objects.select_related("tenant").filter(station_id=station_id)
    return stations.filter(tenant__schema_name=schema).first() if schema != "public" else None


def stations_called(station_id: str) -> list[Device]:
    """Every tenant's station of that identity; identities are unique inside a tenant only."""
    return list(Device.objects.select_related("tenant").filter(station_id=station_id))


def permit_key(device: Device) -> bytes:
    """The 32 bytes under which permits of this device are signed."""
    return keys.unseal(bytes(device.permit_key))


def is_online(device: Device) -> bool:
    """Whether the device is usable now: there, and neither revoked nor waiting for an operator."""
    return device.online and device.state == Device.State.ACTIVE


def proves_itself(*, device: Device, secret: str) -> bool:
    """Whether `secret` is the present password of a device that is not revoked."""
    return device.state != Device.State.REVOKED and keys.matches(secret, device.secret_hash)


def credentials() -> tuple[dict[str, str], dict[str, str]]:
    """Adapter → hex SHA-256 of its password, of every adapter that may connect; the same of the next passwords."""
    rows = list(_adapters().exclude(state=Device.State.REVOKED).values_list("device_id", "secret_hash", "next_hash"))
    return {device: held for device, held, _ in rows}, {device: held for device, _, held in rows if held}


def passwords(device_ids: Collection[str]) -> dict[str, list[str]]:
    """Passwords in clear, the present and the next, for a broker that keeps its own list. Without the present ones of
    adapters that were registered before passwords were sealed."""
    rows = _adapters().filter(device_id__in=device_ids).values_list("device_id", "secret_sealed", "next_sealed")
    return {device: [keys.unseal_password(bytes(held)) for held in sealed if held] for device, *sealed in rows}


def mosquitto_hashes() -> dict[str, str]:
    """Adapter → PBKDF2 of its password, of those that were registered before passwords were sealed."""
    return dict(_adapters().exclude(mosquitto_hash="").values_list("device_id", "mosquitto_hash"))


def logins(*, now: datetime) -> dict[str, tuple[str, bool, bool]]:
    """Every adapter → (hex SHA-256 of its password, whether it may connect, whether that is its next password).

    For a broker that knows one password at a time. A device that said that it has the next one keeps the old one until
    the new one has opened, or throws the new one away when it is refused; whichever it holds, it must get in: so the
    two take turns until it is known which.
    """
    rows = _adapters().values_list("device_id", "secret_hash", "next_hash", "next_taken_at", "state")
    found = {}
    for device, present, following, taken_at, state in rows:
        is_next = taken_at is not None and (now - taken_at) // TURN % 2 == 0
        found[device] = (following if is_next else present, state != Device.State.REVOKED, is_next)
    return found


def next_password(device_id: str) -> str | None:
    """What the device is to change its password to; None when nothing waits."""
    held = Device.objects.filter(device_id=device_id).exclude(next_sealed=None).values_list("next_sealed", flat=True)
    sealed = held.first()
    return None if sealed is None else keys.unseal_password(bytes(sealed))


def registry() -> dict[str, tuple[str, str]]:
    """Device id → (schema of its tenant, state), for processes that look up many devices a second."""
    rows = Device.objects.values_list("device_id", "tenant__schema_name", "state")
    return {device_id: (schema, state) for device_id, schema, state in rows}


def _adapters() -> QuerySet[Device]:
    """Stations do not connect to the broker: the gateway speaks for them."""
    return Device.objects.filter(kind=Device.Kind.ADAPTER)


def silent_since(moment: datetime) -> list[str]:
    """Ids of devices that claim to be online and were last heard of before `moment`."""
    rows = Device.objects.filter(online=True, last_seen_at__lt=moment)
    return list(rows.values_list("device_id", flat=True))


def registration_token(tenant: Tenant) -> str:
    """What an unknown OCPP station of this tenant shows as its password to be taken in as pending."""
    return keys.registration_token(str(tenant.uid))


def brings_token(*, tenant: Tenant, token: str) -> bool:
    """Whether `token` is the registration token of the tenant, in constant time."""
    return hmac.compare_digest(token.encode(), registration_token(tenant).encode())

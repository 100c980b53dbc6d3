"""Reads of the device registry. Devices live in the public schema: these work inside every tenant."""

import hmac
from datetime import datetime

from saas.kit.errors import NotFound
from saas.tenancy.models import Tenant

from . import keys
from .models import Device


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


def credentials() -> dict[str, str]:
    """Device id → hex SHA-256 of its password, for every device that may connect."""
    return dict(Device.objects.exclude(state=Device.State.REVOKED).values_list("device_id", "secret_hash"))


def mosquitto_credentials() -> dict[str, str]:
    """Device id → password as Mosquitto's file has it, for every device that may connect."""
    return dict(Device.objects.exclude(state=Device.State.REVOKED).values_list("device_id", "mosquitto_hash"))


def registry() -> dict[str, tuple[str, str]]:
    """Device id → (schema of its tenant, state), for processes that look up many devices a second."""
    rows = Device.objects.values_list("device_id", "tenant__schema_name", "state")
    return {device_id: (schema, state) for device_id, schema, state in rows}


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

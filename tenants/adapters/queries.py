"""Devices of this tenant, as somebody may see them."""

from saas.devices.models import Device
from saas.kit.errors import NotFound
from saas.kit.pagination import LIMIT, Page
from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.models import DeviceCommand
from tenants.sites.models import Evse

RECENT = 10


def page(*, viewer: User, after: str | None = None, limit: int = LIMIT) -> Page[Device]:
    """By id: for staff all devices, for others those that they claimed. The cursor is the last id."""
    rows = Device.objects.filter(tenant=current()).order_by("device_id")
    if not can(viewer, "station.view"):
        rows = rows.filter(owner=str(viewer.uid))
    found = list(rows.filter(device_id__gt=after or "")[: limit + 1])
    return Page(found[:limit], found[limit - 1].device_id if len(found) > limit else None)


def get(*, device_id: str, viewer: User) -> Device:
    """One of them. NotFound when there is none, or it is not theirs to see."""
    device = Device.objects.select_related("tenant").filter(device_id=device_id, tenant=current()).first()
    if device is None or not (can(viewer, "station.view") or owns(viewer, device)):
        raise NotFound("There is no such device.", device=device_id)
    return device


def owns(person: User, device: Device) -> bool:
    """Whether the person claimed it."""
    return device.owner == str(person.uid)


def evse_of(device: Device) -> Evse | None:
    """What it serves; an adapter serves one."""
    return Evse.objects.select_related("listing", "location").filter(device_id=device.device_id).first()


def recent_commands(device: Device) -> list[DeviceCommand]:
    """The latest that were meant for it, newest first."""
    return list(DeviceCommand.objects.filter(device_id=device.device_id).order_by("-id")[:RECENT])

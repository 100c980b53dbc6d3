"""Passwords of OCPP stations while they change: the old one and the new one open, until the new one was used."""

from datetime import datetime

from django.db import transaction

from . import actions, keys
from .models import Device

PRESENT, NEXT = "present", "next"


def spellings(shown: str) -> list[str]:
    """A password as it came, and the hexadecimal forms in which a key of OCPP 1.6 may have been written down."""
    spelled = shown.encode().hex()
    return list(dict.fromkeys((shown, shown.lower(), shown.upper(), spelled, spelled.upper())))


def proof(*, device: Device, shown: str) -> str:
    """PRESENT, NEXT, or empty when it is neither, or the device is revoked."""
    if device.state == Device.State.REVOKED:
        return ""
    for text in spellings(shown):
        if keys.matches(text, device.secret_hash):
            return PRESENT
        if device.next_hash and keys.matches(text, device.next_hash):
            return NEXT
    return ""


@transaction.atomic
def expect(*, device_id: str, secret: str, now: datetime) -> None:
    """The station is told this password now. It opens from now on, beside the present one; forgotten after a day."""
    Device.objects.filter(device_id=device_id).update(next_hash=keys.digest(secret), next_at=now)


def used(*, device: Device, now: datetime) -> None:
    """The station came with its next password: the present one is refused from now on."""
    actions.promote(device_id=device.device_id, now=now)

"""Sessions for the people who may see them, QR codes, and the outbox."""

import base64
import hashlib
import hmac
import uuid
from datetime import datetime
from uuid import UUID

from django.conf import settings

from saas.devices.models import Device
from saas.kit.errors import NotFound
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can
from tenants.sites.models import Evse

from ..models import DeviceCommand, Session

RELATED = ("evse__location", "driver", "vehicle", "booking__listing__host", "booking__driver")
MAC_BYTES = 8


def get(*, uid: UUID, viewer: Someone) -> Session:
    """NotFound unless the viewer is its driver, the charger's host, or staff or fleet with the right."""
    session = Session.objects.select_related(*RELATED).filter(uid=uid).first()
    if session is None or not can(viewer, "session.view", session):
        raise NotFound("There is no such session.")
    return session


def of_driver(*, driver: User) -> list[Session]:
    """All sessions of a driver, newest first."""
    return list(Session.objects.select_related(*RELATED).filter(driver=driver).order_by("-id"))


def of_host(*, host: User) -> list[Session]:
    """All sessions at a host's chargers, newest first."""
    return list(Session.objects.select_related(*RELATED).filter(evse__listing__host=host).order_by("-id"))


def of_evse(*, evse: Evse) -> list[Session]:
    """All sessions of an EVSE, newest first."""
    return list(Session.objects.select_related(*RELATED).filter(evse=evse).order_by("-id"))


def device_of_evse(evse: Evse) -> Device | None:
    """The registry's row of the device that serves an EVSE."""
    return Device.objects.filter(device_id=evse.device_id).first() if evse.device_id else None


def qr_token(evse: Evse) -> str:
    """The text in the charger's QR code after `/q/`: names the EVSE and cannot be guessed for another one."""
    return base64.urlsafe_b64encode(evse.uid.bytes + _mac(evse.uid)).decode()


def evse_of_token(token: str) -> Evse:
    """The EVSE whose QR code this is. NotFound for a text that is none of this tenant's."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raw = b""
    if len(raw) == 16 + MAC_BYTES and hmac.compare_digest(raw[16:], _mac(uuid.UUID(bytes=raw[:16]))):
        evse = Evse.objects.select_related("location").filter(uid=uuid.UUID(bytes=raw[:16])).first()
        if evse is not None:
            return evse
    raise NotFound("This code belongs to no charger here.")


def due_commands(*, now: datetime, limit: int = 100) -> list[DeviceCommand]:
    """Commands to send now, oldest first. To send them, take them with `actions.claim_commands`."""
    open_states = (DeviceCommand.State.QUEUED, DeviceCommand.State.SENT)
    rows = DeviceCommand.objects.filter(state__in=open_states, next_at__lte=now, expires_at__gt=now)
    return list(rows.order_by("id")[:limit])


def _mac(evse_uid: UUID) -> bytes:
    text = f"qr|{current_schema()}|{evse_uid}"
    return hmac.digest(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256)[:MAC_BYTES]

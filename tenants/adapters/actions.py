"""What owners and staff do with devices. The broker follows within seconds."""

from datetime import datetime

from django.db import transaction

from saas.contracts.telemetry import wire
from saas.devices import actions as devices
from saas.devices import enrolment
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from saas.kit.ratelimit import Limit
from saas.tenancy.queries import current
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.charging.actions import commands
from tenants.charging.models import DeviceCommand, Session
from tenants.sites.models import Evse

from . import queries
from .errors import NotAnAdapter, ShutOut, StillNeeded

GUESSES = Limit("claim", most=5, seconds=900)  # wrong codes of one person
BUSY = (Session.State.STARTING, Session.State.CHARGING)
COMING = ("confirmed", "active")


def claim(*, code: str, by: User, now: datetime, device_id: str = "") -> Device:
    """Make an adapter one's own, by what its QR code says or by the eight characters on its sticker.

    Raises WrongCode, AmbiguousCode, ClaimedAlready; TooMany after five wrong codes. Not atomic: a wrong guess counts.
    """
    GUESSES.check(str(by.uid), now=now)
    try:
        with transaction.atomic():
            owner = str(by.uid)
            device = enrolment.claim(code=code, device_id=device_id, tenant=current(), owner=owner, now=now)
            audit.record(actor=by, act="device.claimed", subject=device.device_id, now=now)
    except enrolment.WrongCode:
        GUESSES.hit(str(by.uid), now=now)
        raise
    return device


@transaction.atomic
def rotate(*, device_id: str, by: User, now: datetime, immediately: bool = False) -> str | None:
    """A new password. The device is told it, and keeps the old one until the new one has opened; within a day or never.

    `immediately`, and for stations: the old one is worth nothing at once, and the new one is the answer, shown this
    once. Raises NotFound, Forbidden, ShutOut.
    """
    device = _managed(device_id, by)
    if device.state == Device.State.REVOKED:
        raise ShutOut()
    audit.record(actor=by, act="device.rotated", subject=device.device_id, now=now)
    if immediately or device.kind == Device.Kind.STATION:
        return devices.rotate(device_id=device.device_id, now=now)[1]
    tell_next(device_id=device.device_id, now=now)
    return None


@transaction.atomic
def tell_next(*, device_id: str, now: datetime) -> None:
    """Make a next password and put the command that carries it in the outbox, in the place of one that waits."""
    devices.prepare(device_id=device_id, now=now)
    waiting = DeviceCommand.objects.filter(device_id=device_id, type=wire.CMD_CREDENTIAL, state__in=commands.OPEN)
    waiting.update(state=DeviceCommand.State.EXPIRED, error="withdrawn")
    expires = now + devices.PATIENCE
    commands.queue_device(
        device_id=device_id, kind=wire.CMD_CREDENTIAL, data={}, now=now, expires_at=expires, once=False
    )


@transaction.atomic
def revoke(*, device_id: str, by: User, now: datetime) -> Device:
    """Shut it out. Raises NotFound, Forbidden."""
    device = _managed(device_id, by)
    audit.record(actor=by, act="device.revoked", subject=device.device_id, now=now)
    return devices.revoke(device_id=device.device_id, now=now)


@transaction.atomic
def restore(*, device_id: str, by: User, now: datetime) -> Device:
    """Let it in again, with the password that it had. Raises NotFound, Forbidden."""
    device = _managed(device_id, by)
    if device.state != Device.State.REVOKED:
        return device
    audit.record(actor=by, act="device.restored", subject=device.device_id, now=now)
    return devices.approve(device_id=device.device_id, now=now)


@transaction.atomic
def release(*, device_id: str, by: User, now: datetime) -> None:
    """Give it up, by its owner or staff: it is nobody's, its keys are forgotten, its charger stands without a device.

    Raises NotFound, Forbidden, NotAnAdapter, StillNeeded.
    """
    device = queries.get(device_id=device_id, viewer=by)
    if not (queries.owns(by, device) or can(by, "station.manage")):
        raise Forbidden()
    if device.kind != Device.Kind.ADAPTER:
        raise NotAnAdapter()
    for evse in Evse.objects.select_for_update(of=("self",)).filter(device_id=device.device_id):
        _check_free(evse)
        evse.device_id = None
        evse.save(update_fields=["device_id"])
    audit.record(actor=by, act="device.released", subject=device.device_id, now=now)
    enrolment.release(device_id=device.device_id, now=now)


def _managed(device_id: str, by: User) -> Device:
    device = queries.get(device_id=device_id, viewer=by)
    if not can(by, "station.manage"):
        raise Forbidden()
    return device


def _check_free(evse: Evse) -> None:
    listing = getattr(evse, "listing", None)
    booked = listing is not None and listing.bookings.filter(state__in=COMING).exists()
    if booked or Session.objects.filter(evse=evse, state__in=BUSY).exists():
        raise StillNeeded()

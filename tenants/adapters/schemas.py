"""Shapes of the devices API."""

from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints

from saas.devices.models import Device as DeviceRow
from saas.kit.schemas import Moment, Sentence
from tenants.accounts.models import User

from . import queries


class Device(Schema):
    """An adapter or a station. `credential_changes`: a new password waits for the device to take it."""

    id: str
    kind: DeviceRow.Kind
    state: DeviceRow.State
    station_id: str | None
    online: bool
    reported_state: str
    firmware: str
    hardware: str
    last_seen_at: Moment | None
    created_at: Moment
    credential_since: Moment
    credential_changes: bool
    mine: bool = Field(description="You claimed it")
    charger: UUID | None = Field(description="The charger that it serves")


class Claim(Schema):
    """What the QR code says (`WL:ad_…:code`), or the eight characters on the sticker."""

    code: Annotated[Sentence, Field(min_length=8)]
    device: Annotated[str, StringConstraints(max_length=40)] = Field(
        "", description="Where the code alone is not enough"
    )


class Rotation(Schema):
    """`immediately`: for a stolen device; the old password is worth nothing at once and the device must be told by
    hand."""

    immediately: bool = False


class Rotated(Schema):
    """`secret` only where the device cannot be told it over the air; it is shown this once."""

    device: Device
    secret: str | None


def device_shown(device: DeviceRow, *, viewer: User) -> dict[str, Any]:
    """A device as Device reads it."""
    evse = queries.evse_of(device)
    listing = getattr(evse, "listing", None)
    names = ("kind", "state", "station_id", "online", "reported_state", "firmware", "hardware", "last_seen_at")
    return {name: getattr(device, name) for name in names} | {
        "id": device.device_id,
        "created_at": device.created_at,
        "credential_since": device.secret_at or device.created_at,
        "credential_changes": bool(device.next_hash),
        "mine": queries.owns(viewer, device),
        "charger": listing.uid if listing else None,
    }

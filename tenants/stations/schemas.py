"""Shapes of the stations API."""

from typing import Any, Literal
from uuid import UUID

from ninja import Field, Schema

from saas.devices.models import Device
from saas.devices.queries import is_online
from saas.kit.schemas import Moment, Word
from tenants.marketplace.schemas import PlaceIn, PowerW, Standard

from .models import Station as StationRow
from .queries import evses_of


class Socket(Schema):
    standard: str
    max_power_w: int


class StationEvse(Schema):
    uid: UUID
    number: int
    status: str
    connectors: list[Socket]


class Station(Schema):
    """An OCPP station as it described itself."""

    uid: UUID
    station_id: str
    state: Literal["pending", "active", "revoked"] = Field(description="pending: waits to be accepted or refused")
    online: bool
    last_seen_at: Moment | None = None
    protocol: str
    vendor: str
    model: str
    serial_number: str
    firmware: str
    booted_at: Moment | None = None
    location: str | None = None
    evses: list[StationEvse]


class OutletIn(Schema):
    connector: Standard
    max_power_w: PowerW


class Acceptance(Schema):
    """Where the station stands and what it serves: EVSE 1, 2, … in this order."""

    name: Word = ""
    place: PlaceIn
    evses: list[OutletIn] = Field(min_length=1, max_length=32)


class AcceptedStation(Station):
    password: str = Field(
        description="The station's own, shown this once. Set it as AuthorizationKey (1.6) or BasicAuthPassword (2.0.1)"
    )


class RemoteStart(Schema):
    """Start a booked session for its driver, or (without one) a free session."""

    evse: UUID
    session: UUID | None = None


def station_shown(station: StationRow) -> dict[str, Any]:
    """A station with its device's presence and its EVSEs."""
    device = Device.objects.filter(device_id=station.device_id).first()
    names = "uid station_id protocol vendor model serial_number firmware booted_at"
    return {
        **{name: getattr(station, name) for name in names.split()},
        "state": device.state if device else Device.State.REVOKED,
        "online": device is not None and is_online(device),
        "last_seen_at": device.last_seen_at if device else None,
        "location": station.location.name if station.location else None,
        "evses": [
            {"uid": e.uid, "number": e.device_evse, "status": e.status, "connectors": list(e.connectors.all())}
            for e in evses_of(station)
        ],
    }

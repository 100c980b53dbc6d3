"""Letting new stations in, or shutting them out, by operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.actions import Place, create_evse, create_location
from tenants.sites.models import Evse, Location

from ..errors import AcceptedAlready
from ..models import Station


@dataclass(frozen=True)
class Outlet:
    """An EVSE of a station: its connector (OCPI ConnectorType) and what it can deliver."""

    connector: str
    max_power_w: int


@transaction.atomic
def accept_station(
    *, station: Station, by: User, place: Place, outlets: Sequence[Outlet], now: datetime
) -> tuple[Station, str]:
    """Let a station in that came with the registration token: it stands at `place` and serves `outlets` as EVSE 1, 2, …

    Returns its own password, shown this once; the registration token does not open its next connection any more.
    Raises Forbidden, AcceptedAlready, Invalid (the place or a connector does not exist).
    """
    row = _managed(station, by)
    if registry.get(row.device_id).state == Device.State.ACTIVE:
        raise AcceptedAlready()
    row.location = row.location or create_location(place=place, private=False, now=now)
    row.save(update_fields=["location"])
    _equip(row, row.location, outlets, now)
    devices.approve(device_id=row.device_id, now=now)
    return row, devices.rotate(device_id=row.device_id, now=now)[1]


@transaction.atomic
def refuse_station(*, station: Station, by: User, now: datetime) -> Station:
    """Shut a station out, whether it waits or was accepted. May be repeated; accepting lets it in again. Forbidden."""
    row = _managed(station, by)
    devices.revoke(device_id=row.device_id, now=now)
    return row


def _managed(station: Station, by: User) -> Station:
    """The row, locked."""
    if not can(by, "station.manage", station):
        raise Forbidden()
    return Station.objects.select_for_update(of=("self",)).select_related("location").get(pk=station.pk)


def _equip(station: Station, location: Location, outlets: Sequence[Outlet], now: datetime) -> None:
    """EVSEs that are not there yet: a station that was refused and is let in again keeps those it had."""
    there = set(Evse.objects.filter(device_id=station.device_id).values_list("device_evse", flat=True))
    for number, outlet in enumerate(outlets, 1):
        if number not in there:
            create_evse(
                location=location,
                connector=outlet.connector,
                max_power_w=outlet.max_power_w,
                device_id=station.device_id,
                device_evse=number,
                now=now,
            )

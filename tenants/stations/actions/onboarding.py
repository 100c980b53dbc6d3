"""Letting new stations in, or shutting them out: by operators, or by the tenant's policy."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.devices.station_passwords import expect
from saas.kit.errors import Forbidden, Invalid
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.actions import Place, create_location
from tenants.sites.models import Location

from .. import queries, requests
from ..errors import AcceptedAlready, StationOffline
from ..models import Station
from ..protocol import version_of
from .equipment import Outlet, equip
from .sending import send


@dataclass(frozen=True)
class Accepted:
    """`password` is the station's own, shown this once; `sent`: it was sent to the station as well."""

    station: Station
    password: str
    sent: bool


@transaction.atomic
def accept_station(
    *, station: Station, by: User, now: datetime, place: Place | Location | None = None, outlets: Sequence[Outlet] = ()
) -> Accepted:
    """Let a station in that came with the registration token: it stands at `place` and serves `outlets` as EVSE 1, 2, …

    Without a place: where the tenant's rules put new stations; without outlets: with the EVSEs that it names. The
    registration token does not open its next connection any more; its own password does, which is sent to it when it
    is connected. Raises Forbidden, AcceptedAlready, Invalid (no place, or it or a connector does not exist).
    """
    row = _managed(station, by)
    if registry.get(row.device_id).state == Device.State.ACTIVE:
        raise AcceptedAlready()
    row.location = row.location or _place(place, now)
    row.save(update_fields=["location"])
    devices.approve(device_id=row.device_id, now=now)
    equip(row, outlets, now)
    audit.record(actor=by, act="station.accepted", now=now, subject=row.station_id)
    return Accepted(row, *_new_password(row, now))


@transaction.atomic
def refuse_station(*, station: Station, by: User, now: datetime) -> Station:
    """Shut a station out, whether it waits or was accepted. May be repeated; accepting lets it in again. Forbidden."""
    row = _managed(station, by)
    devices.revoke(device_id=row.device_id, now=now)
    audit.record(actor=by, act="station.refused", now=now, subject=row.station_id)
    return row


@transaction.atomic
def let_in_by_policy(*, device: Device, now: datetime) -> bool:
    """Let a station in that has connected and said nothing yet, where the tenant wants that; false: it waits."""
    station = Station.objects.select_for_update(of=("self",)).get(device_id=device.device_id)
    return accept_by_policy(station=station, device=device, now=now)


def accept_by_policy(*, station: Station, device: Device, now: datetime) -> bool:
    """Let a station in that waits, where the tenant wants that; what it brought stays its password."""
    rules = queries.policy()
    if not rules.auto_accept or device.state != Device.State.PENDING:
        return False
    if rules.auto_location is not None:
        Station.objects.filter(pk=station.pk, location=None).update(location=rules.auto_location)
        station.location = station.location or rules.auto_location
    devices.approve(device_id=device.device_id, now=now)
    equip(station, (), now)
    return True


def _place(place: Place | Location | None, now: datetime) -> Location:
    known = place if isinstance(place, Location) else queries.policy().auto_location
    if isinstance(place, Place):
        return create_location(place=place, private=False, now=now)
    if known is None:
        raise Invalid("Say where the station stands.", place="is missing")
    return known


def _managed(station: Station, by: User) -> Station:
    """The row, locked."""
    if not can(by, "station.manage", station):
        raise Forbidden()
    return Station.objects.select_for_update(of=("self",)).select_related("location").get(pk=station.pk)


def _new_password(station: Station, now: datetime) -> tuple[str, bool]:
    """20 letters: an AuthorizationKey of OCPP 1.6 has 16 to 20 bytes, and is written in hexadecimal."""
    password = secrets.token_urlsafe(15)
    old = version_of(station.protocol) == "1.6"
    key, value = ("AuthorizationKey", password.encode().hex()) if old else ("SecurityCtrlr/BasicAuthPassword", password)
    [asked] = requests.set_configuration(station.protocol, values={key: value})
    try:
        send(station=station, action=asked.action, payload=asked.payload, now=now, origin="password")
        sent = True
    except StationOffline:
        expect(device_id=station.device_id, secret=value, now=now)
        sent = False
    devices.promote(device_id=station.device_id, now=now)
    return password, sent

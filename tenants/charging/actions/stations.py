"""What OCPP stations ask, called by the process that answers the gateway; and letting new ones in, by operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, cast

from django.apps import apps
from django.db import transaction

from saas.contracts import rpc
from saas.contracts.stations import tag_of_session
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.errors import Forbidden
from saas.kit.time import from_ms
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites import status as evse_status
from tenants.sites.actions import Place, create_evse, create_location
from tenants.sites.models import Evse, Location

from ..errors import AcceptedAlready
from ..models import Session, Station
from .changes import tell_status

if TYPE_CHECKING:
    from tenants.fleets.models import Vehicle

FIELDS = {"protocol": 10, "vendor": 50, "model": 50, "serial_number": 50, "firmware": 50}
# OCPP 1.6 and 2.0.1 connector status → OCPI EVSE status.
STATUSES = {
    "Available": Evse.Status.AVAILABLE,
    "Preparing": Evse.Status.AVAILABLE,
    "Finishing": Evse.Status.AVAILABLE,
    "Occupied": Evse.Status.CHARGING,
    "Charging": Evse.Status.CHARGING,
    "SuspendedEV": Evse.Status.CHARGING,
    "SuspendedEVSE": Evse.Status.CHARGING,
    "Reserved": Evse.Status.RESERVED,
    "Unavailable": Evse.Status.INOPERATIVE,
    "Faulted": Evse.Status.OUTOFORDER,
}
FAULTED = "ocpp"
State = Session.State


@dataclass(frozen=True)
class AuthResult:
    """`status`: OCPP's Accepted, Invalid, Blocked, ConcurrentTx."""

    status: str
    reason: str = ""


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


@transaction.atomic
def station_boot(*, device: Device, boot: rpc.Boot, now: datetime) -> Station:
    """Keep what the station says of itself; what it leaves out stays as it was."""
    values = {name: getattr(boot, name)[:size] for name, size in FIELDS.items() if getattr(boot, name)}
    station, _ = Station.objects.update_or_create(
        device_id=device.device_id, defaults={"station_id": device.station_id or "", "booted_at": now, **values}
    )
    return station


def authorise(*, device: Device, id_tag: str, now: datetime) -> AuthResult:
    """May this card charge here? Cards of vehicles on the roster may; so may a session that waits to start here."""
    if session_of_tag(device=device, id_tag=id_tag) is not None:
        return AuthResult("Accepted", "booked session")
    cards = _vehicles_of(id_tag)
    if not cards:
        return AuthResult("Invalid", "unknown card")
    if not any(card.active for card in cards):
        return AuthResult("Blocked", "card of a vehicle that left the roster")
    running = Session.objects.filter(id_tag__iexact=id_tag, state=State.CHARGING)
    return AuthResult("ConcurrentTx", "card charges elsewhere") if running.exists() else AuthResult("Accepted")


def session_of_tag(*, device: Device, id_tag: str) -> Session | None:
    """The session that waits or runs at this station under the tag that a remote start carries."""
    alive = Session.objects.filter(device_id=device.device_id, state__in=(State.STARTING, State.CHARGING))
    tag = id_tag.casefold()
    return next((s for s in alive.order_by("-id") if tag_of_session(str(s.uid)).casefold() == tag), None)


@transaction.atomic
def station_status(*, device: Device, status: rpc.StatusReport, now: datetime) -> None:
    """A connector's status in OCPP's words. An unknown word changes nothing; the gateway keeps the frame."""
    use = STATUSES.get(status.status)
    if use is None:
        return
    at = from_ms(status.ts_ms)
    evses = evse_status.lock(device_id=device.device_id, device_evse=status.evse)
    if use == Evse.Status.OUTOFORDER:
        changed = evse_status.raise_fault(evses, FAULTED, at)
    else:
        changed = evse_status.set_use(evses, use, at)
        changed += evse_status.clear_fault([e for e in evses if FAULTED in e.faults], FAULTED, at)
    tell_status(evses=changed, now=now)


def bind_card(session: Session, id_tag: str) -> None:
    """Note on the object who charges on a walk-up session: the vehicle of the card, and its driver."""
    session.id_tag = id_tag[:36]
    for vehicle in _vehicles_of(id_tag):
        if vehicle.active:
            session.vehicle, session.driver = vehicle, vehicle.driver


def _vehicles_of(id_tag: str) -> "list[Vehicle]":
    """Vehicles of this card. By name, not by import: fleets lie above charging."""
    if not id_tag.strip():
        return []
    rows = apps.get_model("fleets", "Vehicle")._default_manager.filter(rfid__iexact=id_tag)
    return cast("list[Vehicle]", list(rows.select_related("driver").order_by("id")))

"""What OCPP stations ask: called by the process that answers the gateway."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from saas.devices import actions as devices
from saas.devices.models import Device
from tenants.sites import status as evse_status
from tenants.sites.models import Evse

from ..models import Session, Station
from .changes import tell_status

FIELDS = ("protocol", "vendor", "model", "serial_number", "firmware")
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


@dataclass(frozen=True)
class AuthResult:
    """`status`: OCPP's Accepted, Invalid, Blocked, ConcurrentTx."""

    status: str
    reason: str = ""


@transaction.atomic
def station_boot(*, device: Device, boot: Mapping[str, str], now: datetime) -> Station:
    """What the station says of itself: protocol, vendor, model, serial_number, firmware; others are ignored."""
    values = {name: str(boot[name])[:50] for name in FIELDS if boot.get(name)}
    values["protocol"] = values.get("protocol", "")[:10]
    station, _ = Station.objects.update_or_create(
        device_id=device.device_id, defaults={"station_id": device.station_id or "", "booted_at": now, **values}
    )
    devices.seen(device_id=device.device_id, now=now, online=True, firmware=values.get("firmware", ""))
    return station


def authorise(*, device: Device, id_tag: str, now: datetime) -> AuthResult:
    """May this card charge here? Cards of vehicles on the roster may; so may a session that waits to start here."""
    waiting = Session.objects.filter(device_id=device.device_id, state=Session.State.STARTING)
    if any(remote_tag(session) == id_tag for session in waiting):
        return AuthResult("Accepted", "remote start")
    vehicles = Session._meta.get_field("vehicle").related_model.objects
    cards = list(vehicles.filter(rfid__iexact=id_tag)) if id_tag.strip() else []
    if not cards:
        return AuthResult("Invalid", "unknown card")
    if not any(card.active for card in cards):
        return AuthResult("Blocked", "card of a vehicle that left the roster")
    running = Session.objects.filter(id_tag__iexact=id_tag, state=Session.State.CHARGING)
    return AuthResult("ConcurrentTx", "card charges elsewhere") if running.exists() else AuthResult("Accepted")


def remote_tag(session: Session) -> str:
    """The id tag of a remote start: OCPP 1.6 allows 20 characters."""
    return session.uid.hex[:20].upper()


@transaction.atomic
def station_status(*, device: Device, evse: int, status: str, at: datetime, now: datetime) -> None:
    """A connector's status in OCPP's words. Unknown words change nothing but are kept by the gateway's frame log."""
    evses = evse_status.lock(device_id=device.device_id, device_evse=evse)
    use = STATUSES.get(status)
    if use is None:
        return
    if use == Evse.Status.OUTOFORDER:
        changed = evse_status.raise_fault(evses, FAULTED, at)
    else:
        changed = evse_status.set_use(evses, use, at)
        changed += evse_status.clear_fault([e for e in evses if FAULTED in e.faults], FAULTED, at)
    tell_status(evses=changed, now=now)


@transaction.atomic
def bind_card(*, session: Session, id_tag: str) -> Session:
    """Note who charges on a walk-up session: the vehicle of the card, its driver."""
    vehicles = Session._meta.get_field("vehicle").related_model.objects
    vehicle = vehicles.select_related("driver").filter(rfid__iexact=id_tag, active=True).order_by("id").first()
    session.id_tag = id_tag[:36]
    if vehicle is not None:
        session.vehicle, session.driver = vehicle, vehicle.driver
    session.save(update_fields=["id_tag", "vehicle", "driver"])
    return session

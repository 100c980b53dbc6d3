"""What stations report of themselves and of their connectors."""

from datetime import datetime

from django.db import transaction

from saas.contracts import rpc
from saas.devices.models import Device
from saas.kit.time import from_ms
from tenants.charging.actions.changes import tell_status
from tenants.sites import status as evse_status
from tenants.sites.models import Evse

from ..models import Station

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


@transaction.atomic
def station_boot(*, device: Device, boot: rpc.Boot, now: datetime) -> Station:
    """Keep what the station says of itself; what it leaves out stays as it was."""
    values = {name: getattr(boot, name)[:size] for name, size in FIELDS.items() if getattr(boot, name)}
    station, _ = Station.objects.update_or_create(
        device_id=device.device_id, defaults={"station_id": device.station_id or "", "booted_at": now, **values}
    )
    return station


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

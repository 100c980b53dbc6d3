"""What stations report of themselves and of their connectors."""

from datetime import datetime

from django.db import transaction

from saas.contracts import rpc
from saas.devices.models import Device
from saas.kit.time import from_ms

from ..models import Station
from . import equipment
from .effects import configuration, storable
from .hearing import station_of
from .onboarding import accept_by_policy

FIELDS = {"protocol": 10, "vendor": 50, "model": 50, "serial_number": 50, "firmware": 50}


@transaction.atomic
def station_boot(*, device: Device, boot: rpc.Boot, now: datetime) -> Station:
    """Keep what the station says of itself; what it leaves out stays as it was. One that waits may be let in."""
    values = {name: storable(getattr(boot, name))[:size] for name, size in FIELDS.items() if getattr(boot, name)}
    if boot.reason:
        values["boot_reason"] = storable(boot.reason)[:20]
    station, _ = Station.objects.update_or_create(
        device_id=device.device_id, defaults={"station_id": device.station_id or "", "booted_at": now, **values}
    )
    configuration.booted(station)
    accept_by_policy(station=station, device=device, now=now)
    return station


@transaction.atomic
def station_status(*, device: Device, status: rpc.StatusReport, now: datetime) -> None:
    """A connector's status in OCPP's words. Older news, and a word that is none, change nothing."""
    said = {
        "status": status.status,
        "error_code": storable(status.error_code)[:50],
        "info": storable(status.info)[:100],
    }
    at = from_ms(status.ts_ms)
    equipment.told(station=station_of(device), evse=status.evse, connector=status.connector, at=at, now=now, said=said)

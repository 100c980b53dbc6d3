"""What is kept of a station's connection."""

from datetime import datetime

from django.db import transaction

from saas.devices.models import Device

from ..models import Station


@transaction.atomic
def station_connected(*, device: Device, profile: int, protocol: str, now: datetime) -> Station:
    """The station opened a connection by this security profile: lower ones are refused from now on."""
    values = {"connected_at": now, "security_profile": profile, **({"protocol": protocol} if protocol else {})}
    station, _ = Station.objects.update_or_create(
        device_id=device.device_id, defaults={"station_id": device.station_id or "", **values}
    )
    return station

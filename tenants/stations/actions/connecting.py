"""What is kept of a station's connection."""

from datetime import datetime
from typing import Any

from saas.devices.models import Device

from ..models import Station


def station_connected(*, device: Device, profile: int, protocol: str, now: datetime) -> None:
    """The station opened a connection by this security profile: lower ones are refused from now on.

    One statement for a station that is known: after a power cut all of them come back at once.
    """
    values: dict[str, Any] = {"station_id": device.station_id or "", "connected_at": now, "security_profile": profile}
    if protocol:
        values["protocol"] = protocol
    if not Station.objects.filter(device_id=device.device_id).update(**values):
        Station.objects.update_or_create(device_id=device.device_id, defaults=values)

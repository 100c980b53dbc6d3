"""What time alone brings to stations."""

from datetime import datetime, timedelta

from saas.devices.models import Device

from .. import queries
from ..errors import StationOffline
from ..models import Notice, Station, StationCommand, Upload
from .answering import expire_calls
from .effects import reservations
from .local_lists import ORIGIN, sync_local_list
from .uploads import forget_files

UPLOADS_KEPT = timedelta(days=7)


def sweep(*, now: datetime) -> dict[str, int]:
    """Calls and reservations whose time is over; how many of each."""
    return {"calls": expire_calls(now=now), "reservations": reservations.expire(now=now)}


def forget(*, now: datetime) -> int:
    """Notices and files older than the policy keeps them, and addresses of files that never came."""
    kept = timedelta(days=queries.policy().log_days)
    count, _ = Notice.objects.filter(received_at__lt=now - kept).delete()
    count += forget_files(before=now - kept)
    unused, _ = Upload.objects.filter(received_at=None, expires_at__lt=now - UPLOADS_KEPT).delete()
    return count + unused


def sync_lists(*, now: datetime) -> int:
    """The next step for every connected station whose list is not the tenant's; how many were asked."""
    if not queries.policy().local_lists:
        return 0
    online = Device.objects.filter(kind=Device.Kind.STATION, state=Device.State.ACTIVE, online=True)
    busy = StationCommand.objects.filter(done_at=None, origin__startswith=ORIGIN).values_list("station_id", flat=True)
    stations = Station.objects.exclude(pk__in=busy).exclude(booted_at=None).exclude(local_list_version=-1)
    return sum(_asked(station, now) for station in stations.filter(device_id__in=online.values("device_id")))


def _asked(station: Station, now: datetime) -> bool:
    if station.progress.get("local_list", {}).get("status") == "NotSupported":
        return False
    try:
        return sync_local_list(station=station, now=now)
    except StationOffline:
        return False

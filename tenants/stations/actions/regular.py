"""What time alone brings to stations."""

from datetime import datetime, timedelta

from saas.devices.models import Device
from saas.kit import framelog

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
    """Frames, notices and files older than the policy keeps them, and addresses of files that never came."""
    kept = timedelta(days=queries.policy().log_days)
    count, _ = Notice.objects.filter(received_at__lt=now - kept).delete()
    count += forget_files(before=now - kept) + _forget_frames(now - kept)
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


def _forget_frames(before: datetime) -> int:
    """Files of days that are over for good. The gateway has limits of its own besides, which hold without a tenant."""
    count = 0
    for device_id in Station.objects.values_list("device_id", flat=True):
        folder = framelog.folder_of(device_id)
        for part in framelog.parts(folder):
            if part.day < before.date().isoformat():
                for file in (part.file(folder), part.file(folder).with_suffix(".jsonl.gz")):
                    file.unlink(missing_ok=True)
                count += 1
    return count


def _asked(station: Station, now: datetime) -> bool:
    if station.progress.get("local_list", {}).get("status") == "NotSupported":
        return False
    try:
        return sync_local_list(station=station, now=now)
    except StationOffline:
        return False

"""Starts that are refused in a row, at one unit."""

from datetime import datetime

from django.db.models import F

from saas.contracts import faults

from ..models import Alert, Refusals
from ..queries import rules
from . import raising
from .raising import Seen

CODES = ("refused_starts", "refused_by_device")


def refused(*, device_id: str, device_evse: int, reason: str, by_device: bool, now: datetime) -> None:
    """One more. From as many as the tenant says on, an alert: of the charger where it was the charger itself."""
    row, _made = Refusals.objects.get_or_create(device_id=device_id, device_evse=device_evse, defaults={"last_at": now})
    Refusals.objects.filter(pk=row.pk).update(count=F("count") + 1, last_at=now)
    if row.count + 1 >= rules.policy().refused_starts:
        code = CODES[by_device]
        seen = Seen(device_id, device_evse, code, Alert.Source.PLATFORM, faults.PLATFORM[code], now, {"reason": reason})
        raising.report(seen=seen, now=now)


def worked(*, device_id: str, device_evse: int, now: datetime) -> None:
    """The row is broken: somebody charges."""
    numbers = (0, device_evse)
    if Refusals.objects.filter(device_id=device_id, device_evse__in=numbers).delete()[0]:
        for number in numbers:
            raising.clear(device_id=device_id, device_evse=number, at=now, now=now, codes=CODES)

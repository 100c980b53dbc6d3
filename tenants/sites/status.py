"""The status of an EVSE from facts that may come late, twice or in any order. Writes."""

from collections.abc import Iterable
from datetime import datetime

from saas.kit.time import to_ms

from .models import Evse
from .signals import status_changed

Status = Evse.Status


def lock(*, device_id: str, device_evse: int) -> list[Evse]:
    """The EVSEs that a message is about, locked; 0 means all of the device."""
    rows = Evse.objects.select_for_update(of=("self",)).select_related("location").filter(device_id=device_id)
    return list(rows.order_by("id") if device_evse == 0 else rows.filter(device_evse=device_evse))


def set_use(evses: Iterable[Evse], use: str, at: datetime) -> list[Evse]:
    """What the EVSE is used for, unless newer news is there. Of a new EVSE there is none, whatever clock the first news
    has. Returns those whose status changed.
    """
    changed = []
    for evse in evses:
        if evse.use == Status.UNKNOWN or evse.status_at is None or at >= evse.status_at:
            evse.use, evse.status_at = use, at
            changed += _save(evse, at)
    return changed


def raise_fault(evses: Iterable[Evse], code: str, at: datetime) -> list[Evse]:
    """OUTOFORDER while any fault was raised later than it was cleared. Returns those whose status changed."""
    return _fault(evses, code, 0, at)


def clear_fault(evses: Iterable[Evse], code: str, at: datetime) -> list[Evse]:
    """The counterpart; may arrive before the fault itself."""
    return _fault(evses, code, 1, at)


def _fault(evses: Iterable[Evse], code: str, side: int, at: datetime) -> list[Evse]:
    changed = []
    for evse in evses:
        times = list(evse.faults.get(code, [-1, -1]))
        times[side] = max(times[side], to_ms(at))
        evse.faults = {**evse.faults, code: times}
        changed += _save(evse, at)
    return changed


def _save(evse: Evse, at: datetime) -> list[Evse]:
    before = evse.status
    faulty = any(raised > cleared for raised, cleared in evse.faults.values())
    evse.status = Status.OUTOFORDER if faulty else evse.use
    evse.save(update_fields=["status", "status_at", "use", "faults"])
    if evse.status == before:
        return []
    status_changed.send(Evse, evse=evse, before=before, at=at)
    return [evse]

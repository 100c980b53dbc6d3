"""Faults become alerts: one as long as the same thing is wrong at the same unit; and they end by themselves."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest, Least

from saas.contracts.faults import Fault
from tenants.sites.models import Evse, Location

from ..models import Alert, Outage
from ..queries import rules
from ..queries.units import evse_at
from .log import Kind, tell, write

State = Alert.State


@dataclass(frozen=True)
class Seen:
    """A fault at a unit, as it was seen. `device_evse` 0: the device as a whole; `at`: by the device's clock."""

    device_id: str
    device_evse: int
    code: str
    source: str
    fault: Fault
    at: datetime
    detail: Mapping[str, str] = field(default_factory=dict)
    place: Location | None = None  # where the unit is no EVSE


def report(*, seen: Seen, now: datetime) -> bool:
    """One more of an open alert, else the one of just now again, else a new one. Whether it was not known.

    Of an open alert this is a single UPDATE: a flood of equal faults writes one row, again and again. It needs no
    transaction of its own.
    """
    if _again(seen):
        return False
    with transaction.atomic():
        return _reopen(seen, now) or _open(seen, now)


def clear(*, device_id: str, device_evse: int, at: datetime, now: datetime, sources: Collection[str] = (),
          codes: Collection[str] = ()) -> int:  # fmt: skip
    """The device says that it is over: of these sources or codes (of none: all that last). Later news stays."""
    rows = Alert.objects.filter(device_id=device_id, device_evse=device_evse, resolved_at=None, lasting=True)
    rows = rows.filter(last_at__lte=at)
    if sources:
        rows = rows.filter(source__in=sources)
    if codes:
        rows = rows.filter(code__in=codes)
    return clear_all(rows, at=at, now=now)


def clear_all(rows: "QuerySet[Alert]", *, at: datetime, now: datetime) -> int:
    """End alerts whose fault is over; those that flap only after a quiet while (`settle`)."""
    found = list(rows.select_for_update(of=("self",)))
    for alert in found:
        if alert.flapping:
            Alert.objects.filter(pk=alert.pk).update(cleared_at=at)
        else:
            end(alert, now, cleared_at=at)
    return len(found)


def end(alert: Alert, now: datetime, cleared_at: datetime | None = None) -> None:
    """It is over, and nobody had to say so."""
    alert.state, alert.resolved_at, alert.cleared_at = State.RESOLVED, now, cleared_at or alert.cleared_at
    alert.save(update_fields=["state", "resolved_at", "cleared_at"])
    write(alert, Kind.CLEARED, now)
    tell(alert, now)


@transaction.atomic
def settle(*, now: datetime) -> int:
    """End alerts that flapped and have been quiet since, and one-off events that nobody closed within a day."""
    quiet = now - timedelta(minutes=rules.policy().reopen_minutes)
    flapped = Alert.objects.filter(resolved_at=None, flapping=True, cleared_at__lte=quiet)
    old = Alert.objects.filter(resolved_at=None, lasting=False, last_at__lte=now - timedelta(days=1))
    found = list((flapped | old).select_for_update(of=("self",), skip_locked=True)[:200])
    for alert in found:
        end(alert, now)
    return len(found)


def still_there(*, now: datetime) -> int:
    """Alerts that a person closed in an outage that lasts: back they come, of each device the last one. How many.

    A device tells a fault once. Without this a charger that is still broken would be forgotten.
    """
    told = Alert.objects.filter(lasting=True, source__in=(Alert.Source.ADAPTER, Alert.Source.OCPP))
    same = Q(device_id=OuterRef("device_id"), device_evse=OuterRef("device_evse"))
    whole = Q(device_id=OuterRef("device_id")) & (Q(device_evse=0) | Q(device_evse=OuterRef("device_evse")))
    down = Outage.objects.filter(origin=Outage.Origin.FAULT, ended_at=None, withdrawn=False)
    down = down.filter(device_id=OuterRef("device_id"), began_at__lte=OuterRef("resolved_at"))
    closed = told.filter(Exists(down.filter(same)) | Q(Exists(down), device_evse=0), resolved_by__isnull=False)
    last = closed.exclude(Exists(told.filter(whole, resolved_at=None))).order_by("device_id", "-last_at", "-id")
    held = Alert.objects.filter(pk__in=list(last.distinct("device_id").values_list("pk", flat=True)))
    found = list(held.exclude(resolved_at=None).select_for_update(of=("self",)))
    for alert in found:
        go_on(alert, now)
    return len(found)


def new_alert(seen: Seen, evse: Evse | None, now: datetime, group: Alert | None = None) -> Alert:
    """The row, not saved. `evse`: where the unit stands; of a device as a whole, one of its EVSEs."""
    fault = seen.fault
    return Alert(
        device_id=seen.device_id, device_evse=seen.device_evse, code=seen.code, source=seen.source, group=group,
        evse=evse if seen.device_evse else None, location=evse.location if evse else seen.place,
        mrec=fault.mrec, severity=fault.severity, cause=fault.cause, broken=fault.broken, lasting=fault.lasting,
        detail=dict(seen.detail), first_at=seen.at, last_at=seen.at, opened_at=now,
    )  # fmt: skip


def of_just_now(rows: "QuerySet[Alert]", now: datetime) -> Alert | None:
    """The one that ended so short ago that the same thing is the same alert."""
    since = now - timedelta(minutes=rules.policy().reopen_minutes)
    return rows.filter(resolved_at__gte=since).select_for_update(of=("self",)).order_by("-id").first()


def go_on(alert: Alert, now: datetime, text: str = "") -> None:
    """Open an alert again. One that was opened often flaps: it ends only after a quiet while."""
    alert.state, alert.resolved_at, alert.resolved_by, alert.cleared_at = State.OPEN, None, None, None
    alert.acknowledged_at, alert.acknowledged_by, alert.opened_at = None, None, now
    alert.openings += 1
    alert.flapping = alert.openings >= rules.policy().flap_openings
    alert.silence = rules.silence_of(alert, rules.silences(now))
    alert.save()
    write(alert, Kind.REOPENED, now, text=text)
    tell(alert, now)


def _again(seen: Seen) -> bool:
    rows = Alert.objects.filter(
        device_id=seen.device_id, device_evse=seen.device_evse, code=seen.code, resolved_at=None
    )
    last, first = Greatest("last_at", seen.at), Least("first_at", seen.at)
    return rows.update(count=F("count") + 1, last_at=last, first_at=first, cleared_at=None) > 0


def _reopen(seen: Seen, now: datetime) -> bool:
    """The alert that ended just now, if there is one, goes on."""
    of_unit = Alert.objects.filter(device_id=seen.device_id, device_evse=seen.device_evse, code=seen.code)
    alert = of_just_now(of_unit, now)
    if alert is None:
        return False
    alert.count, alert.last_at = alert.count + 1, max(alert.last_at, seen.at)
    alert.detail = {**alert.detail, **seen.detail}
    go_on(alert, now, _text(seen))
    return True


def _open(seen: Seen, now: datetime) -> bool:
    alert = new_alert(seen, None if seen.place else evse_at(seen.device_id, seen.device_evse), now)
    alert.silence = rules.silence_of(alert, rules.silences(now))
    try:
        with transaction.atomic():
            alert.save(force_insert=True)
    except IntegrityError:  # another process has opened it at this moment
        _again(seen)
        return False
    write(alert, Kind.OPENED, now, text=_text(seen))
    tell(alert, now)
    return True


def _text(seen: Seen) -> str:
    return ", ".join(f"{name}: {value}" for name, value in seen.detail.items())

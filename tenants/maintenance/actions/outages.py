"""Outages follow the status of EVSEs and the presence of devices; people correct what the machine guessed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from saas.contracts import faults
from saas.contracts.faults import Fault
from saas.kit.errors import Invalid
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.sites.models import Evse

from ..errors import OutagesOverlap, PeriodEmpty, ReasonMissing
from ..models import Alert, Outage, OutageEdit, StatusChange
from ..queries import rules
from ..words import EXCLUSIONS

Origin = Outage.Origin
DOWN = {Evse.Status.OUTOFORDER: Origin.FAULT, Evse.Status.INOPERATIVE: Origin.UNAVAILABLE}
GUESSED_EXCLUSION = {
    faults.GRID: "utility_interruption",
    faults.VANDALISM: "vandalism",
    faults.VEHICLE: "vehicle_fault",
}
UNAVAILABLE = Fault("", faults.MINOR, faults.PLANNED, broken=False)
EDITABLE = ("cause", "mrec", "exclusion", "planned", "broken", "began_at", "ended_at", "withdrawn")


def note_status(*, evse: Evse, status: str, at: datetime, now: datetime) -> None:
    """A line of the history of statuses."""
    StatusChange.objects.create(
        evse=evse, device_id=evse.device_id or "", device_evse=evse.device_evse, status=status, at=at, learned_at=now
    )


def follow(*, evse: Evse, origin: str | None, at: datetime, now: datetime) -> Outage | None:
    """From `at` on the EVSE is down for this reason, or for none. Returns the outage that begins."""
    held = Outage.objects.select_for_update().filter(evse=evse, ended_at=None, withdrawn=False).first()
    if held is not None and held.origin == origin:
        return None
    if held is not None:
        held.ended_at, held.changed_at = max(at, held.began_at), now
        held.save(update_fields=["ended_at", "changed_at"])
    return _begin(evse, origin, at, now) if origin is not None else None


def classify(*, evse: Evse, now: datetime) -> None:
    """What the open alerts say of the outage that lasts, until a person has looked at it."""
    held = Outage.objects.select_for_update().filter(evse=evse, ended_at=None, confirmed_at=None).first()
    if held is None or held.origin != Origin.FAULT or held.planned:
        return
    fault = _worst(evse)
    if fault is not None and (held.cause, held.mrec, held.broken) != (fault.cause, fault.mrec, fault.broken):
        held.cause = held.guessed_cause = fault.cause
        held.mrec = held.guessed_mrec = fault.mrec
        held.broken, held.guessed_exclusion = fault.broken, held.exclusion or GUESSED_EXCLUSION.get(fault.cause, "")
        held.changed_at = now
        held.save()


@transaction.atomic
def end_of_windows(*, now: datetime) -> int:
    """Planned maintenance that lasts longer than announced: from the end of its window on it is no longer planned.

    Without this an hour that was announced would excuse weeks. What a person has confirmed stays. How many.
    """
    held = Outage.objects.filter(ended_at=None, withdrawn=False, planned=True, confirmed_at=None)
    silences = rules.silences(now)
    over = 0
    for row in held.select_for_update(of=("self",)).select_related("evse__location"):
        if rules.planned_at(row.evse_id, row.evse.location_id, row.device_id, silences) is None:
            until = rules.planned_until(row.evse, row.device_id, since=row.began_at, now=now)
            row.ended_at, row.changed_at = max(until, row.began_at), now
            row.save(update_fields=["ended_at", "changed_at"])
            _begin(row.evse, row.origin, until, now)
            over += 1
    return over


@transaction.atomic
def edit_outage(*, outage: Outage, wanted: Mapping[str, Any], reason: str, by: User, now: datetime) -> Outage:
    """A person knows better. What was guessed stays; each edit is a row with its reason.

    ReasonMissing, PeriodEmpty, OutagesOverlap; Invalid for a cause, code or exclusion that there is none of.
    """
    if not reason.strip():
        raise ReasonMissing()
    row = Outage.objects.select_for_update().get(pk=outage.pk)
    _check(wanted, now)
    before = {name: getattr(row, name) for name in EDITABLE}
    for name in EDITABLE:
        setattr(row, name, wanted.get(name, before[name]))
    _check_period(row)
    changed = {n: [_said(before[n]), _said(getattr(row, n))] for n in EDITABLE if getattr(row, n) != before[n]}
    row.confirmed_at = row.changed_at = now
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as clash:
        raise OutagesOverlap() from clash
    OutageEdit.objects.create(outage=row, by=by, reason=reason.strip()[:500], changes=changed, at=now)
    audit.record(actor=by, act="outage.edited", subject=str(row.uid), changes=changed, now=now)
    return row


def _begin(evse: Evse, origin: str, at: datetime, now: datetime) -> Outage:
    last = Outage.objects.filter(evse=evse, withdrawn=False).order_by("-began_at").first()
    began_at = max(at, last.ended_at) if last is not None and last.ended_at is not None else at
    window = rules.planned_at(evse.pk, evse.location_id, evse.device_id or "", rules.silences(now))
    fault = _fault_of(evse, origin)
    cause = faults.PLANNED if window else fault.cause
    exclusion = "scheduled_maintenance" if window else ""
    return Outage.objects.create(
        evse=evse, device_id=evse.device_id or "", device_evse=evse.device_evse, origin=origin, began_at=began_at,
        cause=cause, guessed_cause=cause, mrec=fault.mrec, guessed_mrec=fault.mrec, changed_at=now,
        broken=fault.broken and not window, planned=window is not None, exclusion=exclusion,
        guessed_exclusion=exclusion or _guess(origin, cause),
    )  # fmt: skip


def _guess(origin: str, cause: str) -> str:
    """What may be excluded once somebody has made sure of it; a device that is away alone proves nothing."""
    return GUESSED_EXCLUSION.get(cause, "") if origin == Origin.FAULT else ""


def _fault_of(evse: Evse, origin: str) -> Fault:
    if origin == Origin.OFFLINE:
        return faults.PLATFORM["offline"]
    if origin == Origin.UNAVAILABLE:
        return UNAVAILABLE
    return _worst(evse) or _shown(evse)


def _worst(evse: Evse) -> Fault | None:
    """Of the open alerts of the unit, and of its device as a whole, the one that says most."""
    rows = Alert.objects.filter(device_id=evse.device_id, device_evse__in=(0, evse.device_evse), resolved_at=None)
    found = [row for row in rows.exclude(source__in=(Alert.Source.PLATFORM, Alert.Source.POWER)) if row.lasting]
    ranked = sorted(found, key=lambda row: (not row.broken, faults.SEVERITIES.index(row.severity), -row.pk))
    return next((Fault(row.mrec, row.severity, row.cause, row.broken) for row in ranked), None)


def _shown(evse: Evse) -> Fault:
    """What the faults that it shows mean, before their own words have come."""
    active = [code for code, (raised, cleared) in evse.faults.items() if raised > cleared]
    known = [faults.ADAPTER[code] for code in active if code in faults.ADAPTER]
    return min(known, key=lambda fault: faults.SEVERITIES.index(fault.severity), default=faults.UNKNOWN)


def _check(wanted: Mapping[str, Any], now: datetime) -> None:
    for name in ("began_at", "ended_at"):
        if (wanted.get(name) or now) > now:
            raise Invalid("What has not been yet is no fact.", **{name: "lies in the future"})
    if wanted.get("cause", faults.HARDWARE) not in faults.CAUSES:
        raise Invalid("There is no such cause.", cause=f"one of {', '.join(faults.CAUSES)}")
    if wanted.get("mrec", "") not in ("", faults.OTHER, *faults.MREC):
        raise Invalid("There is no such code.", mrec="CX001 to CX026, or OtherError")
    if wanted.get("exclusion", "") not in EXCLUSIONS:
        raise Invalid("There is no such exclusion.", exclusion=f"one of {', '.join(filter(None, EXCLUSIONS))}")


def _check_period(row: Outage) -> None:
    if row.ended_at is not None and row.ended_at < row.began_at:
        raise PeriodEmpty()
    others = Outage.objects.filter(evse_id=row.evse_id, withdrawn=False).exclude(pk=row.pk)
    if row.ended_at is not None:
        others = others.filter(began_at__lt=row.ended_at)
    open_or_later = others.filter(ended_at=None) | others.filter(ended_at__gt=row.began_at)
    if not row.withdrawn and open_or_later.exists():
        raise OutagesOverlap()


def _said(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value

"""Work orders: opened from an alert, a prediction or by hand; steps of technicians and of those who send them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from saas.contracts import faults
from saas.kit.errors import Invalid, NotFound
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.feed.actions import publish
from tenants.sites.models import Evse

from ..errors import (
    NoTechnician,
    NotYours,
    OrderedAlready,
    OutcomeMissing,
    ReasonMissing,
    StillDown,
    WrongStep,
)
from ..fault_words import alert_title
from ..models import Alert, Notice, Outage, Risk, WorkOrder, WorkOrderStep
from ..queries.units import evse_at, title
from ..stages import OVER, STEPS
from . import log
from .outages import DOWN

State, Source, Verdict = WorkOrder.State, WorkOrder.Source, WorkOrder.Verdict
REPAIRED = (Verdict.FIXED, Verdict.REPLACED)
MOST_ITEMS, LONGEST_ITEM = 30, 200


@dataclass(frozen=True)
class Job:
    """What is to be done."""

    title: str
    text: str = ""
    severity: str = faults.MINOR
    due_at: datetime | None = None
    checklist: Sequence[str] = ()


@dataclass(frozen=True)
class Result:
    """What a technician found. `cause` and `mrec`: what was wrong; empty where nothing was."""

    verdict: str
    cause: str = ""
    mrec: str = ""
    found: str = ""
    parts: str = ""


@transaction.atomic
def order_for_alert(*, alert: Alert, job: Job | None, by: User, now: datetime) -> WorkOrder:
    """A job for an alert. OrderedAlready. NotFound where the alert is at no EVSE: a site, a circuit."""
    evse = alert.evse or (evse_at(alert.device_id, alert.device_evse) if alert.device_id else None)
    if evse is None:
        raise NotFound("This alert is at no charger: open a work order for one of them.")
    wanted = _titled(job, f"{alert_title(alert)} · {title(evse)}", alert.severity)
    order = _create(evse, wanted, Source.ALERT, by, now, alert=alert, began_at=alert.first_at)
    log.write(alert, log.Kind.ORDERED, now, by, f"#{order.pk}")
    return order


@transaction.atomic
def order_for_risk(*, risk: Risk, job: Job | None, by: User | None, now: datetime) -> WorkOrder:
    """A job for a prediction, which is kept as it was. OrderedAlready while one of a prediction is open there."""
    there = WorkOrder.objects.filter(device_id=risk.device_id, device_evse=risk.device_evse, source=Source.RISK)
    if there.exclude(state__in=OVER).exists():
        raise OrderedAlready()
    kept = {
        "horizon_days": risk.horizon_days, "probability_ppm": risk.probability_ppm, "reasons": risk.reasons,
        "model": risk.model, "data_version": risk.data_version,
    }  # fmt: skip
    chance = f"{risk.probability_ppm // 10_000} % / {risk.horizon_days} d"
    wanted = _titled(job, f"{title(risk.evse)}: {chance}", faults.MINOR)
    return _create(risk.evse, wanted, Source.RISK, by, now, risk=kept, began_at=risk.made_at)


@transaction.atomic
def order_by_hand(*, evse: Evse, job: Job, by: User, now: datetime) -> WorkOrder:
    """A job that somebody thought of."""
    return _create(evse, job, Source.HAND, by, now, began_at=now)


@transaction.atomic
def step(
    *, order: WorkOrder, verb: str, by: User, now: datetime, text: str = "", assignee: User | None = None,
    due_at: datetime | None = None, result: Result | None = None,
) -> WorkOrder:  # fmt: skip
    """One step of a work order (`stages.STEPS`).

    WrongStep, NotYours, ReasonMissing; NoTechnician (assign), OutcomeMissing (finish), StillDown (verify).
    """
    if verb not in STEPS:
        raise Invalid("There is no such step.", step=f"one of {', '.join(STEPS)}")
    row = WorkOrder.objects.select_for_update(of=("self",)).select_related("evse__location").get(pk=order.pk)
    _may(row, verb, by, text)
    before = row.assignee
    _PREPARE.get(verb, _nothing)(row, now, {"assignee": assignee, "due_at": due_at, "result": result})
    row.state, row.changed_at = STEPS[verb].after, now
    row.save()
    done = record(row, verb, by, now, text)
    if before is not None and row.assignee is not None and before != row.assignee:
        _tell(before, row, done, now)
    _FOLLOW.get(verb, _nobody)(row, done, by, now)
    return row


@transaction.atomic
def note(*, order: WorkOrder, text: str, by: User, now: datetime) -> None:
    """A note of the technician or the operator."""
    if not text.strip():
        raise ReasonMissing("Write something.")
    record(order, "note", by, now, text.strip())


@transaction.atomic
def tick(*, order: WorkOrder, done: Sequence[int], by: User, now: datetime) -> WorkOrder:
    """The checklist: which of its points are done, by number from 0. NotYours, WrongStep."""
    row = WorkOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)
    if row.assignee_id != by.pk:
        raise NotYours()
    if row.state in OVER or row.state == State.DONE:
        raise WrongStep()
    row.checklist = [{**item, "done": number in done} for number, item in enumerate(row.checklist)]
    row.changed_at = now
    row.save(update_fields=["checklist", "changed_at"])
    return row


def _titled(job: Job | None, otherwise: str, severity: str) -> Job:
    """The job as it was asked for; without a title it is called after what it is for, and as urgent."""
    if job is not None and job.title.strip():
        return job
    asked = job or Job("")
    return replace(asked, title=otherwise[:120], severity=severity)


def _create(evse: Evse, job: Job, source: str, by: User | None, now: datetime, **more: Any) -> WorkOrder:
    if not job.title.strip() or job.severity not in faults.SEVERITIES:
        raise Invalid("Say what is to be done.", title="is missing", severity="one of " + ", ".join(faults.SEVERITIES))
    points = [text.strip()[:LONGEST_ITEM] for text in job.checklist if text.strip()][:MOST_ITEMS]
    try:
        with transaction.atomic():
            order = WorkOrder.objects.create(
                title=job.title.strip()[:120], text=job.text.strip()[:4000], evse=evse, source=source, opened_by=by,
                device_id=evse.device_id or "", device_evse=evse.device_evse, severity=job.severity, due_at=job.due_at,
                checklist=[{"text": text, "done": False} for text in points], changed_at=now, **more,
            )  # fmt: skip
    except IntegrityError as clash:
        raise OrderedAlready() from clash
    record(order, "open", by, now)
    return order


def _may(row: WorkOrder, verb: str, by: User, text: str) -> None:
    rule = STEPS[verb]
    if rule.by_assignee and row.assignee_id != by.pk:
        raise NotYours()
    if not rule.by_assignee and not can(by, "maintenance.manage"):
        raise NotYours()
    if row.state not in rule.before:
        raise WrongStep(state=row.state)
    if rule.reason and not text.strip():
        raise ReasonMissing()


def _assign(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    person = said["assignee"]
    if person is None or not can(person, "workorder.do"):
        raise NoTechnician()
    row.assignee, row.due_at = person, said["due_at"] or row.due_at


def _declined(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    row.assignee = None


def _begun(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    row.started_at = row.started_at or now


def _finished(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    result = said["result"]
    if result is None or result.verdict not in Verdict.values:
        raise OutcomeMissing()
    if result.verdict in REPAIRED and result.cause not in faults.CAUSES:
        raise OutcomeMissing(cause=f"one of {', '.join(faults.CAUSES)}")
    if result.mrec not in ("", faults.OTHER, *faults.MREC):
        raise Invalid("There is no such code.", mrec="CX001 to CX026, or OtherError")
    row.verdict, row.cause, row.mrec = result.verdict, result.cause, result.mrec
    row.found, row.parts, row.done_at = result.found.strip()[:2000], result.parts.strip()[:500], now


def _returned(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    row.done_at = None


def _checked(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    """Facts decide: a charger that still says that it is out of order is not done."""
    evse = Evse.objects.select_for_update().get(pk=row.evse_id)
    if evse.status in DOWN:
        raise StillDown(shows=evse.status)
    row.closed_at = now


def _closed(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    row.closed_at = now


def _nothing(row: WorkOrder, now: datetime, said: Mapping[str, Any]) -> None:
    """A step that only changes the state."""


def _tell_assignee(row: WorkOrder, done: WorkOrderStep, by: User, now: datetime) -> None:
    """By mail and on the live feed."""
    if row.assignee is not None:
        _tell(row.assignee, row, done, now)


def _tell(person: User, row: WorkOrder, done: WorkOrderStep, now: datetime) -> None:
    Notice.objects.create(to=person, step=done, next_at=now)
    data = {"order": str(row.uid), "number": row.pk, "state": row.state}
    publish(audience=f"user:{person.uid}", kind="work_order", data=data, now=now)


def _settle(row: WorkOrder, done: WorkOrderStep, by: User, now: datetime) -> None:
    """The outcome closes the alert, and corrects the outages of that time."""
    audit.record(actor=by, act="work_order.verified", subject=f"#{row.pk} {row.verdict} {row.mrec}", now=now)
    held = Alert.objects.select_for_update(of=("self",)).filter(orders=row, resolved_at=None)
    for alert in held:
        alert.state, alert.resolved_at, alert.resolved_by = Alert.State.RESOLVED, now, by
        alert.save(update_fields=["state", "resolved_at", "resolved_by"])
        log.write(alert, log.Kind.RESOLVED, now, by, f"#{row.pk}: {row.verdict}")
        log.tell(alert, now)
    if row.verdict in REPAIRED:
        _confirm_outages(row, now)


def _confirm_outages(row: WorkOrder, now: datetime) -> None:
    """What was found is what the outages of that time were; what the machine guessed stays beside."""
    held = Outage.objects.filter(evse_id=row.evse_id, origin=Outage.Origin.FAULT, confirmed_at=None)
    during = held.filter(ended_at__gte=row.began_at) | held.filter(ended_at=None)
    fields = {"cause": row.cause, "confirmed_at": now, "changed_at": now, "broken": row.cause == faults.HARDWARE}
    during.filter(began_at__lte=row.done_at).update(**fields, **({"mrec": row.mrec} if row.mrec else {}))


def _nobody(row: WorkOrder, done: WorkOrderStep, by: User, now: datetime) -> None:
    """A step that only the board shows."""


def record(row: WorkOrder, verb: str, by: User | None, now: datetime, text: str = "") -> WorkOrderStep:
    """A line in the log of a work order; the board hears of it."""
    data = {"order": str(row.uid), "number": row.pk, "state": row.state, "verb": verb}
    publish(audience="operations", kind="work_order", data=data, now=now)
    return WorkOrderStep.objects.create(order=row, verb=verb, state=row.state, by=by, text=text.strip()[:2000], at=now)


_PREPARE = {
    "assign": _assign, "decline": _declined, "start": _begun, "finish": _finished, "return": _returned,
    "verify": _checked, "cancel": _closed,
}  # fmt: skip
_FOLLOW = {"assign": _tell_assignee, "return": _tell_assignee, "cancel": _tell_assignee, "verify": _settle}

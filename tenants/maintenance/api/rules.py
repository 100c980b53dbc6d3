"""`/maintenance/silences`, `/maintenance/escalations`, `/maintenance/vendor-codes`, `/maintenance/policy`."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import link_next, newest_first
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.operations.models import Group
from tenants.sites.models import Evse, Location

from ..actions import settings
from ..models import EscalationRule, Silence, VendorCode
from ..queries import rules
from ..queries.alerts import may_see
from ..schemas import (
    EscalationIn,
    EscalationShown,
    SilenceIn,
    SilenceShown,
    Thresholds,
    VendorCodeIn,
    VendorCodeShown,
)
from ..showing import code_shown, rule_shown, silence_shown

M = TypeVar("M", bound=Model)
router = Router(tags=["maintenance"])


@router.get("/maintenance/silences", response=PageOf[SilenceShown], operation_id="silences")
def all_silences(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Times in which nobody is told, newest first."""
    may_see(caller(request))
    rows = Silence.objects.select_related("evse", "location", "group")
    page = newest_first(rows, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [silence_shown(row) for row in page.items], "next": page.next}


@router.post("/maintenance/silences", response={201: SilenceShown}, operation_id="add_silence")
def add_silence(request: HttpRequest, body: SilenceIn) -> Status[object]:
    """Nobody is told of what it covers; planned maintenance excludes outages as well."""
    person = _manager(request)
    row = settings.add_silence(
        starts_at=body.starts_at, ends_at=body.ends_at, reason=body.reason, code=body.code, planned=body.planned,
        evse=_one(Evse, body.evse), location=_one(Location, body.site), group=_one(Group, body.group), by=person,
        now=timezone.now(),
    )  # fmt: skip
    return Status(201, silence_shown(row))


@router.post("/maintenance/silences/{uuid:uid}/end", response=SilenceShown, operation_id="end_silence")
def end_silence(request: HttpRequest, uid: UUID) -> object:
    """It ends now."""
    person = caller(request)
    row = rules.find_silence(uid=uid, viewer=person)
    settings.end_silence(silence=row, by=person, now=timezone.now())
    row.refresh_from_db()
    return silence_shown(row)


@router.get("/maintenance/escalations", response=PageOf[EscalationShown], operation_id="escalations")
def all_rules(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Who is written to when nobody acknowledges."""
    may_see(caller(request))
    page = newest_first(EscalationRule.objects.select_related("person"), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [rule_shown(row) for row in page.items], "next": page.next}


@router.post("/maintenance/escalations", response={201: EscalationShown}, operation_id="add_escalation")
def add_rule(request: HttpRequest, body: EscalationIn) -> Status[object]:
    """By mail to everybody with a role, or to one person."""
    person = _manager(request)
    to = _one(User, body.person)
    row = settings.add_rule(
        after_minutes=body.after_minutes, severity=body.severity, role=body.role, person=to, by=person,
        now=timezone.now(),
    )  # fmt: skip
    return Status(201, rule_shown(row))


@router.delete("/maintenance/escalations/{uuid:uid}", response={204: None}, operation_id="remove_escalation")
def remove_rule(request: HttpRequest, uid: UUID) -> Status[None]:
    """Nobody is written to by it any more."""
    person = caller(request)
    settings.remove_rule(rule=rules.find_rule(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/maintenance/vendor-codes", response=PageOf[VendorCodeShown], operation_id="vendor_codes")
def all_codes(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """What this brand knows of vendors' error codes."""
    may_see(caller(request))
    page = newest_first(VendorCode.objects.all(), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [code_shown(row) for row in page.items], "next": page.next}


@router.post("/maintenance/vendor-codes", response={201: VendorCodeShown}, operation_id="add_vendor_code")
def add_code(request: HttpRequest, body: VendorCodeIn) -> Status[object]:
    """A vendor's code and the code of ChargeX that it means."""
    row = settings.add_vendor_code(**body.model_dump(), by=_manager(request), now=timezone.now())
    return Status(201, code_shown(row))


@router.delete("/maintenance/vendor-codes/{uuid:uid}", response={204: None}, operation_id="remove_vendor_code")
def remove_code(request: HttpRequest, uid: UUID) -> Status[None]:
    """From now on it is an error without a name again."""
    person = caller(request)
    settings.remove_vendor_code(row=rules.find_vendor_code(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/maintenance/policy", response=Thresholds, operation_id="maintenance_policy")
def policy(request: HttpRequest) -> object:
    """From when on something is an alert, and how many jobs the crew can do."""
    may_see(caller(request))
    return rules.policy()


@router.patch("/maintenance/policy", response=Thresholds, operation_id="set_maintenance_policy")
def set_policy(request: HttpRequest, body: Thresholds) -> object:
    """Change what is named."""
    person = _manager(request)
    return settings.set_policy(wanted=body.model_dump(exclude_unset=True), by=person, now=timezone.now())


def _manager(request: HttpRequest) -> User:
    person = caller(request)
    if not can(person, "maintenance.manage"):
        raise Forbidden()
    return person


def _one(kind: type[M], uid: UUID | None) -> M | None:
    """The row of a uid in a body. NotFound."""
    if uid is None:
        return None
    row: M | None = kind._default_manager.filter(uid=uid).first()
    if row is None:
        raise NotFound("There is no such thing here.")
    return row

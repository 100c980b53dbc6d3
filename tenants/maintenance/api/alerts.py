"""`/maintenance/alerts`, `/maintenance/outages`, `/maintenance/units`."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Invalid
from saas.kit.pagination import LIMIT, link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from ..actions import deciding, outages
from ..queries import alerts, units
from ..queries import outages as outage_queries
from ..queries.units import names
from ..schemas import (
    Acknowledged,
    AlertFilter,
    AlertIds,
    AlertLine,
    Because,
    MaintenanceAlert,
    OutageChanges,
    OutageFilter,
    OutageShown,
    Remark,
    UnitLine,
)
from ..showing import alert_shown, event_shown, line_shown, outage_shown

router = Router(tags=["maintenance"])
MANAGE = "maintenance.manage"


@router.get("/maintenance/alerts", response=PageOf[MaintenanceAlert], operation_id="alerts")
def all_alerts(request: HttpRequest, response: HttpResponse, asked: Query[AlertFilter]) -> object:
    """What is wrong, newest first. Units of a site's alert are `members` of it and not in the list."""
    wanted = alerts.Filter(
        state=asked.state, severity=asked.severity, site=asked.site, mine=asked.mine, silenced=asked.silenced,
        code=asked.code,
    )  # fmt: skip
    page = alerts.page(viewer=caller(request), wanted=wanted, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    called = names(row.device_id for row in page.items)
    return {"items": [alert_shown(row, called) for row in page.items], "next": page.next}


@router.post("/maintenance/alerts/acknowledge", response=Acknowledged, operation_id="acknowledge_alerts")
def acknowledge_alerts(request: HttpRequest, body: AlertIds) -> object:
    """Many at once: nobody else is written to."""
    person = caller(request)
    rows = alerts.several(uids=body.alerts, viewer=person)
    return {"acknowledged": deciding.acknowledge(alerts=rows, by=person, now=timezone.now())}


@router.get("/maintenance/alerts/{uuid:uid}", response=MaintenanceAlert, operation_id="alert")
def alert(request: HttpRequest, uid: UUID) -> object:
    """One alert."""
    return _shown(request, uid)


@router.get("/maintenance/alerts/{uuid:uid}/log", response=PageOf[AlertLine], operation_id="alert_log")
def alert_log(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """What happened to it, newest first: the machine's steps and people's."""
    found = alerts.find(uid=uid, viewer=caller(request))
    page = alerts.log_of(found, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [event_shown(row) for row in page.items], "next": page.next}


@router.get("/maintenance/alerts/{uuid:uid}/members", response=PageOf[MaintenanceAlert], operation_id="alert_members")
def alert_members(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """The units of a site's alert that are away still, newest first."""
    found = alerts.find(uid=uid, viewer=caller(request))
    page = alerts.members(found, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    called = names(row.device_id for row in page.items)
    return {"items": [alert_shown(row, called) for row in page.items], "next": page.next}


@router.post("/maintenance/alerts/{uuid:uid}/acknowledge", response=MaintenanceAlert, operation_id="acknowledge_alert")
def acknowledge_alert(request: HttpRequest, uid: UUID) -> object:
    """Somebody sees to it: nobody else is written to."""
    person = caller(request)
    row = alerts.find(uid=uid, viewer=person, permission=MANAGE)
    deciding.acknowledge(alerts=[row], by=person, now=timezone.now())
    return _shown(request, uid)


@router.post("/maintenance/alerts/{uuid:uid}/resolve", response=MaintenanceAlert, operation_id="resolve_alert")
def resolve_alert(request: HttpRequest, uid: UUID, body: Because) -> object:
    """It is over, and why."""
    person = caller(request)
    row = alerts.find(uid=uid, viewer=person, permission=MANAGE)
    deciding.resolve(alert=row, reason=body.reason, by=person, now=timezone.now())
    return _shown(request, uid)


@router.post("/maintenance/alerts/{uuid:uid}/comments", response={201: PageOf[AlertLine]}, operation_id="comment_alert")
def comment_alert(request: HttpRequest, response: HttpResponse, uid: UUID, body: Remark) -> Status[object]:
    """A line in its log; the answer is the first page of it."""
    person = caller(request)
    row = alerts.find(uid=uid, viewer=person, permission=MANAGE)
    deciding.comment(alert=row, text=body.text, by=person, now=timezone.now())
    return Status(201, alert_log(request, response, uid, Paging(limit=LIMIT)))


@router.get("/maintenance/outages", response=PageOf[OutageShown], operation_id="outages")
def all_outages(request: HttpRequest, response: HttpResponse, asked: Query[OutageFilter]) -> object:
    """When chargers were down, newest first."""
    page = outage_queries.page(
        viewer=caller(request), after=asked.after, limit=asked.limit, evse=asked.evse, open_only=asked.open
    )
    link_next(request, response, page.next)
    return {"items": [outage_shown(row) for row in page.items], "next": page.next}


@router.get("/maintenance/outages/{uuid:uid}", response=OutageShown, operation_id="outage")
def outage(request: HttpRequest, uid: UUID) -> object:
    """One outage."""
    return outage_shown(outage_queries.find(uid=uid, viewer=caller(request)))


@router.patch("/maintenance/outages/{uuid:uid}", response=OutageShown, operation_id="edit_outage")
def edit_outage(request: HttpRequest, uid: UUID, body: OutageChanges) -> object:
    """A person knows better, and says why; the machine's guess stays beside it."""
    person = caller(request)
    row = outage_queries.find(uid=uid, viewer=person, permission=MANAGE)
    wanted = body.model_dump(exclude_unset=True, exclude={"reason"})
    if wanted.get("began_at", row.began_at) is None:
        raise Invalid("An outage has a beginning.", began_at="is missing")
    outages.edit_outage(outage=row, wanted=wanted, reason=body.reason, by=person, now=timezone.now())
    return outage(request, uid)


@router.get("/maintenance/units/{uuid:uid}/log", response=PageOf[UnitLine], operation_id="unit_log")
def unit_log(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """Alerts, outages, work orders and statuses of an EVSE, newest first.

    What happened at one moment stands on one page, which may have a few more lines than `limit` for that.
    """
    evse = units.find(uid=uid, viewer=caller(request))
    page = alerts.log_of_unit(evse, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [line_shown(line) for line in page.items], "next": page.next}


def _shown(request: HttpRequest, uid: UUID) -> object:
    row = alerts.find(uid=uid, viewer=caller(request))
    return alert_shown(row, names([row.device_id]))

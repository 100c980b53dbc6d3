"""`/maintenance/work-orders`, `/maintenance/risks`."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Invalid, NotFound
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from ..actions import orders
from ..models import WorkOrder
from ..queries import alerts, outages, units
from ..queries import orders as queries
from ..schemas import Remark, RiskShown, Ticked, WorkOrderFilter, WorkOrderIn, WorkOrderShown, WorkOrderStepIn
from ..showing import order_shown, risk_shown

router = Router(tags=["maintenance"])
MANAGE = "maintenance.manage"


@router.get("/maintenance/work-orders", response=PageOf[WorkOrderShown], operation_id="work_orders")
def all_orders(request: HttpRequest, response: HttpResponse, asked: Query[WorkOrderFilter]) -> object:
    """Work orders, newest first; a technician sees the own ones."""
    person = caller(request)
    page = queries.page(viewer=person, after=asked.after, limit=asked.limit, state=asked.state, mine=asked.mine)
    link_next(request, response, page.next)
    return {"items": [order_shown(row, person) for row in page.items], "next": page.next}


@router.post("/maintenance/work-orders", response={201: WorkOrderShown}, operation_id="add_work_order")
def add_order(request: HttpRequest, body: WorkOrderIn) -> Status[object]:
    """A job: of an alert, of a prediction, or by hand at an EVSE."""
    person = caller(request)
    if sum(one is not None for one in (body.alert, body.risk, body.evse)) != 1:
        raise Invalid("Name an alert, a risk or an EVSE.", alert="one of the three")
    return Status(201, order_shown(_opened(body, person), person))


@router.get("/maintenance/work-orders/{uuid:uid}", response=WorkOrderShown, operation_id="work_order")
def order(request: HttpRequest, uid: UUID) -> object:
    """One work order; with the exact address for the technician who has it."""
    person = caller(request)
    row = queries.find(uid=uid, viewer=person)
    return order_shown(row, person, queries.place_for(order=row, viewer=person, now=timezone.now()))


@router.post("/maintenance/work-orders/{uuid:uid}/steps", response=WorkOrderShown, operation_id="step_work_order")
def step_order(request: HttpRequest, uid: UUID, body: WorkOrderStepIn) -> object:
    """The next step: of those that `next` names."""
    person = caller(request)
    row = queries.find(uid=uid, viewer=person)
    result = orders.Result(body.verdict, body.cause, body.mrec, body.found, body.parts)
    orders.step(
        order=row, verb=body.verb, by=person, text=body.text, due_at=body.due_at, now=timezone.now(),
        assignee=queries.technician(uid=body.assignee) if body.assignee else None,
        result=result if body.verdict else None,
    )  # fmt: skip
    return order(request, uid) if _still_seen(uid, person) else order_shown(_fresh(uid), person)


@router.post("/maintenance/work-orders/{uuid:uid}/notes", response=WorkOrderShown, operation_id="note_work_order")
def note_order(request: HttpRequest, uid: UUID, body: Remark) -> object:
    """A note of the technician or the operator."""
    person = caller(request)
    row = queries.find(uid=uid, viewer=person)
    if not (can(person, MANAGE) or queries.is_assignee(row, person)):
        raise NotFound("There is no such work order.")
    orders.note(order=row, text=body.text, by=person, now=timezone.now())
    return order_shown(row, person)


@router.put("/maintenance/work-orders/{uuid:uid}/checklist", response=WorkOrderShown, operation_id="tick_work_order")
def tick_order(request: HttpRequest, uid: UUID, body: Ticked) -> object:
    """Which points of the checklist are done, by number from 0."""
    person = caller(request)
    row = queries.find(uid=uid, viewer=person)
    return order_shown(orders.tick(order=row, done=body.done, by=person, now=timezone.now()), person)


@router.get("/maintenance/risks", response=PageOf[RiskShown], operation_id="maintenance_risks")
def all_risks(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """What the models expect to fail, and why."""
    page = outages.risks(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [risk_shown(row) for row in page.items], "next": page.next}


@router.get("/maintenance/risks/{uuid:uid}", response=RiskShown, operation_id="maintenance_risk")
def risk(request: HttpRequest, uid: UUID) -> object:
    """One prediction."""
    return risk_shown(outages.risk(uid=uid, viewer=caller(request)))


def _opened(body: WorkOrderIn, person: User) -> WorkOrder:
    now = timezone.now()
    job = orders.Job(body.title, body.text, body.severity, body.due_at, body.checklist)
    if body.alert is not None:
        found = alerts.find(uid=body.alert, viewer=person, permission=MANAGE)
        return orders.order_for_alert(alert=found, job=job, by=person, now=now)
    if body.risk is not None:
        risk = outages.risk(uid=body.risk, viewer=person, permission=MANAGE)
        return orders.order_for_risk(risk=risk, job=job, by=person, now=now)
    assert body.evse is not None
    evse = units.find(uid=body.evse, viewer=person)
    if not can(person, MANAGE):
        raise NotFound("There is no such EVSE.")
    return orders.order_by_hand(evse=evse, job=job, by=person, now=now)


def _fresh(uid: UUID) -> WorkOrder:
    return WorkOrder.objects.select_related(*queries.RELATED).get(uid=uid)


def _still_seen(uid: UUID, person: User) -> bool:
    """A technician who gave a job back sees it no more, but for the answer to that."""
    return can(person, "maintenance.view") or queries.is_assignee(_fresh(uid), person)

"""Groups of devices, and actions on a whole group."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next, oldest_first
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.accounts.permissions import Someone

from .. import actions, queries, showing
from ..schemas import (
    Action,
    Devices,
    Group,
    GroupDetail,
    GroupMember,
    NewAction,
    NewGroup,
    NewGroupWithDevices,
    Retry,
    Task,
    TaskFilter,
    VerbList,
)
from ..verbs import VERBS

router = Router(tags=["groups"])


@router.get("/groups", response=PageOf[Group], operation_id="groups")
def groups(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Groups, newest first."""
    page = queries.group_page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.group(row) for row in page.items], "next": page.next}


@router.post("/groups", response={201: GroupDetail}, operation_id="add_group")
def add(request: HttpRequest, body: NewGroupWithDevices) -> Status[object]:
    """A group. Devices of a location, or of a vendor and model, belong to it by themselves."""
    person = caller(request)
    queries.check_list(person)
    devices = queries.resolve(body.devices)
    made = actions.create_group(wanted=_wanted(body, person), by=person, now=timezone.now(), device_ids=devices)
    return Status(201, showing.group_detail(made))


@router.get("/groups/{uuid:uid}", response=GroupDetail, operation_id="group")
def group(request: HttpRequest, uid: UUID) -> object:
    """A group, and how many devices it has now."""
    return showing.group_detail(queries.group(uid=uid, viewer=caller(request)))


@router.patch("/groups/{uuid:uid}", response=GroupDetail, operation_id="change_group")
def change(request: HttpRequest, uid: UUID, body: NewGroup) -> object:
    """Say anew what the group is. Devices that were put in by name stay."""
    person = caller(request)
    found = queries.group(uid=uid, viewer=person)
    wanted = _wanted(body, person)
    return showing.group_detail(actions.change_group(group=found, wanted=wanted, by=person, now=timezone.now()))


@router.delete("/groups/{uuid:uid}", response={204: None}, operation_id="delete_group")
def delete(request: HttpRequest, uid: UUID) -> Status[None]:
    """The devices stay, and so does what was done to them."""
    person = caller(request)
    actions.delete_group(group=queries.group(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get("/groups/{uuid:uid}/devices", response=PageOf[GroupMember], operation_id="group_devices")
def devices(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """The devices of the group and of those below it, as they are now, by name."""
    members = queries.members_of(queries.group(uid=uid, viewer=caller(request)))
    rows = list(enumerate(members, 1))
    page = oldest_first(rows, after=asked.after, limit=asked.limit, key=lambda row: row[0])
    link_next(request, response, page.next)
    return {"items": [showing.member(member) for _number, member in page.items], "next": page.next}


@router.post("/groups/{uuid:uid}/devices", response=GroupDetail, operation_id="add_group_devices")
def put(request: HttpRequest, uid: UUID, body: Devices) -> object:
    """Put devices in by name."""
    person = caller(request)
    found = queries.group(uid=uid, viewer=person)
    actions.put_devices(group=found, device_ids=queries.resolve(body.devices), by=person, now=timezone.now())
    return showing.group_detail(found)


@router.delete("/groups/{uuid:uid}/devices/{device}", response={204: None}, operation_id="remove_group_device")
def take(request: HttpRequest, uid: UUID, device: str) -> Status[None]:
    """Take a device out that was put in by name."""
    person = caller(request)
    found = queries.group(uid=uid, viewer=person)
    (device_id,) = queries.resolve([device])
    actions.take_device(group=found, device_id=device_id, by=person, now=timezone.now())
    return Status(204, None)


@router.get("/group-verbs", response=VerbList, operation_id="group_verbs")
def verbs(request: HttpRequest) -> object:
    """What can be done to a whole group, with the parameters of each."""
    return {"items": [showing.verb(verb) for verb in VERBS.values()]}


@router.get("/groups/{uuid:uid}/actions", response=PageOf[Action], operation_id="group_actions")
def group_actions(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[Paging]) -> object:
    """What was done to the group, newest first."""
    person = caller(request)
    found = queries.group(uid=uid, viewer=person)
    page = queries.actions_of(group=found, viewer=person, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    counts = queries.counts(page.items)
    return {"items": [showing.action(row, counts[row.pk]) for row in page.items], "next": page.next}


@router.post("/groups/{uuid:uid}/actions", response={202: Action}, operation_id="start_group_action")
def start(request: HttpRequest, uid: UUID, body: NewAction) -> Status[object]:
    """Begin. Progress: `GET /group-actions/{uid}`, or the live feed `operations`."""
    person = caller(request)
    found = queries.group(uid=uid, viewer=person)
    made = actions.start_action(group=found, by=person, now=timezone.now(), **body.model_dump())
    return Status(202, showing.action(made))


@router.get("/group-actions/{uuid:uid}", response=Action, operation_id="group_action")
def action(request: HttpRequest, uid: UUID) -> object:
    """How far it is."""
    return showing.action(queries.action(uid=uid, viewer=caller(request)))


@router.get("/group-actions/{uuid:uid}/devices", response=PageOf[Task], operation_id="group_action_devices")
def tasks(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[TaskFilter]) -> object:
    """What became of it at each device."""
    found = queries.action(uid=uid, viewer=caller(request))
    page = queries.task_page(action=found, state=asked.state, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.task(row) for row in page.items], "next": page.next}


@router.post("/group-actions/{uuid:uid}/cancel", response=Action, operation_id="cancel_group_action")
def cancel(request: HttpRequest, uid: UUID) -> object:
    """Send no more. What was sent is still answered."""
    person = caller(request)
    found = queries.action(uid=uid, viewer=person)
    return showing.action(actions.cancel_action(action=found, by=person, now=timezone.now()))


@router.post("/group-actions/{uuid:uid}/retry", response=Action, operation_id="retry_group_action")
def retry(request: HttpRequest, uid: UUID, body: Retry) -> object:
    """Once more for the devices that refused, failed or were away."""
    person = caller(request)
    found = queries.action(uid=uid, viewer=person)
    return showing.action(actions.retry_action(action=found, by=person, now=timezone.now(), wait_s=body.wait_s))


def _wanted(body: NewGroup, viewer: Someone) -> actions.Wanted:
    parent = queries.group(uid=body.parent, viewer=viewer) if body.parent else None
    location = queries.location(uid=body.location) if body.location else None
    return actions.Wanted(
        name=body.name, kind=body.kind, parent=parent, location=location, vendor=body.vendor, model=body.model
    )

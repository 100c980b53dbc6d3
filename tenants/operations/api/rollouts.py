"""Roll-outs of firmware and configuration."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.errors import Invalid
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from .. import actions, queries, showing
from ..schemas import NewRollout, Plan, Resume, Rollout, RolloutDevice, RolloutDeviceFilter

router = Router(tags=["rollouts"])


@router.get("/rollouts", response=PageOf[Rollout], operation_id="rollouts")
def rollouts(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Roll-outs, newest first."""
    page = queries.rollout_page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    stages = queries.progress(page.items)
    return {"items": [showing.rollout(row, stages[row.pk]) for row in page.items], "next": page.next}


@router.post("/rollouts", response={201: Rollout}, operation_id="begin_rollout")
def begin(request: HttpRequest, body: NewRollout) -> Status[object]:
    """Begin one, of an image or of a template. Its first stage begins at once."""
    person, now = caller(request), timezone.now()
    plan = plan_of(body.plan)
    if (body.image is None) == (body.template is None):
        raise Invalid("Name either an image or a template.", image="either this", template="or this")
    if body.template is not None:
        template = queries.template(uid=body.template, viewer=person)
        if body.group is not None:
            raise Invalid("A template goes to the stations of its own groups.", group="not with a template")
        made = actions.begin_configuration(template=template, by=person, now=now, plan=plan, name=body.name)
    else:
        assert body.image is not None
        image = queries.image(uid=body.image, viewer=person)
        group = queries.group(uid=body.group, viewer=person) if body.group else None
        made = actions.begin_firmware(image=image, group=group, by=person, now=now, plan=plan, name=body.name)
    return Status(201, showing.rollout(made))


@router.get("/rollouts/{uuid:uid}", response=Rollout, operation_id="rollout")
def rollout(request: HttpRequest, uid: UUID) -> object:
    """How far it is, stage by stage."""
    return showing.rollout(queries.rollout(uid=uid, viewer=caller(request)))


@router.get("/rollouts/{uuid:uid}/devices", response=PageOf[RolloutDevice], operation_id="rollout_devices")
def devices(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[RolloutDeviceFilter]) -> object:
    """How far each device is."""
    found = queries.rollout(uid=uid, viewer=caller(request))
    page = queries.device_page(rollout=found, state=asked.state, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.rollout_device(row) for row in page.items], "next": page.next}


@router.post("/rollouts/{uuid:uid}/pause", response=Rollout, operation_id="pause_rollout")
def pause(request: HttpRequest, uid: UUID) -> object:
    """Begin no more devices for now; those on their way go on."""
    return _changed(request, uid, actions.pause)


@router.post("/rollouts/{uuid:uid}/resume", response=Rollout, operation_id="resume_rollout")
def resume(request: HttpRequest, uid: UUID, body: Resume) -> object:
    """Go on with the stage."""
    return _changed(request, uid, actions.resume, failure_limit_pct=body.failure_limit_pct)


@router.post("/rollouts/{uuid:uid}/abort", response=Rollout, operation_id="abort_rollout")
def abort(request: HttpRequest, uid: UUID) -> object:
    """Begin no more devices, ever; those on their way go on."""
    return _changed(request, uid, actions.abort)


@router.post("/rollouts/{uuid:uid}/retry", response=Rollout, operation_id="retry_rollout")
def retry(request: HttpRequest, uid: UUID) -> object:
    """Once more for the devices that failed or were never there."""
    return _changed(request, uid, actions.retry_failed)


@router.post("/rollouts/{uuid:uid}/revert", response={201: Rollout}, operation_id="revert_rollout")
def revert(request: HttpRequest, uid: UUID) -> Status[object]:
    """A roll-out that gives back what was there before, at once. What still runs of this one is aborted."""
    return Status(201, _changed(request, uid, actions.revert))


def plan_of(body: Plan) -> actions.Plan:
    """The plan as actions take it."""
    return actions.Plan(**body.model_dump() | {"stages": tuple(body.stages)})


def _changed(request: HttpRequest, uid: UUID, act: Callable[..., Any], **more: Any) -> object:
    person = caller(request)
    found = queries.rollout(uid=uid, viewer=person)
    return showing.rollout(act(rollout=found, by=person, now=timezone.now(), **more))

"""Configuration templates and drift."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.accounts.permissions import Someone

from .. import actions, queries, showing
from ..schemas import Asked, Check, CheckFilter, Fix, NewTemplate, Rollout, Template
from .rollouts import plan_of

router = Router(tags=["configuration templates"])
PATH = "/configuration-templates"


@router.get(PATH, response=PageOf[Template], operation_id="configuration_templates")
def templates(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Templates, newest first."""
    page = queries.template_page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.template(row) for row in page.items], "next": page.next}


@router.post(PATH, response={201: Template}, operation_id="add_configuration_template")
def add(request: HttpRequest, body: NewTemplate) -> Status[object]:
    """Values for the stations of some groups. They are compared at once, and every night."""
    person = caller(request)
    queries.check_list(person)
    made = actions.create_template(wanted=_wanted(body, person), by=person, now=timezone.now())
    return Status(201, showing.template(made))


@router.get(PATH + "/{uuid:uid}", response=Template, operation_id="configuration_template")
def template(request: HttpRequest, uid: UUID) -> object:
    """One template, and how many stations differ from it."""
    return showing.template(queries.template(uid=uid, viewer=caller(request)))


@router.patch(PATH + "/{uuid:uid}", response=Template, operation_id="change_configuration_template")
def change(request: HttpRequest, uid: UUID, body: NewTemplate) -> object:
    """Say anew what the template wants. Stations are compared at once."""
    person = caller(request)
    found = queries.template(uid=uid, viewer=person)
    wanted = _wanted(body, person)
    return showing.template(actions.change_template(template=found, wanted=wanted, by=person, now=timezone.now()))


@router.delete(PATH + "/{uuid:uid}", response={204: None}, operation_id="delete_configuration_template")
def delete(request: HttpRequest, uid: UUID) -> Status[None]:
    """Stations keep their values."""
    person = caller(request)
    actions.delete_template(template=queries.template(uid=uid, viewer=person), by=person, now=timezone.now())
    return Status(204, None)


@router.get(PATH + "/{uuid:uid}/stations", response=PageOf[Check], operation_id="configuration_drift")
def checks(request: HttpRequest, response: HttpResponse, uid: UUID, asked: Query[CheckFilter]) -> object:
    """The last comparison of each station; `drifting`: only where something differs."""
    found = queries.template(uid=uid, viewer=caller(request))
    page = queries.check_page(template=found, drifting=asked.drifting, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [showing.check(row) for row in page.items], "next": page.next}


@router.post(PATH + "/{uuid:uid}/check", response={202: Asked}, operation_id="check_configuration")
def check(request: HttpRequest, uid: UUID) -> Status[object]:
    """Ask every station of the template for its values, now."""
    person = caller(request)
    found = queries.template(uid=uid, viewer=person)
    return Status(202, {"stations": actions.check_now(template=found, by=person, now=timezone.now())})


@router.post(PATH + "/{uuid:uid}/fix", response={201: Rollout}, operation_id="fix_configuration")
def fix(request: HttpRequest, uid: UUID, body: Fix) -> Status[object]:
    """A roll-out to the stations that differ."""
    person = caller(request)
    found = queries.template(uid=uid, viewer=person)
    devices = queries.resolve(body.devices) if body.devices is not None else None
    plan = plan_of(body.plan)
    made = actions.fix_drift(template=found, by=person, now=timezone.now(), plan=plan, device_ids=devices)
    return Status(201, showing.rollout(made))


def _wanted(body: NewTemplate, viewer: Someone) -> actions.WantedTemplate:
    groups = tuple(queries.group(uid=uid, viewer=viewer) for uid in dict.fromkeys(body.groups))
    values = {str(protocol): entries for protocol, entries in body.values.items()}
    return actions.WantedTemplate(name=body.name, values=values, groups=groups)

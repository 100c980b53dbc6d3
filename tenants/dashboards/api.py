"""`/dashboards`: what people of the brand composed. The figures themselves are at `/analytics/`."""

from typing import TYPE_CHECKING
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router, Status

from saas.contracts.dashboards import MEASURES, Spec, may_see
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller

from . import actions, queries
from .schemas import ChangedDashboard, Dashboard, DashboardCatalogue, DashboardCopy, NewDashboard

if TYPE_CHECKING:
    from tenants.accounts.models import User

    from .models import Dashboard as Row

router = Router(tags=["dashboards"])


@router.get("/dashboards", response=PageOf[Dashboard], operation_id="dashboards")
def dashboards(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """One's own, and those for one's roles; newest first."""
    person = caller(request)
    page = queries.page(viewer=person, after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [_shown(row, person) for row in page.items], "next": page.next}


@router.get("/dashboards/catalogue", response=DashboardCatalogue, operation_id="dashboard_catalogue")
def catalogue(request: HttpRequest) -> object:
    """The measures that one's roles may see."""
    roles = queries.roles_of(caller(request))
    seen = [measure for measure in MEASURES.values() if may_see(measure, roles)]
    return {"items": [{"name": m.name, "unit": m.unit, "by": list(m.by)} for m in seen]}


@router.post("/dashboards", response={201: Dashboard}, operation_id="create_dashboard")
def create(request: HttpRequest, body: NewDashboard) -> Status[object]:
    """Compose one, for roles or (without) for oneself."""
    person = caller(request)
    return Status(201, _shown(actions.create(wanted=_wanted(body), by=person, now=timezone.now()), person))


@router.get("/dashboards/{uuid:uid}", response=Dashboard, operation_id="dashboard")
def dashboard(request: HttpRequest, uid: UUID) -> object:
    person = caller(request)
    return _shown(queries.one(uid=uid, viewer=person), person)


@router.put("/dashboards/{uuid:uid}", response=Dashboard, operation_id="change_dashboard")
def change(request: HttpRequest, uid: UUID, body: ChangedDashboard) -> object:
    """Replace what `version` said; 409 `stale_dashboard` when somebody changed it meanwhile."""
    person = caller(request)
    made = actions.change(uid=uid, version=body.version, wanted=_wanted(body), by=person, now=timezone.now())
    return _shown(made, person)


@router.post("/dashboards/{uuid:uid}/copy", response={201: Dashboard}, operation_id="copy_dashboard")
def copy(request: HttpRequest, uid: UUID, body: DashboardCopy) -> Status[object]:
    """A private copy."""
    person = caller(request)
    return Status(201, _shown(actions.duplicate(uid=uid, name=body.name, by=person, now=timezone.now()), person))


@router.delete("/dashboards/{uuid:uid}", response={204: None}, operation_id="remove_dashboard")
def remove(request: HttpRequest, uid: UUID) -> Status[None]:
    actions.remove(uid=uid, by=caller(request), now=timezone.now())
    return Status(204, None)


def _wanted(body: NewDashboard) -> actions.Wanted:
    return actions.Wanted(body.name, body.roles, msgspec.convert(body.spec.model_dump(), Spec))


def _shown(row: "Row", person: "User") -> dict[str, object]:
    names = ("uid", "name", "roles", "spec", "version", "changed_at")
    fields = {name: getattr(row, name) for name in names}
    return fields | {"owner": str(row.owner), "may_edit": queries.may_edit(row, person)}

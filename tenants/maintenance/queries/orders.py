"""Work orders: the board of those who send people, the jobs of a technician, and who may see the exact address."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Case, Count, QuerySet, When

from saas.contracts.faults import SEVERITIES
from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import ROLES, Someone, can
from tenants.marketplace.models import AddressLook

from ..models import WorkOrder, WorkOrderStep
from ..stages import AT_WORK, OVER
from .alerts import VIEW, may_see

DO = "workorder.do"
RELATED = ("evse__location", "evse__listing", "assignee", "opened_by", "alert")


@dataclass(frozen=True)
class Place:
    """Where a job is, exactly."""

    address: str
    postal_code: str
    city: str
    latitude: float
    longitude: float
    contact: str
    phone: str


def page(*, viewer: User, after: str | None, limit: int, state: str = "", mine: bool = False) -> Page[WorkOrder]:
    """Work orders, newest first: of those who see all the whole list, of a technician the own ones. Forbidden.

    `state`: one of them; `live` for all that are not over; empty for all.
    """
    rows = WorkOrder.objects.select_related(*RELATED)
    if not can(viewer, VIEW) or mine:
        if not can(viewer, DO):
            raise Forbidden()
        rows = rows.filter(assignee=viewer)
    return newest_first(_of_state(rows, state), after=after, limit=limit)


def jobs(viewer: User) -> list[WorkOrder]:
    """What a technician has to do: what is due first, then the worst. Forbidden."""
    if not can(viewer, DO):
        raise Forbidden()
    rows = WorkOrder.objects.select_related(*RELATED).filter(assignee=viewer, state__in=AT_WORK)
    rank = Case(*(When(severity=word, then=place) for place, word in enumerate(SEVERITIES)), default=len(SEVERITIES))
    return list(rows.order_by("due_at", rank, "id")[:100])


def find(*, uid: UUID, viewer: Someone) -> WorkOrder:
    """NotFound, but for those who see all and for the technician to whom the job was given."""
    row = WorkOrder.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not (can(viewer, VIEW) or is_assignee(row, viewer)):
        raise NotFound("There is no such work order.")
    return row


def is_assignee(order: WorkOrder, viewer: Someone) -> bool:
    return isinstance(viewer, User) and order.assignee_id == viewer.pk and can(viewer, DO)


def steps(order: WorkOrder) -> list[WorkOrderStep]:
    return list(order.steps.select_related("by").order_by("-id")[:200])


def counts(viewer: User) -> dict[str, int]:
    """How many work orders stand at each step that is not over. Forbidden."""
    may_see(viewer)
    rows = WorkOrder.objects.exclude(state__in=OVER)
    return dict(rows.values_list("state").annotate(n=Count("id")).order_by())


def technicians() -> list[User]:
    """Who may be given a job."""
    able = [role for role, rights in ROLES.items() if DO in rights]
    rows = User.objects.filter(memberships__role__in=able, memberships__organisation=None, is_active=True)
    return list(rows.distinct().order_by("name", "email")[:500])


def technician(*, uid: UUID) -> User:
    """NotFound."""
    found = next((person for person in technicians() if person.uid == uid), None)
    if found is None:
        raise NotFound("There is no such technician.")
    return found


def place_for(*, order: WorkOrder, viewer: User, now: datetime) -> Place | None:
    """The exact place, for the technician who has the job, while it lasts; each look at a private one is logged."""
    if not is_assignee(order, viewer) or order.state not in AT_WORK:
        return None
    location = order.evse.location
    if location.private:
        _log_look(order, viewer, now)
    try:
        host = order.evse.listing.host
        contact, phone = host.name, host.phone
    except ObjectDoesNotExist:
        contact, phone = "", ""
    return Place(
        location.address, location.postal_code, location.city, location.latitude, location.longitude, contact, phone
    )


def _log_look(order: WorkOrder, viewer: User, now: datetime) -> None:
    try:
        AddressLook.objects.create(listing=order.evse.listing, user=viewer, at=now)
    except ObjectDoesNotExist:  # a place that nobody offers: it has no listing to log the look at
        audit.record(actor=viewer, act="address.looked", subject=f"#{order.pk} {order.device_id}", now=now)


def _of_state(rows: "QuerySet[WorkOrder]", state: str) -> "QuerySet[WorkOrder]":
    if state == "live":
        return rows.exclude(state__in=OVER)
    return rows.filter(state=state) if state else rows

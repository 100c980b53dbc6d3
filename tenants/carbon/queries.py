"""Reading instruments, fuel and factors: of the whole tenant, or of the organisations that somebody answers for."""

from typing import TypeVar
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import LIMIT, Page, newest_first
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import can, organisations_of

from .models import Entered, Factor, FuelEntry, Instrument

E = TypeVar("E", bound=Entered)
VIEW, MANAGE = "carbon.view", "carbon.manage"
# What can be entered, for those who ask by kind.
INSTRUMENT, FUEL, FACTOR = Instrument, FuelEntry, Factor


def may_look(viewer: User) -> bool:
    """Whether anything here may be the person's business."""
    return can(viewer, VIEW) or bool(organisations_of(viewer, VIEW))


def reader(viewer: User) -> User:
    """The viewer, when anything here may be their business. Forbidden."""
    if not may_look(viewer):
        raise Forbidden()
    return viewer


def may_enter(viewer: User) -> bool:
    return can(viewer, MANAGE) or bool(organisations_of(viewer, MANAGE))


def page_of(
    kind: type[E], *, viewer: User, after: str | None = None, limit: int = LIMIT, all_: bool = False
) -> Page[E]:
    """Rows that the person may see, newest first; `all_`: also those that were replaced or withdrawn."""
    rows = _seen(kind, viewer, VIEW)
    return newest_first(rows if all_ else rows.filter(current=True), after=after, limit=limit)


def get(kind: type[E], *, uid: UUID, viewer: User, permission: str = VIEW) -> E:
    """NotFound unless the person may see it (or has `permission` over it)."""
    row = _seen(kind, viewer, VIEW).filter(uid=uid).first()
    if row is None or not (can(viewer, permission) or row.organisation_id in organisations_of(viewer, permission)):
        raise NotFound("There is no such entry.")
    return row


def organisation(*, uid: UUID | None, viewer: User) -> Organisation | None:
    """Whom an entry is for. NotFound unless the person may enter for it; None is the tenant itself."""
    if uid is None:
        if not can(viewer, MANAGE):
            raise NotFound("Name the organisation that this is for.")
        return None
    row = Organisation.objects.filter(uid=uid).first()
    if row is None or not (can(viewer, MANAGE) or row.pk in organisations_of(viewer, MANAGE)):
        raise NotFound("There is no such organisation.")
    return row


def organisations(*, viewer: User) -> list[Organisation]:
    """Organisations that the person may enter something for, by name."""
    rows = Organisation.objects.filter(kind__in=("fleet", "enterprise", "host")).order_by("name")
    return list(rows if can(viewer, MANAGE) else rows.filter(pk__in=organisations_of(viewer, MANAGE)))


def in_force(kind: type[E], *, after: int = 0, limit: int = 500) -> list[E]:
    """For pipelines: rows in force by rising key."""
    rows = kind._default_manager.select_related("organisation").filter(current=True, pk__gt=after)
    return list(rows.order_by("pk")[:limit])


def newest_factors(*, after: int = 0, limit: int = 500) -> list[Factor]:
    """For pipelines: the newest version of each factor, also of withdrawn ones, by rising key."""
    newer = Factor.objects.filter(base_uid=OuterRef("base_uid"), version__gt=OuterRef("version"))
    return list(Factor.objects.filter(~Exists(newer), pk__gt=after).order_by("pk")[:limit])


def mark() -> str:
    """A text that changes when anything here does."""
    parts = []
    for kind in (Instrument, FuelEntry, Factor):
        newest = kind._default_manager.order_by("-changed_at").values_list("changed_at", flat=True).first()
        parts.append(f"{kind.__name__}:{newest.isoformat() if newest else '-'}")
    return ";".join(parts)


def _seen(kind: type[E], viewer: User, permission: str) -> "QuerySet[E]":
    rows = kind._default_manager.select_related("organisation", "entered_by")
    if can(viewer, permission):
        return rows
    return rows.filter(organisation__in=organisations_of(viewer, permission))

"""Outages and risks: lists and single ones."""

from uuid import UUID

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can
from tenants.sites.models import Evse

from ..models import Outage, OutageEdit, Risk
from .alerts import VIEW, may_see

RELATED = ("evse__location", "evse__listing")


def page(
    *, viewer: User, after: str | None, limit: int, evse: UUID | None = None, open_only: bool = False
) -> Page[Outage]:
    """Outages, newest first; withdrawn ones too. Forbidden."""
    may_see(viewer)
    rows = Outage.objects.select_related(*RELATED)
    if evse is not None:
        rows = rows.filter(evse__uid=evse)
    if open_only:
        rows = rows.filter(ended_at=None, withdrawn=False)
    return newest_first(rows, after=after, limit=limit)


def find(*, uid: UUID, viewer: Someone, permission: str = VIEW) -> Outage:
    """NotFound for everybody without the right."""
    row = Outage.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not can(viewer, permission):
        raise NotFound("There is no such outage.")
    return row


def edits(outage: Outage) -> list[OutageEdit]:
    return list(outage.edits.select_related("by").order_by("-id")[:100])


def risks(*, viewer: User, after: str | None, limit: int) -> Page[Risk]:
    """Predictions, newest first. Forbidden."""
    may_see(viewer)
    return newest_first(Risk.objects.select_related(*RELATED), after=after, limit=limit)


def highest_risks(*, viewer: User, limit: int, least_ppm: int = 0) -> list[Risk]:
    """The highest predictions, for a page. Forbidden."""
    may_see(viewer)
    rows = Risk.objects.select_related(*RELATED).filter(probability_ppm__gte=least_ppm)
    return list(rows.order_by("-probability_ppm", "id")[:limit])


def risk(*, uid: UUID, viewer: Someone, permission: str = VIEW) -> Risk:
    """NotFound for everybody without the right."""
    row = Risk.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not can(viewer, permission):
        raise NotFound("There is no such prediction.")
    return row


def risks_of(evse: Evse) -> list[Risk]:
    return list(Risk.objects.filter(evse=evse).order_by("horizon_days"))

"""Sessions page by page, seen from a side."""

from django.db.models import Q

from saas.kit.errors import Forbidden
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can, organisations_of

from .models import Session
from .queries.people import RELATED

SIDES = ("driver", "host", "organisation", "all")


def sessions(*, viewer: User, side: str, state: str | None, after: str | None, limit: int) -> Page[Session]:
    """Newest first. `organisation`: of the vehicles and sites of one's organisations; `all`: staff. Forbidden."""
    rows = Session.objects.select_related(*RELATED, "evse__listing").filter(_mine(viewer, side))
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def _mine(viewer: User, side: str) -> Q:
    if side == "driver":
        return Q(driver=viewer)
    if side == "host":
        return Q(evse__listing__host=viewer)
    if side == "organisation":
        keys = organisations_of(viewer, "session.view")
        return Q(vehicle__organisation__in=keys) | Q(evse__location__organisation__in=keys)
    if not can(viewer, "session.view"):
        raise Forbidden()
    return Q()

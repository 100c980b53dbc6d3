"""Sessions and stations page by page, seen from a side."""

from uuid import UUID

from django.db.models import Q

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can, organisations_of
from tenants.sites.models import Evse

from .models import Session, Station
from .queries.people import RELATED

SIDES = ("driver", "host", "organisation", "all")


def sessions(*, viewer: User, side: str, state: str | None, after: str | None, limit: int) -> Page[Session]:
    """Newest first. `organisation`: of the vehicles and sites of one's organisations; `all`: staff. Forbidden."""
    rows = Session.objects.select_related(*RELATED, "evse__listing").filter(_mine(viewer, side))
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def stations(*, viewer: User, after: str | None, limit: int) -> Page[Station]:
    """Newest first. Forbidden without the right to see stations."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    return newest_first(Station.objects.select_related("location"), after=after, limit=limit)


def station(*, uid: UUID, viewer: User) -> Station:
    """NotFound for everybody without the right to see it."""
    found = Station.objects.select_related("location").filter(uid=uid).first()
    if found is None or not can(viewer, "station.view", found):
        raise NotFound("There is no such station.")
    return found


def evses_of(station: Station) -> list[Evse]:
    """The EVSEs that the station serves, by number."""
    return list(Evse.objects.filter(device_id=station.device_id).order_by("device_evse").prefetch_related("connectors"))


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

"""Reading rosters."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Q, Sum

from saas.kit.errors import NotFound
from saas.kit.pagination import LIMIT, Page, newest_first
from tenants.accounts.models import Organisation, User
from tenants.accounts.permissions import Someone, can, organisations_of

from .models import Vehicle

MANAGE = "fleet.manage"
RELATED = ("organisation", "driver")
PAGE = 100


def fleet(*, uid: UUID, viewer: Someone, permission: str = "fleet.view") -> Organisation:
    """A fleet that the viewer may see (or manage). NotFound otherwise."""
    organisation = Organisation.objects.filter(uid=uid).first()
    if organisation is None or not can(viewer, permission, organisation):
        raise NotFound("There is no such fleet.")
    return organisation


def roster(*, organisation: Organisation, after: str | None = None, limit: int = LIMIT) -> Page[Vehicle]:
    """Vehicles in use with their drivers, newest first. Who may see the fleet is for `fleet` to say first."""
    rows = Vehicle.objects.select_related(*RELATED).filter(organisation=organisation, active=True)
    return newest_first(rows, after=after, limit=limit)


def charged(*, organisation: Organisation, page: int, search: str = "") -> tuple[list[Vehicle], int]:
    """A page (from 1) of the vehicles in use, by plate, each with `energy_wh` and `charges` of all its sessions; and
    how many pages there are. `search`: part of a plate, a make, a model or a driver's name."""
    rows = Vehicle.objects.filter(organisation=organisation, active=True)
    for word in search.split()[:5]:
        named = Q(plate__icontains=word) | Q(make__icontains=word) | Q(model__icontains=word)
        rows = rows.filter(named | Q(driver__name__icontains=word))
    pages = max(1, -(-rows.count() // PAGE))
    start = (min(max(page, 1), pages) - 1) * PAGE
    found = rows.order_by("plate")[start : start + PAGE].values_list("pk", flat=True)
    sums = Vehicle.objects.select_related(*RELATED).filter(pk__in=list(found)).annotate(
        energy_wh=Sum("session__energy_wh", default=0),
        charges=Count("session", filter=Q(session__energy_wh__gt=0)),
    )  # fmt: skip
    return list(sums.order_by("plate")), pages


def visible_to(*, viewer: User, after: str | None = None, limit: int = LIMIT) -> Page[Vehicle]:
    """One's own vehicles, those that one drives, and the rosters of organisations that one manages; newest first."""
    managed = Q(organisation__in=organisations_of(viewer, MANAGE))
    rows = Vehicle.objects.select_related(*RELATED).filter(Q(driver=viewer) | managed, active=True)
    return newest_first(rows, after=after, limit=limit)


def managed_by(*, viewer: User, vehicles: Iterable[Vehicle]) -> set[int]:
    """Keys of those vehicles that the viewer may manage: of their fleets, and their very own."""
    everywhere, keys = can(viewer, MANAGE), set(organisations_of(viewer, MANAGE))
    return {
        v.pk
        for v in vehicles
        if (v.driver_id == viewer.pk if v.organisation_id is None else everywhere or v.organisation_id in keys)
    }


def of_driver(*, driver: User) -> list[Vehicle]:
    """What a person may charge: their own vehicles, and those of fleets that they drive."""
    return list(Vehicle.objects.filter(driver=driver, active=True).order_by("plate"))

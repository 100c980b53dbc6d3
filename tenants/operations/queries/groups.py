"""Groups and their tree."""

from uuid import UUID

from django.db.models import Q

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.permissions import Someone
from tenants.sites.models import Location

from ..models import Group
from .seeing import check_list, check_one


def group(*, uid: UUID, viewer: Someone) -> Group:
    """NotFound for everybody without the right to see stations."""
    found = Group.objects.select_related("parent", "location").filter(uid=uid).first()
    check_one(viewer, found, "group")
    assert found is not None
    return found


def group_page(*, viewer: Someone, after: str | None, limit: int) -> Page[Group]:
    """Newest first. Forbidden."""
    check_list(viewer)
    return newest_first(Group.objects.select_related("parent", "location"), after=after, limit=limit)


def all_groups() -> list[Group]:
    """All, by name: for choosing one. Who may is for the caller to ask."""
    return list(Group.objects.select_related("parent", "location").order_by("name"))


def location(*, uid: UUID) -> Location:
    """NotFound when there is none. Who may is for the caller to ask."""
    found = Location.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such location.")
    return found


def locations() -> list[Location]:
    """Places where devices stand, by name."""
    there = Q(evses__device_id__isnull=False) | Q(station__isnull=False)
    return list(Location.objects.filter(there).distinct().order_by("name", "id"))


def below(group: Group) -> list[Group]:
    """The group itself and all that lie in it, however deep."""
    children: dict[int | None, list[Group]] = {}
    for row in Group.objects.all():
        children.setdefault(row.parent_id, []).append(row)
    found, waiting = [group], [group]
    while waiting:
        found += (new := [row for row in children.get(waiting.pop().pk, []) if row not in found])
        waiting += new
    return found

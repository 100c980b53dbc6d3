"""Which dashboards a person sees."""

from uuid import UUID

from django.db.models import Q, QuerySet

from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import Membership, User
from tenants.accounts.permissions import can
from tenants.accounts.queries import standing

from .models import Dashboard

MANAGE = "dashboard.manage"


def roles_of(user: User) -> frozenset[str]:
    """Roles of a person, over the tenant or an organisation of it: a dashboard shows each only their own figures."""
    return frozenset(user.memberships.values_list("role", flat=True)) if user.is_active else frozenset()


def visible_to(user: User) -> QuerySet[Dashboard]:
    """One's own, and those of one's roles; who composes sees all that are not private. Who has no analytics: none."""
    if not standing(user).may_see_analytics:
        return Dashboard.objects.none()
    shared = ~Q(roles=[]) if can(user, MANAGE) else _of_roles(user)
    return Dashboard.objects.select_related("owner").filter(Q(owner=user) | shared).distinct()


def page(*, viewer: User, after: str | None, limit: int) -> Page[Dashboard]:
    return newest_first(visible_to(viewer), after=after, limit=limit)


def one(*, uid: UUID, viewer: User) -> Dashboard:
    """NotFound where there is none, or none for this person."""
    found = visible_to(viewer).filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such dashboard.")
    return found


def may_edit(dashboard: Dashboard, user: User) -> bool:
    return can(user, MANAGE) and (bool(dashboard.roles) or dashboard.owner_id == user.pk)


def known_roles() -> frozenset[str]:
    return frozenset(Membership.Role.values)


def _of_roles(user: User) -> Q:
    found = Q(pk__in=[])
    for role in roles_of(user):
        found |= Q(roles__contains=[role])
    return found

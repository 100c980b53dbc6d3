"""Questions about people."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import Exists

from saas.kit.errors import NotFound
from saas.kit.tenant_context import current_schema

from . import tokens
from .models import Organisation, RefreshToken, User
from .permissions import can, organisations_of


@dataclass(frozen=True)
class Standing:
    """What a person is here. `organisations`: uids whose analytics the person may see; `tenant_wide`: everybody's."""

    roles: tuple[str, ...]
    organisations: tuple[str, ...]
    tenant_wide: bool
    may_see_analytics: bool


def by_email(email: str) -> User | None:
    """The person with this address, or None."""
    return User.objects.filter(email=email.strip().lower()).first()


def person(uid: UUID) -> User:
    """The person with this uid. NotFound."""
    found = User.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such person.")
    return found


def standing(user: User) -> Standing:
    """Roles and reach of a person in this tenant."""
    memberships = list(user.memberships.select_related("organisation"))
    seen = set(organisations_of(user, "report.view"))
    names = sorted({str(m.organisation.uid) for m in memberships if m.organisation and m.organisation_id in seen})
    tenant_wide = can(user, "analytics.view") and can(user, "report.view")
    return Standing(
        roles=tuple(sorted({m.role for m in memberships})),
        organisations=tuple(names),
        tenant_wide=tenant_wide,
        may_see_analytics=tenant_wide or bool(names),
    )


def organisation(uid: str) -> Organisation | None:
    """The organisation with this uid, or None. A malformed uid is nobody's."""
    try:
        return Organisation.objects.filter(uid=uid).first()
    except (ValueError, TypeError, ValidationError):
        return None


def by_access_token(token: str, *, now: datetime) -> User | None:
    """Whose access token it is. None when it is not good here, its family is revoked, or the person is gone."""
    try:
        access = tokens.decode(token, tenant=current_schema(), now=now)
        living = RefreshToken.objects.filter(family=access.family, revoked_at=None)
        return User.objects.filter(Exists(living), uid=access.user_uid, is_active=True).first()
    except (tokens.BadToken, ValidationError):
        return None


def profile(user: User) -> dict[str, object]:
    """What a person may know of themselves, with roles; `organisation` None: over the whole tenant."""
    fields = ("uid", "email", "name", "language", "identity")
    return {**{name: getattr(user, name) for name in fields}, "roles": _roles(user)}


def membership(user: User) -> dict[str, object]:
    """What the team sees of a member; memberships that were fetched before are used."""
    fields = {name: getattr(user, name) for name in ("uid", "email", "name")}
    return {**fields, "active": user.is_active and user.has_usable_password(), "roles": _roles(user)}


def _roles(user: User) -> list[dict[str, object]]:
    fetched = "memberships" in getattr(user, "_prefetched_objects_cache", {})
    held = user.memberships.all() if fetched else user.memberships.select_related("organisation")
    return [
        {"role": m.role, "organisation": m.organisation.uid if m.organisation else None}
        for m in sorted(held, key=lambda m: m.pk)
    ]

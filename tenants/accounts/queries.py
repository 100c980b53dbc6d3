"""Questions about people."""

from dataclasses import dataclass

from .models import Organisation, User
from .permissions import can, organisations_of, roles_of


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


def standing(user: User) -> Standing:
    """Roles and reach of a person in this tenant."""
    memberships = list(user.memberships.select_related("organisation"))
    seen = set(organisations_of(user, "report.view"))
    names = sorted({str(m.organisation.uid) for m in memberships if m.organisation and m.organisation_id in seen})
    tenant_wide = can(user, "analytics.view") and bool(roles_of(user))
    return Standing(
        roles=tuple(sorted({m.role for m in memberships})),
        organisations=tuple(names),
        tenant_wide=tenant_wide,
        may_see_analytics=tenant_wide or bool(names),
    )


def organisation(uid: str) -> Organisation | None:
    """The organisation with this uid, or None. ValidationError is never raised: a malformed uid is nobody's."""
    try:
        return Organisation.objects.filter(uid=uid).first()
    except (ValueError, TypeError):
        return None

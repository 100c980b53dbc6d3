"""Who may do what: one table of roles, one table of rights that come from owning the thing itself."""

from collections.abc import Callable

import rules.permissions
import rules.predicates
from django.contrib.auth.models import AnonymousUser

from .models import Membership, Organisation, User

Role = Membership.Role
Someone = User | AnonymousUser | None

VIEW = {"booking.view", "session.view", "station.view", "listing.view", "ledger.view", "report.view", "analytics.view",
    "maintenance.view", "carbon.view", "credit.view"}  # fmt: skip
OPERATE = {
    "booking.view", "booking.cancel", "session.view", "session.stop", "station.view", "station.manage", "station.start",
    "station.command",
    "listing.view", "listing.manage", "address.view", "report.view", "analytics.view", "identity.review",
    "power.manage", "card.view", "card.manage", "maintenance.view", "maintenance.manage", "workorder.do",
}  # fmt: skip
ADMINISTER = {
    *OPERATE, *VIEW, "member.manage", "brand.manage", "price.manage", "fleet.view", "fleet.manage", "report.request",
    "token.manage", "audit.view", "payment.refund", "carbon.manage", "credit.manage", "dashboard.manage",
}  # fmt: skip

ROLES: dict[str, frozenset[str]] = {
    Role.OWNER: frozenset({*ADMINISTER, "tenant.manage"}),
    Role.ADMIN: frozenset(ADMINISTER),
    Role.OPERATOR: frozenset(OPERATE),
    Role.FINANCE: frozenset({*VIEW, "payment.refund", "report.request", "price.manage", "dashboard.manage"}),
    Role.SUPPORT: frozenset(
        {"booking.view", "booking.cancel", "session.view", "station.view", "listing.view", "identity.review"}
    ),
    Role.AUDITOR: frozenset({*VIEW, "fleet.view", "audit.view"}),
    Role.INTEGRATOR: frozenset({"station.view", "session.view", "booking.view", "token.manage"}),
    Role.ESG_ANALYST: frozenset(
        {
            "report.view", "report.request", "analytics.view", "carbon.view", "carbon.manage", "credit.view",
            "dashboard.manage",
        }
    ),
    # The following hold only for what is theirs: see OWN and their organisation.
    Role.TECHNICIAN: frozenset({"station.view", "workorder.do"}),
    Role.PARTNER: frozenset(),
    Role.HOST: frozenset(),
    Role.FLEET_MANAGER: frozenset({"analytics.view"}),
    Role.FLEET_DRIVER: frozenset(),
}  # fmt: skip

# Rights over one organisation's things, by the role held in that organisation.
ORGANISATION_ROLES: dict[str, frozenset[str]] = {
    Role.FLEET_MANAGER: frozenset({
        "fleet.view", "fleet.manage", "session.view", "report.view", "report.request", "carbon.view", "carbon.manage",
    }),
    Role.ESG_ANALYST: frozenset({"fleet.view", "report.view", "report.request", "carbon.view", "carbon.manage"}),
    Role.PARTNER: frozenset({"listing.view", "session.view", "booking.view", "station.view", "report.view"}),
    Role.HOST: frozenset({"listing.view", "listing.manage", "session.view", "booking.view"}),
    Role.OWNER: frozenset({"fleet.view", "fleet.manage", "session.view", "report.view", "report.request"}),
    Role.ADMIN: frozenset({"fleet.view", "fleet.manage", "session.view", "report.view", "report.request"}),
}  # fmt: skip

# Rights that come with being the driver, or the host, of the very thing.
OWN: dict[str, frozenset[str]] = {
    "driver": frozenset({"booking.view", "booking.cancel", "session.view", "session.stop", "vehicle.manage",
        "card.view", "card.manage",
    }),
    "host": frozenset({
        "listing.view", "listing.manage", "booking.view", "booking.cancel", "session.view", "session.stop",
        "address.view", "station.view",
    }),
}  # fmt: skip


def can(user: Someone, permission: str, obj: object | None = None) -> bool:
    """Whether the person may, here (in this tenant) and on `obj` where one is given. Strangers and inactive: never.

    KeyError for a permission that no table knows: a misspelt one must not read as a refusal.
    """
    if permission not in PERMISSIONS:
        raise KeyError(permission)
    if not isinstance(user, User) or not user.is_active:
        return False
    return _by_role(user, permission) or (
        obj is not None and (_by_owning(user, permission, obj) or _by_organisation(user, permission, obj))
    )


def roles_of(user: Someone) -> frozenset[str]:
    """Roles of the person over the whole tenant."""
    return frozenset(m.role for m in _memberships(user) if m.organisation_id is None)


def organisations_of(user: Someone, permission: str) -> list[int]:
    """Keys of the organisations over whose things the person has the permission."""
    return [
        m.organisation_id
        for m in _memberships(user)
        if m.organisation_id is not None and permission in ORGANISATION_ROLES.get(m.role, ())
    ]


def _memberships(user: Someone) -> list[Membership]:
    return list(user.memberships.all()) if isinstance(user, User) and user.is_active else []


def _by_role(user: User, permission: str) -> bool:
    return any(permission in ROLES.get(role, ()) for role in roles_of(user))


def _by_owning(user: User, permission: str, obj: object) -> bool:
    return any(permission in OWN[side] and user.pk == of(obj) for side, of in _SIDES.items())


def _by_organisation(user: User, permission: str, obj: object) -> bool:
    keys = {_organisation(_path(obj, *names)) for names in _ORGANISATION_PATHS} - {None}
    return bool(keys) and not keys.isdisjoint(organisations_of(user, permission))


def _organisation(obj: object | None) -> int | None:
    return obj.pk if isinstance(obj, Organisation) else getattr(obj, "organisation_id", None)


def _path(obj: object | None, *names: str) -> object | None:
    for name in names:
        obj = getattr(obj, name, None)
    return obj


def _driver(obj: object) -> int | None:
    return getattr(obj, "driver_id", None)


def _host(obj: object) -> int | None:
    """A listing's host; of a booking, its listing's; of a session, its charger's."""
    for path in ((), ("listing",), ("evse", "listing")):
        if (host := getattr(_path(obj, *path) if path else obj, "host_id", None)) is not None:
            return int(host)
    return None


_ORGANISATION_PATHS: tuple[tuple[str, ...], ...] = ((), ("evse", "location"), ("location",), ("vehicle",))
_SIDES: dict[str, Callable[[object], int | None]] = {"driver": _driver, "host": _host}
PERMISSIONS = frozenset().union(*ROLES.values(), *ORGANISATION_ROLES.values(), *OWN.values())


def _register(permission: str) -> None:
    """For `user.has_perm` and templates."""
    predicate = rules.predicates.Predicate(lambda user, obj=None: can(user, permission, obj), name=permission)
    rules.permissions.add_perm(permission, predicate)  # type: ignore[no-untyped-call]


for _permission in PERMISSIONS:
    _register(_permission)

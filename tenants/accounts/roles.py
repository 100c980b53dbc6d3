"""Which roles there are over the whole brand and within an organisation, and who may give them. Pure."""

from django.utils.translation import gettext_lazy as _

from .models import Membership, Organisation
from .permissions import ORGANISATION_ROLES, ROLES, Someone, can, roles_of

Role = Membership.Role
WORDS = {
    Role.OWNER: _("Owner"),
    Role.ADMIN: _("Administrator"),
    Role.OPERATOR: _("Operator"),
    Role.FINANCE: _("Finance"),
    Role.SUPPORT: _("Support"),
    Role.TECHNICIAN: _("Technician"),
    Role.PARTNER: _("Partner"),
    Role.HOST: _("Business host"),
    Role.FLEET_MANAGER: _("Fleet manager"),
    Role.FLEET_DRIVER: _("Fleet driver"),
    Role.ESG_ANALYST: _("ESG analyst"),
    Role.INTEGRATOR: _("Integrator"),
    Role.AUDITOR: _("Auditor (reads only)"),
}
KINDS = {
    Organisation.Kind.FLEET: _("Fleet"),
    Organisation.Kind.ENTERPRISE: _("Enterprise"),
    Organisation.Kind.HOST: _("Business host"),
    Organisation.Kind.PARTNER: _("Partner"),
}
OVER_ALL = tuple(role for role, rights in ROLES.items() if rights)  # the others would open nothing
WITHIN = (*ORGANISATION_ROLES, Role.FLEET_DRIVER)


def fits(role: str, organisation: Organisation | None) -> bool:
    """Whether the role means something there."""
    return role in (OVER_ALL if organisation is None else WITHIN)


def may_give(giver: Someone, role: str, organisation: Organisation | None) -> bool:
    """Nobody gives, or takes, what they do not hold: an administrator makes no owner."""
    held = frozenset[str]().union(*(ROLES.get(name, frozenset()) for name in roles_of(giver)))
    given = ROLES[role] if organisation is None else ORGANISATION_ROLES.get(role, frozenset())
    return can(giver, "member.manage") and given <= held


def word(role: str, organisation: Organisation | None = None) -> str:
    """`Fleet manager · Nordkai Logistics`."""
    text = str(WORDS.get(Role(role), role)) if role in Role.values else role
    return f"{text} · {organisation.name}" if organisation else text

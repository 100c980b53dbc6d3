"""The brand as its owner changes it: the right is checked, and the audit log says what was before."""

from datetime import datetime

from django.db import transaction

from saas.kit.errors import Forbidden
from saas.tenancy import actions as tenancy
from saas.tenancy.models import Tenant
from saas.tenancy.queries import current

from . import audit
from .models import User
from .permissions import can

FIELDS = (
    "name", "tagline", "logo_svg", "colour_primary", "colour_accent", "language", "currency", "support_email",
    "support_phone", "email_sender", "address_policy", "commission_bp", "least_minutes", "hold_minutes",
    "map_latitude", "map_longitude", "map_zoom", "terms", "privacy",
)  # fmt: skip
FIXED = ("uid", "kind", "country", "timezone")


@transaction.atomic
def change(*, by: User, now: datetime, **changes: object) -> Tenant:
    """Change the brand of the current tenant. Forbidden, Invalid (details name fields), CurrencyLocked."""
    if not can(by, "brand.manage"):
        raise Forbidden()
    before = Tenant.objects.get(pk=current().pk)  # not the cached one: the log must not lie
    after = tenancy.update_brand(tenant=before, now=now, **changes)
    changed = {name: [getattr(before, name), getattr(after, name)] for name in changes}
    differs = {name: pair for name, pair in changed.items() if _told(name, pair[0]) != _told(name, pair[1])}
    if differs:
        audit.record(actor=by, act="brand.changed", subject=after.name, changes=differs, now=now)
    return after


def shown(*, viewer: User) -> dict[str, object]:
    """All of the brand that its owner may see and change, and what is fixed. Forbidden."""
    if not can(viewer, "brand.manage"):
        raise Forbidden()
    tenant = Tenant.objects.get(pk=current().pk)
    held = {name: getattr(tenant, name) for name in (*FIXED, *FIELDS)}
    return {**held, "currency_locked": tenancy.currency_locked()}


def _told(name: str, value: object) -> object:
    """`#0B6E4F` and `#0b6e4f` are one colour."""
    return str(value).lower() if name.startswith("colour_") else value

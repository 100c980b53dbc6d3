"""Opening, suspending and resuming tenants."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import IntegrityError, transaction
from django_tenants.utils import schema_exists

from saas.kit.errors import NotFound, Refused
from saas.kit.tenant_context import connection, tenant_schema

from . import brand, cloning, queries
from .middleware import forget
from .models import Domain, Tenant
from .signals import currency_in_use, tenant_opened

OPENING = 0x6F_70_65_6E  # advisory lock: one opening at a time keeps two clones from deadlocking on the catalogues


class SlugTaken(Refused):
    """This name is taken. Choose another."""

    code = "slug_taken"


class CurrencyLocked(Refused):
    """Prices or bookings in this currency exist, so it stays: amounts that people agreed to are never converted."""

    code = "currency_locked"


@dataclass(frozen=True)
class Owner:
    """The first person of a tenant."""

    email: str
    password: str | None
    name: str = ""


def open_tenant(
    *,
    slug: str,
    name: str,
    country: str,
    language: str,
    currency: str,
    timezone: str,
    colour_primary: str,
    colour_accent: str,
    support_email: str,
    owner_email: str,
    owner_password: str | None,
    now: datetime,
    owner_name: str = "",
    kind: str = "reseller",
    logo_svg: str = "",
    **more: object,
) -> Tenant:
    """A live tenant at `<slug>.<base domain>` with its owner. All or nothing: after a crash call it again.

    `more` are other columns of Tenant (tagline, support_phone, terms, map_latitude, …). Raises Invalid (details
    name the fields) or SlugTaken. Without a password the owner sets one by the reset mail.
    """
    words = {
        "name": name,
        "kind": kind,
        "country": country,
        "language": language,
        "currency": currency,
        "timezone": timezone,
        "colour_primary": colour_primary,
        "colour_accent": colour_accent,
        "support_email": support_email,
    }
    brand.check({**words, **more, "logo_svg": logo_svg, "slug": slug, "owner_email": owner_email})
    tenant = Tenant(
        uid=uuid.uuid4(), schema_name=brand.schema_of(slug), logo_svg=brand.clean_logo(logo_svg), **words, **more
    )
    cloning.ensure_template()
    with tenant_schema(settings.PUBLIC_SCHEMA_NAME), transaction.atomic():
        _create(tenant, host=f"{slug}.{settings.BASE_DOMAIN}")
        _welcome(tenant, Owner(owner_email, owner_password, owner_name), now)
    forget()
    return tenant


@transaction.atomic
def update_brand(*, tenant: Tenant, now: datetime, **changes: object) -> Tenant:
    """Change columns of a brand, and tell every page at once. Call it inside the tenant's schema.

    Invalid: details name each field that does not fit. CurrencyLocked once something was priced or booked.
    Returns the fresh row; the given one stays as it was, so that a caller can tell what changed.
    """
    brand.check_changes(changes)
    held: Tenant = Tenant.objects.select_for_update().get(pk=tenant.pk)
    if changes.get("currency", held.currency) != held.currency and currency_locked():
        raise CurrencyLocked(currency="is in use")
    if "logo_svg" in changes:
        changes["logo_svg"] = brand.clean_logo(str(changes["logo_svg"]))
    for name, value in changes.items():
        setattr(held, name, value.strip() if isinstance(value, str) else value)
    if changes:
        held.save(update_fields=list(changes))
    transaction.on_commit(forget)
    return held


def currency_locked() -> bool:
    """Whether the current tenant has amounts in its currency that would be wrong in another."""
    return any(answer for _, answer in currency_in_use.send(sender=Tenant))


def suspend_tenant(*, schema: str, now: datetime) -> Tenant:
    """Close a tenant's site within seconds, keeping its data. NotFound when there is none."""
    return _set_state(schema, Tenant.State.SUSPENDED)


def resume_tenant(*, schema: str, now: datetime) -> Tenant:
    """Open a suspended tenant's site again. NotFound when there is none."""
    return _set_state(schema, Tenant.State.ACTIVE)


def _create(tenant: Tenant, *, host: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [OPENING])
    if schema_exists(tenant.schema_name):
        raise SlugTaken()
    try:
        with transaction.atomic():
            tenant.save()
            Domain.objects.create(domain=host, tenant=tenant, is_primary=True)
    except IntegrityError as error:
        raise SlugTaken() from error
    cloning.clone_template(tenant.schema_name)


def _welcome(tenant: Tenant, owner: Owner, now: datetime) -> None:
    with tenant_schema(tenant.schema_name):
        tenant_opened.send(sender=Tenant, tenant=tenant, owner=owner, now=now)


def _set_state(schema: str, state: str) -> Tenant:
    with tenant_schema(settings.PUBLIC_SCHEMA_NAME):
        tenant = queries.by_schema(schema)
        if tenant is None or schema == settings.PUBLIC_SCHEMA_NAME:
            raise NotFound()
        tenant.state = state
        tenant.save(update_fields=["state"])
    forget()
    return tenant


@transaction.atomic
def open_platform(*, host: str, now: datetime) -> Tenant:
    """The platform's own site on the public schema. Doing it twice is the same as once."""
    with tenant_schema(settings.PUBLIC_SCHEMA_NAME):
        platform: Tenant = Tenant.objects.get_or_create(
            schema_name=settings.PUBLIC_SCHEMA_NAME,
            defaults={
                "uid": uuid.uuid4(),
                "name": "Wattlane",
                "country": "FI",
                "currency": "EUR",
                "timezone": "UTC",
                "support_email": f"help@{host if '.' in host else 'wattlane.example'}",
                "colour_primary": "#155EEF",
                "colour_accent": "#12B76A",
            },
        )[0]
        Domain.objects.update_or_create(
            domain=host, defaults={"tenant": platform}, create_defaults={"tenant": platform, "is_primary": True}
        )
    return platform

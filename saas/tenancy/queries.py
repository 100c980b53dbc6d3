"""Which tenants there are. Readable from any schema: tenants lie in the public one, on every search path."""

from email.utils import formataddr

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from saas.kit.tenant_context import current_schema

from .models import Domain, Tenant


def tenants() -> QuerySet[Tenant]:
    """All tenants but the platform itself, by schema."""
    found: QuerySet[Tenant] = Tenant.objects.exclude(schema_name=settings.PUBLIC_SCHEMA_NAME).order_by("schema_name")
    return found


def active_schemas() -> list[str]:
    """The schemas of tenants that are not suspended: what periodic jobs fan out to."""
    return list(tenants().filter(state=Tenant.State.ACTIVE).values_list("schema_name", flat=True))


def by_schema(schema: str) -> Tenant | None:
    """The tenant of a schema (the platform's own row for `public`), or None."""
    found: Tenant | None = Tenant.objects.filter(schema_name=schema).first()
    return found


def primary_host(tenant: Tenant) -> str:
    """The host name that links and mails of a tenant use, without port. Empty when it has none."""
    domain = Domain.objects.filter(tenant=tenant).order_by("-is_primary", "id").first()
    return domain.domain if domain else ""


def current() -> Tenant:
    """The tenant whose schema this thread works in. Tenant.DoesNotExist outside of every tenant."""
    held = getattr(connection, "tenant", None)
    return held if isinstance(held, Tenant) else Tenant.objects.get(schema_name=current_schema())


def address(tenant: Tenant) -> str:
    """Where people reach the site, for links in mails: `http://ampere.localhost:8000`, without a final slash."""
    port = f":{settings.HOME.web_port}" if settings.SCHEME == "http" else ""
    return f"{settings.SCHEME}://{primary_host(tenant)}{port}"


def sender(tenant: Tenant) -> str:
    """The From of the tenant's mails, with its name."""
    host = primary_host(tenant) or settings.BASE_DOMAIN
    return formataddr((tenant.name, tenant.email_sender or f"no-reply@{host}"), charset="utf-8")

"""Who stands at the door, asked of Django: the tenant by host, the person by the session cookie of that host."""

from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.db import close_old_connections
from django.http import HttpRequest

from saas.contracts.door import Identity
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.middleware import bare_host, tenant_of_host
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.accounts.queries import standing

LIFETIME_S = 3600  # a socket is closed before its identity expires; the page reconnects and gets a new one


@dataclass(frozen=True)
class Visitor:
    """`tenant` None: nobody's host, or suspended. `identity` None: a stranger, or (`known`) without the right."""

    tenant: Tenant | None
    known: bool = False
    identity: Identity | None = None


def visitor(*, host: str, cookie: str, now_s: int) -> Visitor:
    """Blocking: to be run in a thread. Reads the database; raises its OperationalError when that is down."""
    close_old_connections()
    try:
        tenant = tenant_of_host(bare_host(host))
        if tenant is None or tenant.state != Tenant.State.ACTIVE or tenant.schema_name == settings.PUBLIC_SCHEMA_NAME:
            return Visitor(None)
        with tenant_schema(tenant.schema_name):
            return _inside(tenant, cookie, now_s)
    finally:
        close_old_connections()


def _inside(tenant: Tenant, cookie: str, now_s: int) -> Visitor:
    cookies = _cookies(cookie)
    user = _user(cookies.get(settings.SESSION_COOKIE_NAME, ""))
    if user is None:
        return Visitor(tenant)
    held = standing(user)
    if not held.may_see_analytics:
        return Visitor(tenant, known=True)
    identity = Identity(
        tenant=tenant.schema_name,
        user=str(user.uid),
        roles=held.roles,
        language=cookies.get(settings.LANGUAGE_COOKIE_NAME) or user.language or tenant.language,
        organisations=held.organisations,
        tenant_wide=held.tenant_wide,
        expires_s=now_s + LIFETIME_S,
    )
    return Visitor(tenant, known=True, identity=identity)


def _user(session_key: str) -> User | None:
    if not session_key:
        return None
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(session_key)
    user = get_user(request)
    return user if isinstance(user, User) and user.is_active else None


def _cookies(text: str) -> dict[str, str]:
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(text)
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in jar.items()}

"""Decides the tenant by host name before anything else. There is no fallback tenant."""

import time
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.http.request import split_domain_port
from django.urls import set_urlconf
from django.utils import translation

from saas.kit import outage
from saas.kit.tenant_context import connection

from .models import Domain, Tenant

Next = Callable[[HttpRequest], HttpResponse]
CACHE_SECONDS = 5.0
NOBODY_SECONDS = 1.0  # a tenant that opens is live within a second, and strangers' hosts cost one query a second
CACHE_LIMIT = 10_000
_cache: dict[str, tuple[float, Tenant | None]] = {}


def tenant_of_host(host: str) -> Tenant | None:
    """The tenant whose domain this is, remembered for seconds; None when nobody's. Leaves the schema as it was.

    While the database is down, what was known counts on, so that the page that says so is in the brand.
    """
    held = _cache.get(host)
    if held and held[0] > time.monotonic():
        return held[1]
    # The tables of tenancy lie in the public schema alone, which every search path ends with.
    try:
        domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    except OperationalError:
        if held and held[1]:
            return held[1]
        raise
    tenant = domain.tenant if domain else None
    if len(_cache) >= CACHE_LIMIT:
        _cache.clear()
    _cache[host] = (time.monotonic() + (CACHE_SECONDS if tenant else NOBODY_SECONDS), tenant)
    return tenant


def remembered(header: str) -> Tenant | None:
    """What this process still knows of the tenant of a `Host` header, however old. Asks nobody."""
    held = _cache.get(bare_host(header))
    return held[1] if held else None


def forget(host: str | None = None) -> None:
    """Drop what this process remembers (of one host, or all): after a change, and in tests."""
    with suppress(KeyError):
        _cache.clear() if host is None else _cache.pop(host)


def bare_host(header: str) -> str:
    """The host name of a `Host` header: no port, small letters, no final dot. Empty when malformed."""
    return split_domain_port(header)[0].rstrip(".")


class TenantMiddleware:
    """Sets `request.tenant` and the schema; a host that is nobody's gets 404, a suspended tenant 503."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            host = bare_host(request.get_host())
        except DisallowedHost:
            return outage.answer(request, 400, "bad_host", "The Host header is malformed.")
        tenant = tenant_of_host(host)
        if tenant is None:
            return outage.answer(request, 404, "no_such_site", f"There is no site at {host}.")
        if tenant.state == Tenant.State.SUSPENDED:
            return outage.answer(request, 503, "suspended", "This site is suspended. Its owner knows why.", tenant)
        return self._inside(tenant, request)

    def _inside(self, tenant: Tenant, request: HttpRequest) -> HttpResponse:
        """Answer with the tenant's schema set, and put back what was there: a thread serves many tenants."""
        before = connection.tenant
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        public = tenant.schema_name == settings.PUBLIC_SCHEMA_NAME
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if public else settings.ROOT_URLCONF
        set_urlconf(request.urlconf)
        try:
            return self.get_response(request)
        finally:
            connection.set_tenant(before)


class LocaleMiddleware:
    """Language: the person's choice (cookie), else the tenant's."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or request.tenant.language  # type: ignore[attr-defined]
        if language not in dict(settings.LANGUAGES):
            language = "en"
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

"""Decides the tenant by host name before anything else. There is no fallback tenant."""

import time
from collections.abc import Callable

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.urls import set_urlconf
from django.utils import translation

from .models import Domain, Tenant

Next = Callable[[HttpRequest], HttpResponse]
CACHE_SECONDS = 5.0
_cache: dict[str, tuple[float, Tenant]] = {}


def tenant_of_host(host: str) -> Tenant | None:
    """The tenant whose domain this is, remembered for seconds; None when nobody's."""
    held = _cache.get(host)
    if held and held[0] > time.monotonic():
        return held[1]
    connection.set_schema_to_public()
    domain = Domain.objects.select_related("tenant").filter(domain=host).first()
    if domain is None:
        return None
    _cache[host] = (time.monotonic() + CACHE_SECONDS, domain.tenant)
    return domain.tenant


def forget(host: str | None = None) -> None:
    """Drop what this process remembers (of one host, or all): after a change, and in tests."""
    _cache.clear() if host is None else _cache.pop(host, None)


class TenantMiddleware:
    """Sets `request.tenant` and the schema; a host that is nobody's gets 404, a suspended tenant 503."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        host = request.get_host().rsplit(":", 1)[0].lower().rstrip(".")
        tenant = tenant_of_host(host)
        if tenant is None:
            return HttpResponseNotFound(f"There is no Wattlane site at {host}.\n", content_type="text/plain")
        if tenant.state == Tenant.State.SUSPENDED:
            return HttpResponse(
                "This site is suspended. Contact the platform.\n", status=503, content_type="text/plain"
            )
        request.tenant = tenant  # type: ignore[attr-defined]
        connection.set_tenant(tenant)
        public = tenant.schema_name == settings.PUBLIC_SCHEMA_NAME
        request.urlconf = settings.PUBLIC_SCHEMA_URLCONF if public else settings.ROOT_URLCONF  # type: ignore[attr-defined]
        set_urlconf(request.urlconf)  # type: ignore[attr-defined]
        return self.get_response(request)


class LocaleMiddleware:
    """Language: the person's choice (cookie), else the tenant's."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME) or request.tenant.language  # type: ignore[attr-defined]
        if language not in dict(settings.LANGUAGES):
            language = "en"
        with translation.override(language):
            request.LANGUAGE_CODE = language  # type: ignore[attr-defined]
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response

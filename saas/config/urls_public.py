"""Addresses of the platform's own site."""

from django.urls import URLPattern, URLResolver, include, path

from .api import platform_api
from .internal import public_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("saas.web.urls")),
    path("", include("saas.tenancy.urls")),
    path("api/v1/", platform_api.urls),
    path("internal/v1/", include(public_urls)),
]

handler400 = "saas.config.errors.bad_request"
handler403 = "saas.config.errors.forbidden"
handler404 = "saas.config.errors.not_found"
handler500 = "saas.config.errors.broken"

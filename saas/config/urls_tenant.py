"""Addresses of a tenant's site."""

from django.urls import URLPattern, URLResolver, include, path

from .api import api
from .internal import tenant_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("saas.web.urls")),
    path("", include("tenants.marketplace.urls")),
    path("", include("tenants.bookings.urls")),
    path("", include("tenants.charging.urls")),
    path("", include("tenants.adapters.urls")),
    path("", include("tenants.cards.urls")),
    path("", include("tenants.stations.urls")),
    path("", include("tenants.operations.urls")),
    path("", include("tenants.power.urls")),
    path("", include("tenants.fleets.urls")),
    path("", include("tenants.energy.urls")),
    path("", include("tenants.dashboards.urls")),
    path("", include("tenants.carbon.urls")),
    path("", include("tenants.credits.urls")),
    path("", include("tenants.pricing.urls")),
    path("", include("tenants.maintenance.urls")),
    path("", include("tenants.accounts.urls")),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", api.urls),
    path("internal/v1/", include(tenant_urls)),
]

handler400 = "saas.config.errors.bad_request"
handler403 = "saas.config.errors.forbidden"
handler404 = "saas.config.errors.not_found"
handler500 = "saas.config.errors.broken"

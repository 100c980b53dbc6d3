"""Addresses of a tenant's site."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("accounts/", include("allauth.urls"))]

handler400 = "saas.config.errors.bad_request"
handler403 = "saas.config.errors.forbidden"
handler404 = "saas.config.errors.not_found"
handler500 = "saas.config.errors.broken"

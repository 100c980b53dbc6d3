"""Addresses of a tenant's site."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [path("accounts/", include("allauth.urls"))]

"""Addresses of maintenance."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

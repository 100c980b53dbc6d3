"""Addresses of carbon."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

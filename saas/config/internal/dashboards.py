"""Saved dashboards, for the analytics."""

from django.urls import URLPattern

urls: list[URLPattern] = []

"""Risks in; outages and outcomes of work orders out."""

from django.urls import URLPattern

urls: list[URLPattern] = []

"""Hosts, payouts and partners out, for the dashboards of resellers."""

from django.urls import URLPattern

urls: list[URLPattern] = []

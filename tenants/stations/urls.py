"""OCPP stations: what they say of themselves, commands to them, their lists, reservations, certificates, logs."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

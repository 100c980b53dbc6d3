"""Groups of chargers, actions on a whole group, roll-outs of firmware and configuration."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

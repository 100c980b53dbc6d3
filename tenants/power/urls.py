"""Smart charging: the limit of a site shared among its sessions."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

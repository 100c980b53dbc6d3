"""Cards and the groups they belong to: who may charge by RFID."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []

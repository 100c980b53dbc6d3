"""Addresses of claiming an adapter, and of one device."""

from django.urls import path

from . import views

urlpatterns = [
    path("host/adapter/", views.claim, name="claim"),
    path("console/devices/<str:device_id>/", views.device, name="device"),
    path("console/devices/<str:device_id>/<slug:act>/", views.change, name="device_change"),
]

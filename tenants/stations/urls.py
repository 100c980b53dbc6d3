"""Addresses of the console and of stations."""

from django.urls import path

from .views import console, onboarding, uploads

urlpatterns = [
    path("console/", console.console, name="console"),
    path("console/stations/<uuid:uid>/accept/", onboarding.accept, name="accept_station"),
    path("console/stations/<uuid:uid>/refuse/", onboarding.refuse, name="refuse_station"),
    path("api/v1/uploads/<str:token>/", uploads.put, name="station_file"),
    path("api/v1/uploads/<str:token>/<path:name>", uploads.put),
]

"""Addresses of the console and of stations."""

from django.urls import path

from .views import console, onboarding

urlpatterns = [
    path("console/", console.console, name="console"),
    path("console/stations/<uuid:uid>/accept/", onboarding.accept, name="accept_station"),
    path("console/stations/<uuid:uid>/refuse/", onboarding.refuse, name="refuse_station"),
]

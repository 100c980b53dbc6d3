"""Addresses of finding and offering chargers."""

from django.urls import path

from .views import charger, finder, hosting

urlpatterns = [
    path("", finder.home, name="home"),
    path("chargers/", finder.listing, name="spots"),
    path("chargers/<uuid:uid>/", charger.charger, name="charger"),
    path("host/new/", hosting.begin, name="host_new"),
    path("host/new/<slug:step>/", hosting.step, name="host_step"),
    path("host/chargers/<uuid:uid>/", hosting.edit, name="host_edit"),
    path("host/chargers/<uuid:uid>/<slug:act>/", hosting.change, name="host_change"),
]

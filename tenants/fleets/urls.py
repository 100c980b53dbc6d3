"""Addresses of fleets."""

from django.urls import path

from . import views

urlpatterns = [
    path("fleet/", views.home, name="fleet"),
    path("fleet/vehicles/", views.add, name="vehicle_add"),
    path("fleet/import/", views.upload, name="roster_import"),
    path("fleet/template.csv", views.template, name="roster_template"),
    path("fleet/vehicles/<uuid:uid>/retire/", views.retire, name="vehicle_retire"),
]

"""Addresses of carbon."""

from django.urls import URLPattern, path

from . import views

urlpatterns: list[URLPattern] = [
    path("carbon/", views.home, name="carbon"),
    path("carbon/instruments/new/", views.new_instrument, name="carbon_instrument_new"),
    path("carbon/instruments/<uuid:uid>/", views.replace_instrument, name="carbon_instrument_replace"),
    path("carbon/fuel/", views.fuel, name="carbon_fuel"),
    path("carbon/fuel/import/", views.import_fuel, name="carbon_fuel_import"),
    path("carbon/fuel/template/", views.fuel_template, name="carbon_fuel_template"),
    path("carbon/factors/", views.factors, name="carbon_factors"),
    path("carbon/factors/new/", views.new_factor, name="carbon_factor_new"),
    path("carbon/factors/<uuid:uid>/", views.replace_factor, name="carbon_factor_replace"),
    path("carbon/<slug:kind>/<uuid:uid>/withdraw/", views.withdraw, name="carbon_withdraw"),
]

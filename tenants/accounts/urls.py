"""Addresses of accounts."""

from django.urls import path

from . import settings_pages, views

urlpatterns = [
    path("account/", views.profile, name="profile"),
    path("account/identity/", views.check, name="identity"),
    path("console/identity/", views.reviews, name="reviews"),
    path("console/identity/<uuid:uid>/", views.decide, name="decide"),
    path("settings/", settings_pages.index, name="settings"),
    path("settings/brand/", settings_pages.brand_page, name="settings_brand"),
    path("settings/brand/look/", settings_pages.look, name="settings_look"),
    path("settings/team/", settings_pages.team_page, name="settings_team"),
    path("settings/team/<uuid:uid>/give/", settings_pages.give, name="settings_give"),
    path("settings/team/<uuid:uid>/take/", settings_pages.take, name="settings_take"),
    path("settings/organisations/", settings_pages.organisations_page, name="settings_organisations"),
    path("settings/audit/", settings_pages.audit_page, name="settings_audit"),
    path("terms/", views.terms, name="terms"),
    path("privacy/", views.privacy, name="privacy"),
]

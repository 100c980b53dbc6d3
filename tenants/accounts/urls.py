"""Addresses of accounts."""

from django.urls import path

from . import views

urlpatterns = [
    path("account/", views.profile, name="profile"),
    path("account/identity/", views.check, name="identity"),
    path("console/identity/", views.reviews, name="reviews"),
    path("console/identity/<uuid:uid>/", views.decide, name="decide"),
    path("terms/", views.terms, name="terms"),
    path("privacy/", views.privacy, name="privacy"),
]

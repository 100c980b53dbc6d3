"""Addresses of booking."""

from django.urls import path

from . import views

urlpatterns = [
    path("chargers/<uuid:uid>/quote/", views.quote, name="quote"),
    path("chargers/<uuid:uid>/book/", views.hold, name="hold"),
]

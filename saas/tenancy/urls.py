"""Addresses of the platform's own site."""

from django.urls import path

from . import views

urlpatterns = [path("", views.landing, name="landing"), path("start/", views.start, name="start")]

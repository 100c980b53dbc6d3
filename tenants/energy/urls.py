"""Addresses of reports."""

from django.urls import path

from . import views

urlpatterns = [
    path("reports/", views.home, name="reports"),
    path("reports/<uuid:uid>/<slug:kind>/", views.file, name="report_file"),
]

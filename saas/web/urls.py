"""Addresses that every site has, a tenant's and the platform's."""

from django.urls import path

from . import views

urlpatterns = [
    path("brand.css", views.brand_css, name="brand_css"),
    path("logo.svg", views.logo, name="logo"),
    path("icons/<int:size>.png", views.icon_png, name="icon"),
    path("icons/maskable-<int:size>.png", views.icon_png, {"maskable": True}, name="icon_maskable"),
    path("manifest.webmanifest", views.manifest, name="manifest"),
    path("sw.js", views.service_worker, name="service_worker"),
    path("offline/", views.offline, name="offline"),
    path("language/", views.language, name="language"),
]

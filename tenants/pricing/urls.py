"""Addresses of pricing."""

from django.urls import path

from . import views

urlpatterns = [
    path("host/suggestions/<uuid:uid>/<slug:act>/", views.answer, name="suggestion_answer"),
    path("host/costs/<uuid:uid>/", views.wish, name="pricing_wish"),
    path("settings/prices/", views.policy, name="pricing_policy"),
]

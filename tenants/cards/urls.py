"""Addresses of cards: a driver's own, and the operator's list."""

from django.urls import path

from . import views

urlpatterns = [
    path("account/cards/", views.mine, name="cards"),
    path("account/cards/<uuid:uid>/<str:act>/", views.change, name="card_change"),
    path("console/cards/", views.staff, name="console_cards"),
    path("console/cards/groups/", views.add_group, name="card_group_add"),
    path("console/cards/<uuid:uid>/", views.terms, name="card_terms"),
]

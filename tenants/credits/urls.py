"""Addresses of credits."""

from django.urls import path

from .views import console, rewards

urlpatterns = [
    path("console/credits/", console.home, name="credits"),
    path("console/credits/new/", console.new, name="credit_new"),
    path("console/credits/green/", rewards.rules, name="green_rules"),
    path("console/credits/green/<uuid:uid>/", rewards.payout, name="green_payout"),
    path("console/credits/<uuid:uid>/", console.batch, name="credit_batch"),
    path("console/credits/<uuid:uid>/<slug:verb>/", console.change, name="credit_change"),
    path("console/credits/blocks/<uuid:uid>/", console.block, name="credit_block"),
    path("console/credits/blocks/<uuid:uid>/certificate/", console.certificate, name="credit_certificate"),
    path("console/credits/blocks/<uuid:uid>/<slug:verb>/", console.deal, name="credit_deal"),
    path("green/", rewards.mine, name="green_mine"),
]

from django.apps import AppConfig


class FleetsConfig(AppConfig):
    name = "tenants.fleets"

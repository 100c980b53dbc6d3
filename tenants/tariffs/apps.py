from django.apps import AppConfig


class TariffsConfig(AppConfig):
    name = "tenants.tariffs"

    def ready(self) -> None:
        """The currency of a tenant is locked from the first price or booking on."""
        from saas.tenancy.signals import currency_in_use  # noqa: PLC0415 - apps are not loaded before

        from . import receivers  # noqa: PLC0415

        currency_in_use.connect(receivers.currency_in_use, dispatch_uid="tariffs.currency_in_use")

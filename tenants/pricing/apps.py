from django.apps import AppConfig


class PricingConfig(AppConfig):
    name = "tenants.pricing"

    def ready(self) -> None:
        """Searches are counted and prices remembered as the marketplace tells of them."""
        from tenants.marketplace import signals  # noqa: PLC0415 - apps are not loaded before

        from . import actions, searches  # noqa: PLC0415

        signals.searched.connect(searches.count, dispatch_uid="pricing.searched")
        signals.priced.connect(actions.mark, dispatch_uid="pricing.priced")

"""The providers that are there. Which one new payments use is decided in one place."""

from django.conf import settings

from .offline import OfflineProvider
from .ports import PaymentProvider

PROVIDERS: dict[str, PaymentProvider] = {provider.name: provider for provider in (OfflineProvider(),)}


def chosen() -> str:
    """The name of the provider of new payments: `PAYMENT_PROVIDER` of the settings, else the offline stand-in."""
    return str(getattr(settings, "PAYMENT_PROVIDER", OfflineProvider.name))


def provider(name: str) -> PaymentProvider:
    """By the name that a payment keeps. KeyError for one that is not installed."""
    return PROVIDERS[name]

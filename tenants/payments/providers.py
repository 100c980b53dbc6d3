"""The providers that are there. Which one a tenant uses is decided in one place."""

from .offline import OfflineProvider
from .ports import PaymentProvider

PROVIDERS: dict[str, PaymentProvider] = {provider.name: provider for provider in (OfflineProvider(),)}
DEFAULT = "offline"


def provider(name: str) -> PaymentProvider:
    """By the name that a payment keeps. KeyError for one that is not installed."""
    return PROVIDERS[name]

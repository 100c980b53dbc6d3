"""Which registry this installation files with."""

from django.conf import settings

from .cadt import CadtRegistry
from .offline import OfflineRegistry
from .port import RegistryPort


def registry() -> RegistryPort:
    """CADT where `WATTLANE_CADT_URL` names its API, else the stand-in."""
    if settings.CADT_URL:
        return CadtRegistry(settings.CADT_URL, settings.CADT_KEY)
    return OfflineRegistry()

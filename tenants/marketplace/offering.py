"""Offering a charger: place, equipment, adapter, price and week become one listing, or nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from saas.devices.queries import UnknownDevice, get
from saas.kit.errors import Refused
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.sites.actions import Place, create_evse, create_location
from tenants.sites.models import Evse

from . import actions
from .availability import Weekly
from .models import Listing


class AdapterUnknown(Refused):
    """There is no adapter with this id here. It stands on the sticker under the QR code."""

    code = "adapter_unknown"
    status = 422


class AdapterInUse(Refused):
    """This adapter is in use at another charger already."""

    code = "adapter_in_use"


@dataclass(frozen=True)
class Offer:
    """What a host said in the steps. Prices: decimal text before tax, empty for none; power in W."""

    title: str
    description: str
    connector: str
    max_power_w: int
    amenities: tuple[str, ...]
    device_id: str
    place: Place
    per_hour: str | None
    per_kwh: str | None
    weekly: Sequence[Weekly]


def check_adapter(device_id: str) -> None:
    """Refuse an adapter that is not this tenant's or that a charger uses already. AdapterUnknown, AdapterInUse."""
    try:
        device = get(device_id)
    except UnknownDevice as error:
        raise AdapterUnknown() from error
    if device.tenant.schema_name != current_schema():
        raise AdapterUnknown()
    if Evse.objects.filter(device_id=device_id).exists():
        raise AdapterInUse()


@transaction.atomic
def offer(*, host: User, offer: Offer, now: datetime) -> Listing:
    """A live listing. Raises AdapterUnknown, AdapterInUse, Invalid; nothing is kept then."""
    check_adapter(offer.device_id)
    location = create_location(place=offer.place, now=now)
    try:
        with transaction.atomic():
            evse = create_evse(
                location=location, connector=offer.connector, max_power_w=offer.max_power_w, device_id=offer.device_id,
                max_current_ma=max(6_000, offer.max_power_w * 1000 // 230), now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise AdapterInUse() from error
    return actions.create_listing(
        host=host, evse=evse, title=offer.title, description=offer.description, amenities=list(offer.amenities),
        per_hour=offer.per_hour, per_kwh=offer.per_kwh, availability=offer.weekly, now=now,
    )  # fmt: skip

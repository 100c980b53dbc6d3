"""Offering a charger: place, equipment, adapter, price and week become one listing, or nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from saas.devices.queries import UnknownDevice, get
from saas.kit.errors import NotFound, Refused
from saas.kit.tenant_context import current_schema
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.actions import Place, create_evse, create_location, renew_evse
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


class EvseInUse(Refused):
    """This EVSE is offered already."""

    code = "evse_in_use"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How something is offered. Prices: decimal text before tax, empty for none."""

    title: str
    description: str
    amenities: tuple[str, ...]
    per_hour: str | None
    per_kwh: str | None
    weekly: Sequence[Weekly]


@dataclass(frozen=True, kw_only=True)
class Offer(Terms):
    """What a host said in the steps: a new charger on an adapter. Power in W."""

    connector: str
    max_power_w: int
    device_id: str
    place: Place


def check_adapter(device_id: str, host: User | None = None) -> None:
    """Refuse an adapter that is not this tenant's, that somebody else than the host claimed, or that a charger uses
    already. AdapterUnknown, AdapterInUse."""
    try:
        device = get(device_id)
    except UnknownDevice as error:
        raise AdapterUnknown() from error
    if device.tenant.schema_name != current_schema():
        raise AdapterUnknown()
    if host is not None and device.owner not in ("", str(host.uid)) and not can(host, "station.manage"):
        raise AdapterUnknown()
    if Evse.objects.filter(device_id=device_id).exists():
        raise AdapterInUse()


@transaction.atomic
def offer(*, host: User, offer: Offer, now: datetime) -> Listing:
    """A live listing. Raises AdapterUnknown, AdapterInUse, Invalid; nothing is kept then."""
    check_adapter(offer.device_id, host)
    location = create_location(place=offer.place, now=now)
    try:
        with transaction.atomic():
            evse = create_evse(
                location=location, connector=offer.connector, max_power_w=offer.max_power_w, device_id=offer.device_id,
                now=now,
            )  # fmt: skip
    except IntegrityError as error:
        raise AdapterInUse() from error
    return _listing(host, evse, offer, now)


@transaction.atomic
def offer_evse(*, host: User, evse_uid: UUID, terms: Terms, now: datetime) -> Listing:
    """A live listing of equipment that is there already, such as an outlet of a station: by operators, and by hosts of
    the organisation whose place it is. What was offered before and deleted is offered as a new EVSE: the old one keeps
    its bookings and sessions. Raises NotFound, EvseInUse, Invalid."""
    evse = Evse.objects.select_for_update(of=("self",)).select_related("location").filter(uid=evse_uid).first()
    if evse is None or not can(host, "listing.manage", evse):
        raise NotFound("There is no such EVSE.", evse=str(evse_uid))
    before = Listing.objects.filter(evse=evse).first()
    if before is not None and (before.state != Listing.State.DELETED or evse.device_id is None):
        raise EvseInUse()
    return _listing(host, renew_evse(evse=evse, now=now) if before else evse, terms, now)


def _listing(host: User, evse: Evse, terms: Terms, now: datetime) -> Listing:
    return actions.create_listing(
        host=host, evse=evse, title=terms.title, description=terms.description, amenities=list(terms.amenities),
        per_hour=terms.per_hour, per_kwh=terms.per_kwh, availability=terms.weekly, now=now,
    )  # fmt: skip

"""One charger's page, and a host's own chargers."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from saas.kit import pagination
from saas.kit.errors import NotFound
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can

from ..models import AddressLook, Listing
from .address import is_staff_look, may_see_exact
from .cards import cards
from .shapes import ChargerView

RELATED = ("evse__location", "tariff", "host")


def charger(*, uid: UUID, viewer: Someone, now: datetime) -> ChargerView:
    """NotFound for what is not live, unless the viewer may view it. A look of staff at a private address is logged."""
    listing = Listing.objects.select_related(*RELATED).filter(uid=uid).first()
    if listing is None or not (listing.state == Listing.State.LIVE or can(viewer, "listing.view", listing)):
        raise NotFound("There is no such charger.")
    if isinstance(viewer, User) and is_staff_look(listing=listing, viewer=viewer):
        AddressLook.objects.create(listing=listing, user=viewer, at=now)
    return _view(listing, exact=may_see_exact(listing=listing, viewer=viewer), now=now)


def of_host(*, host: User, now: datetime) -> list[ChargerView]:
    """All chargers of a host that are not deleted, newest first, with their exact address."""
    return [_view(listing, exact=True, now=now) for listing in _offered(host).order_by("-id")]


def page_of_host(*, host: User, now: datetime, after: str | None, limit: int) -> pagination.Page[ChargerView]:
    """The same, page by page."""
    page = pagination.newest_first(_offered(host), after=after, limit=limit)
    return pagination.Page([_view(listing, exact=True, now=now) for listing in page.items], page.next)


def _offered(host: User) -> "QuerySet[Listing]":
    return Listing.objects.select_related(*RELATED).filter(host=host).exclude(state=Listing.State.DELETED)


def _view(listing: Listing, *, exact: bool, now: datetime) -> ChargerView:
    location = listing.evse.location
    shown = asdict(cards([listing], now=now)[0])
    if exact:
        shown |= {"latitude": location.latitude, "longitude": location.longitude}
    return ChargerView(
        **shown,
        exact=exact,
        address=location.address if exact else None,
        postal_code=location.postal_code if exact else None,
        description=listing.description,
        host=listing.host.name,
        state=listing.state,
        timezone=location.timezone,
        country=location.country,
        least_minutes=listing.least_minutes,
        most_minutes=listing.most_minutes,
        gap_minutes=listing.gap_minutes,
        lead_minutes=listing.lead_minutes,
        instant_book=listing.instant_book,
        evse_uid=listing.evse.uid,
        status=listing.evse.status,
    )

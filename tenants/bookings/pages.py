"""Bookings page by page, seen from a side: as driver, as host, or over the whole tenant."""

from django.db.models import Q

from saas.kit.errors import Forbidden
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can

from .models import Booking
from .queries import RELATED

SIDES = ("driver", "host", "all")


def page(*, viewer: User, side: str, state: str | None, after: str | None, limit: int) -> Page[Booking]:
    """Newest first. Side `all` is for staff: Forbidden for others."""
    rows = Booking.objects.select_related(*RELATED, "session").filter(_mine(viewer, side))
    return newest_first(rows.filter(state=state) if state else rows, after=after, limit=limit)


def _mine(viewer: User, side: str) -> Q:
    if side == "driver":
        return Q(driver=viewer)
    if side == "host":  # a hold that was never paid is not the host's business
        return Q(listing__host=viewer) & ~Q(state__in=(Booking.State.HELD, Booking.State.EXPIRED))
    if not can(viewer, "booking.view"):
        raise Forbidden()
    return Q()

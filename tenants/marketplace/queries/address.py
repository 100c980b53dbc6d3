"""Whom the exact address of a private charger is shown to (MKT-07). Everybody else sees the centre of its cell."""

from saas.tenancy.queries import current
from tenants.accounts.models import User
from tenants.accounts.permissions import Someone, can

from ..models import Listing

BOOKED = ("confirmed", "active")


def may_see_exact(*, listing: Listing, viewer: Someone) -> bool:
    """The host; a driver who passed the identity check (with a booking, if the tenant chose so); staff with the right.

    Looks of staff are to be logged: see `is_staff_look`.
    """
    if not listing.evse.location.private:
        return True
    if not isinstance(viewer, User) or not viewer.is_active:
        return False
    return listing.host_id == viewer.pk or _as_driver(listing, viewer) or can(viewer, "address.view")


def is_staff_look(*, listing: Listing, viewer: Someone) -> bool:
    """Whether the viewer sees the exact address only by a role, so that the look is logged."""
    if not listing.evse.location.private or not isinstance(viewer, User) or listing.host_id == viewer.pk:
        return False
    return not _as_driver(listing, viewer) and can(viewer, "address.view")


def _as_driver(listing: Listing, viewer: User) -> bool:
    if viewer.identity != User.Identity.VERIFIED:
        return False
    if current().address_policy == "verified":
        return True
    return listing.bookings.filter(driver=viewer, state__in=BOOKED).exists()

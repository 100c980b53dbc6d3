"""One listing by its uid, for whom it may be."""

from uuid import UUID

from saas.kit.errors import NotFound
from tenants.accounts.permissions import Someone, can

from .models import Listing

RELATED = ("evse__location", "tariff", "host")


def shown(*, uid: UUID, viewer: Someone) -> Listing:
    """A listing that this person may see. NotFound for what is not live, unless they may view it."""
    listing = Listing.objects.select_related(*RELATED).filter(uid=uid).exclude(state=Listing.State.DELETED).first()
    if listing is None or not (listing.state == Listing.State.LIVE or can(viewer, "listing.view", listing)):
        raise NotFound("There is no such charger.")
    return listing


def managed(*, uid: UUID, viewer: Someone) -> Listing:
    """A listing that this person may change. NotFound for everybody else, as if there were none."""
    listing = Listing.objects.select_related(*RELATED).filter(uid=uid).exclude(state=Listing.State.DELETED).first()
    if listing is None or not can(viewer, "listing.manage", listing):
        raise NotFound("There is no such charger.")
    return listing

"""Reading suggestions, wishes, the policy and openings."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
from django.db.models import F

from saas.contracts.pricerule import Decision, Inputs, decide
from saas.kit.errors import NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.marketplace.models import Listing

from .amounts import simple
from .models import Opening, Policy, Suggestion, Wish

RELATED = ("listing__evse__location", "listing__tariff", "listing__host")


@dataclass(frozen=True)
class Costs:
    """What one kWh costs a host: their own words, else what is usual here (`own` False)."""

    energy_cost_micro: int
    wear_micro: int
    profit_micro: int
    losses_bp: int
    own: bool


def policy() -> Policy:
    """The tenant's policy; the usual one before anybody changed it (not stored then)."""
    return Policy.objects.order_by("pk").first() or Policy()


def costs(*, listing: Listing) -> Costs:
    wish = Wish.objects.filter(listing=listing).first()
    if wish is not None:
        return Costs(wish.energy_cost_micro, wish.wear_micro, wish.profit_micro, wish.losses_bp, True)
    usual = policy()
    return Costs(usual.energy_cost_micro, usual.wear_micro, 0, usual.losses_bp, False)


def offered(*, listing: Listing, now: datetime) -> list[Suggestion]:
    """Suggestions that may be taken now: at most one per kind."""
    rows = Suggestion.objects.select_related("listing__tariff").filter(
        listing=listing, state=Suggestion.State.OFFERED, expires_at__gt=now
    )
    return [row for row in rows.order_by("kind") if still_holds(row)]


def still_holds(row: Suggestion) -> bool:
    """Whether the listing still has the price that the rule was given."""
    prices = simple(row.listing.tariff.elements)
    return prices is not None and prices[row.kind] == row.inputs["current_micro"]


def page(*, viewer: User, after: str | None, limit: int) -> Page[Suggestion]:
    """Newest first: all for whom manages prices, else those of the viewer's own chargers."""
    rows = Suggestion.objects.select_related(*RELATED)
    if not can(viewer, "price.manage"):
        rows = rows.filter(listing__host=viewer)
    return newest_first(rows, after=after, limit=limit)


def find(*, uid: UUID, viewer: User) -> Suggestion:
    """NotFound for everybody who may not change the charger's price."""
    row = Suggestion.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not (can(viewer, "listing.manage", row.listing) or can(viewer, "price.manage")):
        raise NotFound("There is no such suggestion.")
    return row


def rebuilt(row: Suggestion) -> Decision:
    """What the stored rule says of the stored inputs, reckoned again."""
    return decide(row.rule, msgspec.convert(row.inputs, Inputs))


def unlike() -> list[UUID]:
    """Suggestions that cannot be rebuilt from what is stored of them: none, or something is wrong."""
    rows = Suggestion.objects.order_by("pk").iterator(chunk_size=500)
    return [row.uid for row in rows if rebuilt(row) != msgspec.convert(row.decision, Decision)]


def openings(*, limit: int = 3) -> list[Opening]:
    """Where a host would earn most; where nothing is known of prices, where most look in vain."""
    return list(Opening.objects.order_by(F("month_micro").desc(nulls_last=True), "-unmet", "pk")[:limit])

"""REST of pricing."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from saas.kit.errors import NotFound
from saas.kit.pagination import link_next
from saas.kit.schemas import PageOf, Paging
from tenants.accounts.bearer import caller
from tenants.accounts.permissions import can
from tenants.marketplace import access

from . import actions, queries
from .schemas import (
    PriceCosts,
    PriceCostsIn,
    PricePolicy,
    PriceSuggestion,
    costs_shown,
    policy_shown,
    suggestion_shown,
)

router = Router(tags=["pricing"])


@router.get("/pricing/suggestions", response=PageOf[PriceSuggestion], operation_id="price_suggestions")
def suggestions(request: HttpRequest, response: HttpResponse, asked: Query[Paging]) -> object:
    """Suggested prices of the caller's chargers, of all for who manages prices; newest first."""
    page = queries.page(viewer=caller(request), after=asked.after, limit=asked.limit)
    link_next(request, response, page.next)
    return {"items": [suggestion_shown(row) for row in page.items], "next": page.next}


@router.get("/pricing/suggestions/{uuid:uid}", response=PriceSuggestion, operation_id="price_suggestion")
def suggestion(request: HttpRequest, uid: UUID) -> object:
    """One suggestion with all that the rule was given."""
    return suggestion_shown(queries.find(uid=uid, viewer=caller(request)))


@router.post("/pricing/suggestions/{uuid:uid}/accept", response=PriceSuggestion, operation_id="accept_price")
def accept(request: HttpRequest, uid: UUID) -> object:
    """The suggested price from now on; what is booked keeps its price."""
    row = queries.find(uid=uid, viewer=caller(request))
    return suggestion_shown(actions.accept(suggestion=row, by=caller(request), now=timezone.now()))


@router.post("/pricing/suggestions/{uuid:uid}/decline", response=PriceSuggestion, operation_id="decline_price")
def decline(request: HttpRequest, uid: UUID) -> object:
    """Keep the price; this one is not suggested again for two weeks."""
    row = queries.find(uid=uid, viewer=caller(request))
    return suggestion_shown(actions.decline(suggestion=row, by=caller(request), now=timezone.now()))


@router.get("/chargers/{uuid:uid}/costs", response=PriceCosts, operation_id="charger_costs")
def costs(request: HttpRequest, uid: UUID) -> object:
    """What a kWh costs the host of this charger, and what should be left of it."""
    return costs_shown(queries.costs(listing=access.managed(uid=uid, viewer=caller(request))))


@router.put("/chargers/{uuid:uid}/costs", response=PriceCosts, operation_id="set_charger_costs")
def set_costs(request: HttpRequest, uid: UUID, body: PriceCostsIn) -> object:
    """The next suggestion reckons with it."""
    listing = access.managed(uid=uid, viewer=caller(request))
    actions.set_wish(listing=listing, now=timezone.now(), **body.model_dump())
    return costs_shown(queries.costs(listing=listing))


@router.get("/pricing/policy", response=PricePolicy, operation_id="price_policy")
def policy(request: HttpRequest) -> object:
    """What suggestions may be."""
    _manages(request)
    return policy_shown(queries.policy())


@router.put("/pricing/policy", response=PricePolicy, operation_id="set_price_policy")
def set_policy(request: HttpRequest, body: PricePolicy) -> object:
    """Holds for suggestions from now on."""
    _manages(request)
    return policy_shown(actions.set_policy(by=caller(request), **body.model_dump()))


def _manages(request: HttpRequest) -> None:
    if not can(caller(request), "price.manage"):
        raise NotFound()

"""Price suggestions in; searches without a result, price history and hosts' wishes out."""

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone

from saas.contracts import pricing
from saas.kit.errors import Invalid
from tenants.pricing import actions, exports

from .guard import body, guarded, json, moment


@guarded("GET", "pricing:read")
def searches(request: HttpRequest) -> HttpResponse:
    """Counts of searches by cell and hour."""
    since = moment(request.GET.get("since"))
    return json(exports.searches(since=since, after=request.GET.get("after"), limit=_limit(request)))


@guarded("GET", "pricing:read")
def offers(request: HttpRequest) -> HttpResponse:
    """Chargers with their prices, costs and wishes."""
    return json(exports.offers(after=request.GET.get("after"), limit=_limit(request)))


@guarded("POST", "pricing:write")
def suggestions(request: HttpRequest) -> HttpResponse:
    said = body(request, pricing.Suggestions)
    return json(actions.receive(items=said.items, now=timezone.now()))


@guarded("POST", "pricing:write")
def openings(request: HttpRequest) -> HttpResponse:
    actions.replace_openings(items=body(request, pricing.Openings).items)
    return HttpResponse(status=204)


def _limit(request: HttpRequest) -> int:
    limit = request.GET.get("limit", "500")
    if not limit.isdecimal():
        raise Invalid("A limit is a number.", limit=limit)
    return min(int(limit), 1000)


urls = [
    path("pricing/searches", searches),
    path("pricing/offers", offers),
    path("pricing/suggestions", suggestions),
    path("pricing/openings", openings),
]

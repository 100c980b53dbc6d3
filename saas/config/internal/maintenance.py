"""Risks in; outages, outcomes of work orders and statuses out."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils import timezone

from saas.contracts.maintenance import RiskReport
from saas.kit.errors import Invalid
from tenants.maintenance import exports
from tenants.maintenance.actions.risks import take_risks

from .guard import body, guarded, json, moment

READ, WRITE = "maintenance:read", "maintenance:write"


@guarded("GET", READ)
def outages(request: HttpRequest) -> HttpResponse:
    """Intervals in which EVSEs were down, in the order in which they last changed."""
    return _page(request, exports.outages)


@guarded("GET", READ)
def outcomes(request: HttpRequest) -> HttpResponse:
    """What technicians found."""
    return _page(request, exports.outcomes)


@guarded("GET", READ)
def statuses(request: HttpRequest) -> HttpResponse:
    """Every status that EVSEs got."""
    return _page(request, exports.statuses)


@guarded("POST", WRITE)
def risks(request: HttpRequest) -> HttpResponse:
    """Predictions; the newest of each unit and horizon counts."""
    return json(take_risks(report=body(request, RiskReport), now=timezone.now()))


def _page(request: HttpRequest, export: Callable[..., object]) -> HttpResponse:
    limit = request.GET.get("limit", "500")
    if not limit.isdecimal():
        raise Invalid("A limit is a number.", limit=limit)
    since = moment(request.GET.get("since"))
    return json(export(since=since, after=request.GET.get("after"), limit=int(limit)))


urls: list[URLPattern] = [
    path("maintenance/outages", outages),
    path("maintenance/outcomes", outcomes),
    path("maintenance/statuses", statuses),
    path("maintenance/risks", risks),
]

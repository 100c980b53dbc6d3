"""Bookings, lines of the books and listings out, for the dashboards of resellers and partners."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path

from saas.kit.errors import Invalid
from tenants.dashboards import business

from .guard import guarded, json, moment


@guarded("GET", "performance:read")
def bookings(request: HttpRequest) -> HttpResponse:
    return json(business.bookings(since=moment(request.GET.get("since")), **_paging(request)))


@guarded("GET", "performance:read")
def movements(request: HttpRequest) -> HttpResponse:
    return json(business.movements(since=moment(request.GET.get("since")), **_paging(request)))


@guarded("GET", "performance:read")
def listings(request: HttpRequest) -> HttpResponse:
    return json(business.listings(**_paging(request)))


def _paging(request: HttpRequest) -> Any:
    limit = request.GET.get("limit", "500")
    if not limit.isdecimal() or len(limit) > 6:
        raise Invalid("A limit is a number.", limit=limit[:80])
    return {"after": request.GET.get("after"), "limit": int(limit)}


urls = [
    path("performance/bookings", bookings),
    path("performance/movements", movements),
    path("performance/listings", listings),
]

"""Instruments, supplier factors and fuel out."""

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path

from saas.contracts.carbon import Mark
from tenants.carbon import exports, queries

from .guard import guarded, json


@guarded("GET", "carbon:read")
def instruments(request: HttpRequest) -> HttpResponse:
    return json(exports.instruments(after=request.GET.get("after")))


@guarded("GET", "carbon:read")
def fuel(request: HttpRequest) -> HttpResponse:
    return json(exports.fuel(after=request.GET.get("after")))


@guarded("GET", "carbon:read")
def factors(request: HttpRequest) -> HttpResponse:
    return json(exports.factors(after=request.GET.get("after")))


@guarded("GET", "carbon:read")
def mark(request: HttpRequest) -> HttpResponse:
    return json(Mark(mark=queries.mark()))


urls: list[URLPattern] = [
    path("carbon/instruments", instruments),
    path("carbon/fuel", fuel),
    path("carbon/factors", factors),
    path("carbon/mark", mark),
]

"""Tenants, closed sessions, names."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from saas.contracts import internal
from saas.kit.errors import Invalid
from saas.tenancy import queries as tenancy
from saas.tenancy.models import Tenant
from tenants.energy import exports

from .guard import guarded, json, moment


@guarded("GET", "tenants:read")
def tenants(request: HttpRequest) -> HttpResponse:
    """All tenants with host and brand; on the platform's host."""
    return json([_card(tenant) for tenant in tenancy.tenants()])


@guarded("GET", "sessions:read")
def sessions(request: HttpRequest) -> HttpResponse:
    """Closed sessions in the order in which they closed."""
    limit = request.GET.get("limit", "500")
    if not limit.isdecimal():
        raise Invalid("A limit is a number.", limit=limit)
    since = moment(request.GET.get("since"))
    return json(exports.closed_sessions(since=since, after=request.GET.get("after"), limit=min(int(limit), 1000)))


@guarded("GET", "roster:read")
def roster(request: HttpRequest) -> HttpResponse:
    return json(exports.roster())


def _card(tenant: Tenant) -> internal.TenantCard:
    names = "name kind country language currency timezone logo_svg colour_primary colour_accent state"
    fields = {name: str(getattr(tenant, name)) for name in names.split()}
    return internal.TenantCard(tenant=tenant.schema_name, host=tenancy.primary_host(tenant), **fields)


public_urls = [path("tenants", tenants)]
urls = [
    path("sessions", sessions),
    path("roster", roster),
]

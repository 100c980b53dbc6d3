"""`/internal/v1`: the one typed door through which pipelines talk to the web app. Words: saas/contracts/internal.py."""

import time
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast
from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from saas.contracts import internal
from saas.kit import problems
from saas.kit.errors import Invalid, Refused
from saas.kit.tenant_context import current_schema
from saas.tenancy import queries as tenancy
from saas.tenancy.models import Tenant
from tenants.energy import actions, exports

P = ParamSpec("P")
T = TypeVar("T")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


class Unauthenticated(Refused):
    """This needs a token of the pipelines for this very tenant and scope."""

    code = "unauthenticated"
    status = 401


def guarded(method: str, scope: str) -> Callable[[View[P]], View[P]]:
    """Only with this method, and a token that was minted for the tenant of this host and this scope."""

    def wrap(view: View[P]) -> View[P]:
        @csrf_exempt
        @wraps(view)
        def guard(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method != method:
                return problems.response(405, "method_not_allowed", headers={"Allow": method})
            try:
                _check(request, scope)
                return view(request, *args, **kwargs)
            except Refused as error:
                return problems.of_refusal(error)

        return cast(View[P], guard)

    return wrap


@guarded("GET", "tenants:read")
def tenants(request: HttpRequest) -> HttpResponse:
    """All tenants with host and brand; on the platform's host."""
    return _json([_card(tenant) for tenant in tenancy.tenants()])


@guarded("GET", "sessions:read")
def sessions(request: HttpRequest) -> HttpResponse:
    """Closed sessions in the order in which they closed."""
    limit = request.GET.get("limit", "500")
    if not limit.isdecimal():
        raise Invalid("A limit is a number.", limit=limit)
    since = _moment(request.GET.get("since"))
    return _json(exports.closed_sessions(since=since, after=request.GET.get("after"), limit=min(int(limit), 1000)))


@guarded("GET", "roster:read")
def roster(request: HttpRequest) -> HttpResponse:
    return _json(exports.roster())


@guarded("GET", "reports:write")
def queued(request: HttpRequest) -> HttpResponse:
    return _json(exports.queued_reports())


@guarded("POST", "reports:write")
def running(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = _body(request, internal.RunStarted)
    actions.report_running(uid=uid, run_id=said.run_id, now=timezone.now())
    return HttpResponse(status=204)


@guarded("POST", "reports:write")
def ready(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = _body(request, internal.ReportMade)
    files = [actions.Made(f.kind, f.path, f.sha256, f.size_bytes) for f in said.files]
    actions.report_ready(uid=uid, run_id=said.run_id, data_version=said.data_version, files=files, now=timezone.now())
    return HttpResponse(status=204)


@guarded("POST", "reports:write")
def failed(request: HttpRequest, uid: UUID) -> HttpResponse:
    said = _body(request, internal.ReportFailed)
    actions.report_failed(uid=uid, run_id=said.run_id, error=said.error, now=timezone.now())
    return HttpResponse(status=204)


def _check(request: HttpRequest, scope: str) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    try:
        internal.verify(token.strip(), tenant=current_schema(), scope=scope, now_s=int(time.time()))
    except internal.BadToken as error:
        raise Unauthenticated() from error
    if scheme.lower() != "bearer":
        raise Unauthenticated()


def _card(tenant: Tenant) -> internal.TenantCard:
    names = "name kind country language currency timezone logo_svg colour_primary colour_accent state"
    fields = {name: str(getattr(tenant, name)) for name in names.split()}
    return internal.TenantCard(tenant=tenant.schema_name, host=tenancy.primary_host(tenant), **fields)


def _body(request: HttpRequest, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(request.body, type=kind)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise Invalid(str(error)) from error


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid("`since` is an RFC 3339 time.", since=text) from error
    if moment.tzinfo is None:
        raise Invalid("`since` names its zone.", since=text)
    return moment


def _json(said: object) -> HttpResponse:
    return HttpResponse(
        msgspec.json.encode(said), content_type="application/json", headers={"Cache-Control": "no-store"}
    )


public_urls = [path("tenants", tenants)]
tenant_urls = [
    path("sessions", sessions),
    path("roster", roster),
    path("reports/queued", queued),
    path("reports/<uuid:uid>/running", running),
    path("reports/<uuid:uid>/ready", ready),
    path("reports/<uuid:uid>/failed", failed),
]

"""The REST API of a tenant's site, `/api/v1`, and the internal one of pipelines, `/internal/v1`."""

import json
import re
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from saas.devices.api import router as enrolment
from saas.kit import problems
from saas.kit.errors import Refused
from saas.kit.ratelimit import TooMany
from tenants.accounts import bearer
from tenants.accounts.api import Bearer
from tenants.accounts.api import router as accounts
from tenants.adapters.api import router as adapters
from tenants.bookings.api import router as bookings
from tenants.carbon.api import router as carbon
from tenants.cards.api import router as cards
from tenants.charging.api import router as charging
from tenants.credits.api import router as credits
from tenants.dashboards.api import router as dashboards
from tenants.energy.api import router as energy
from tenants.feed.once import KEY_PATTERN, LONGEST_KEY, answer_once
from tenants.fleets.api import router as fleets
from tenants.ledger.api import router as ledger
from tenants.maintenance.api import router as maintenance
from tenants.marketplace.api import router as marketplace
from tenants.operations.api import router as operations
from tenants.power.api import router as power
from tenants.pricing.api import router as pricing
from tenants.stations.api import router as stations

ABOUT = """\
**Log in**: `POST /api/v1/auth/token` with e-mail address and password; send the access token as
`Authorization: Bearer …`.

**Pages**: lists take `limit` and `after`; go on with `next` of the answer (or its `Link` header) until it is null.

**Trying again**: a POST with an `Idempotency-Key` is done once; the same key gets the same answer.

**Errors** are `application/problem+json` (RFC 9457) with a stable `code`.

**Live**: `GET /live/events?audience=session:{uid}` with the same token is a stream of server-sent events; resume it
with `Last-Event-ID`.
"""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable and for programs, `detail` is for people.",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:wattlane:problem:slot_taken"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "retry": {"type": "boolean", "description": "Whether the same request may succeed later"},
    },
}
ALWAYS = (400, 404, 405, 413, 422, 429, 500, 503)
WITH_TOKEN = (401, 403)
CHANGING = (409,)
KEY_PARAMETER = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY, "pattern": f"^{KEY_PATTERN}$"},
    "description": "The same key gets the same answer again, for the same person and request.",
}
# They call the payment provider between transactions of their own, and carry the key on to it; a call to a station
# must be committed before it can be answered.
OWN_TRANSACTIONS = re.compile(r"/(confirm|cancel|extend|file|commands/[^/]+)$")
HTTP_CODES = {401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 400: "malformed"}


class Api(NinjaAPI):
    """Adds to the schema what every operation can answer: problems, and the idempotency key of POST."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: Any = None) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for methods in schema["paths"].values():
            for method, operation in methods.items():
                _document(method, operation)
        return schema


def _document(method: str, operation: dict[str, Any]) -> None:
    secured = "security" in operation
    statuses = [*ALWAYS, *(WITH_TOKEN if secured or method == "post" else ()), *(CHANGING if method != "get" else ())]
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status in statuses:
        operation["responses"].setdefault(status, {"description": problems.TITLES[status], "content": content})
    if method == "post" and secured:
        operation.setdefault("parameters", []).append(KEY_PARAMETER)


def _once(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """For every operation: a POST with an Idempotency-Key, of a person, is done once."""

    @wraps(run)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST" or "Idempotency-Key" not in request.headers:
            return run(request, *args, **kwargs)
        try:
            person = bearer.authenticate(request)
            if person is None:
                return run(request, *args, **kwargs)
            once = partial(answer_once, request=request, caller=str(person.uid))
            return once(run=partial(run, request, *args, **kwargs), whole=not OWN_TRANSACTIONS.search(request.path))
        except Refused as error:
            return refused(request, error)
        except RequestDataTooBig:
            return too_big(request)

    return guarded


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    response = problems.of_refusal(error)
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(error.retry_after)
    return response


def invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Which field is wrong and why; never what was sent: it may be a password."""
    errors = [{"field": ".".join(map(str, e["loc"])), "message": e["msg"], "kind": e["type"]} for e in error.errors]
    return problems.response(422, "invalid", "Some fields do not fit.", errors=errors)


def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What ninja itself refuses; of a body that cannot be read, why."""
    status, cause = error.status_code, error.__cause__
    if isinstance(cause, json.JSONDecodeError):
        detail = f"The body is not JSON: {cause.msg} at line {cause.lineno}, column {cause.colno}."
        return problems.response(status, "malformed", detail, line=cause.lineno, column=cause.colno, position=cause.pos)
    if isinstance(cause, UnicodeDecodeError):
        detail = f"The body is not UTF-8 text: byte {cause.start} does not fit."
        return problems.response(status, "malformed", detail, position=cause.start)
    headers = {"WWW-Authenticate": 'Bearer realm="api"'} if status == 401 else {}
    return problems.response(status, HTTP_CODES.get(status, "refused"), headers=headers)


def too_big(request: HttpRequest, error: Exception | None = None) -> HttpResponse:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    return problems.response(413, "too_large", f"The body may have at most {most} bytes.", most_bytes=most)


def missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problems.response(404, "not_found")


def down(request: HttpRequest, error: Exception) -> HttpResponse:
    return problems.response(503, "database_down", "The database does not answer.", headers={"Retry-After": "5"})


def _handlers(built: NinjaAPI) -> NinjaAPI:
    for kind, handler in HANDLERS.items():
        built.add_exception_handler(kind, handler)
    return built


HANDLERS: dict[type[Exception], Any] = {
    Refused: refused,
    ValidationError: invalid,
    HttpError: http_error,
    RequestDataTooBig: too_big,
    Http404: missing,
    OperationalError: down,
    InterfaceError: down,
}
ROUTERS = (
    accounts, marketplace, bookings, cards, charging, adapters, stations, operations, power, fleets, energy, ledger,
    maintenance, pricing, carbon, credits, dashboards,
)  # fmt: skip


def build() -> NinjaAPI:
    """The public API with all routers."""
    built = Api(title="Wattlane", version="1", description=ABOUT, urls_namespace="api-v1", auth=Bearer(), docs_url=None)
    built.add_decorator(_once, mode="view")
    for router in (enrolment(), *ROUTERS):
        built.add_router("", router)
    return _handlers(built)


def build_platform() -> NinjaAPI:
    """What the platform's own host answers: adapters enrol there, before any tenant has them."""
    built = Api(title="Wattlane platform", version="1", urls_namespace="api-platform-v1", docs_url=None)
    built.add_router("", enrolment())
    return _handlers(built)


api = build()
platform_api = build_platform()

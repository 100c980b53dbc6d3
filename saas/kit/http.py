"""What every web answer gets, whoever made it: a request id, a log line, the security headers, cross-origin rules."""

import secrets
import time
from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from . import outage, problems
from .outage import PROGRAM_PATHS

Next = Callable[[HttpRequest], HttpResponse]
METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=(), payment=(self), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
OPEN_TO_OTHER_ORIGINS = "/api/"
CODES = {400: "malformed", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 500: "internal_error"}
CORS = {
    "Access-Control-Allow-Origin": "*",  # never with credentials: a browser sends no cookie, and our API reads none
    "Access-Control-Expose-Headers": "Link, Location, Retry-After, X-Request-Id",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}
REQUESTS = Counter("wattlane_requests_total", "Web requests", ["method", "route", "status"])
SECONDS = Histogram("wattlane_request_seconds", "Time to the answer's first byte", ["route"])
log = structlog.get_logger("wattlane.request")


class RequestLog:
    """One line a request. The route, not the path: paths may carry tokens, and never a body, query or person."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id, begin = uuid4().hex, time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
            response.headers["X-Request-Id"] = request_id
            _tell(_facts(request, response), time.perf_counter() - begin)
            return response
        finally:
            structlog.contextvars.unbind_contextvars("request_id")


class SecurityHeaders:
    """The content security policy with `request.csp_nonce`, and its companions. An answer's own policy stays."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]
        response = self.get_response(request)
        for name, value in {**HEADERS, "Content-Security-Policy": policy(nonce)}.items():
            response.headers.setdefault(name, value)
        return response


class CrossOrigin:
    """Cookies are for our own pages only; the API, which knows no cookies, may be called from anywhere."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(OPEN_TO_OTHER_ORIGINS):
            return self._open(request)
        if request.method not in SAFE and settings.SESSION_COOKIE_NAME in request.COOKIES and not _own_page(request):
            return outage.answer(request, 403, "foreign_origin", "This request came from another site.")
        return self.get_response(request)

    def _open(self, request: HttpRequest) -> HttpResponse:
        preflight = request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers
        response = HttpResponse(status=204, headers=PREFLIGHT) if preflight else self.get_response(request)
        for name, value in CORS.items():
            response.headers[name] = value
        return response


class ProgramErrors:
    """Under program paths every error is a problem, whoever made it (a wrong method, a route that is none)."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        kind = response.headers.get("Content-Type", "")
        if response.status_code < 400 or kind == problems.MEDIA_TYPE or not request.path.startswith(PROGRAM_PATHS):
            return response
        code = CODES.get(response.status_code, "refused")
        kept = {name: response.headers[name] for name in ("Allow", "Retry-After") if name in response.headers}
        return problems.response(response.status_code, code, headers=kept)


def policy(nonce: str) -> str:
    """What our pages may load: themselves, and scripts and styles with the nonce of this one answer."""
    tiles = f" {settings.TILES_ORIGIN}" if settings.TILES_ORIGIN else ""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        f"img-src 'self' data: blob:{tiles}; connect-src 'self'{tiles}; worker-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )


def client_ip(request: HttpRequest) -> str:
    """The caller's address; the last hop of X-Forwarded-For where WATTLANE_TRUST_PROXY says that a proxy sets it."""
    if settings.TRUST_PROXY and (forwarded := request.headers.get("X-Forwarded-For")):
        return forwarded.rsplit(",", 1)[-1].strip()
    return str(request.META.get("REMOTE_ADDR", ""))


def _own_page(request: HttpRequest) -> bool:
    """Old browsers may send neither header; Django's CSRF token still stands behind this."""
    if origin := request.headers.get("Origin"):
        return urlsplit(origin).netloc.lower() == request.get_host().lower()
    return request.headers.get("Sec-Fetch-Site", "same-origin") in ("same-origin", "none")


def _tell(facts: dict[str, str], seconds: float) -> None:
    """To the log, and to the counters: by route and status, never by tenant or person, so that they stay few."""
    log.info("request", **facts, ms=round(seconds * 1000, 1))
    REQUESTS.labels(facts["method"], facts["route"], facts["status"]).inc()
    SECONDS.labels(facts["route"]).observe(seconds)


def _facts(request: HttpRequest, response: HttpResponse) -> dict[str, str]:
    match, tenant = request.resolver_match, getattr(request, "tenant", None)
    return {
        "method": request.method if request.method in METHODS else "other",
        "route": match.route if match else "",
        "status": str(response.status_code),
        "tenant": tenant.schema_name if tenant else "",
    }

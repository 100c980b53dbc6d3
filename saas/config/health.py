"""Is this process alive, and can it serve? Answered before any tenant is looked up, on every host."""

import ipaddress
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from saas.kit import problems
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.middleware import bare_host

Next = Callable[[HttpRequest], HttpResponse]
_migrated = False
log = structlog.get_logger("wattlane.health")


class HealthMiddleware:
    """`/healthz`: this process. `/readyz`: database and migrations. `/metrics`: for this machine only."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = PAGES.get(request.path)
        return answer(request) if answer else self.get_response(request)


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    try:
        missing = _missing()
    except (OperationalError, InterfaceError):
        return problems.response(503, "database_down", "The database does not answer.", headers={"Retry-After": "5"})
    except Exception as wrong:
        log.exception("migrations_unreadable")
        reason = f"{type(wrong).__name__} while reading the migrations; the log has the rest."
        return problems.response(503, "migrations_unreadable", reason)
    if missing:
        return problems.response(503, "not_migrated", "Migrations are missing.", missing=missing)
    return HttpResponse("ready\n", content_type="text/plain")


def metrics(request: HttpRequest) -> HttpResponse:
    """Process and request counters. 404 for everyone who does not ask from this machine by its own name."""
    local = _loopback(str(request.META.get("REMOTE_ADDR", ""))) and "X-Forwarded-For" not in request.headers
    if not local or bare_host(request.META.get("HTTP_HOST", "")) not in (
        "localhost",
        "127.0.0.1",
        settings.BASE_DOMAIN,
    ):
        return problems.response(404, "not_found")
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _missing() -> list[str]:
    """Names of migrations that the public schema lacks. Once there are none, only the connection is tried."""
    global _migrated  # noqa: PLW0603 - a process stays migrated until it is replaced
    with tenant_schema(settings.PUBLIC_SCHEMA_NAME):
        if _migrated:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            return []
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    _migrated = not plan
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


PAGES: dict[str, Callable[[HttpRequest], HttpResponse]] = {"/healthz": healthz, "/readyz": readyz, "/metrics": metrics}

"""Who asks, and may they hear it. Django's synchronous code, run in a few threads, the tenant's schema named."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from importlib import import_module

from django.conf import settings
from django.contrib.auth import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import close_old_connections
from django.http import HttpRequest

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.middleware import tenant_of_host
from saas.tenancy.models import Tenant
from tenants.accounts import queries as accounts
from tenants.accounts.models import User
from tenants.feed import queries

from .frames import frame

THREADS = ThreadPoolExecutor(4, thread_name_prefix="door")
PAGE = 500
MOST_MISSED = 5000  # who missed more starts at the present


@dataclass(frozen=True)
class Asked:
    """One request for a feed."""

    host: str
    cookie: str
    authorization: str
    audiences: tuple[str, ...]


async def admit(asked: Asked) -> str | None:
    """The tenant's schema; None when there is no such feed, or not for them."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, _admit, asked)


async def missed(schema: str, audiences: tuple[str, ...], last_id: int | None) -> tuple[int, list[tuple[int, bytes]]]:
    """(id to resume from, frames after `last_id`); without `last_id` the present and nothing."""
    return await asyncio.get_running_loop().run_in_executor(THREADS, _missed, schema, audiences, last_id)


def _admit(asked: Asked) -> str | None:
    close_old_connections()
    tenant = tenant_of_host(asked.host.rsplit(":", 1)[0].lower().rstrip("."))
    if tenant is None or tenant.state != Tenant.State.ACTIVE or not asked.audiences:
        return None
    schema: str = tenant.schema_name
    with tenant_schema(schema):
        user = _bearer(asked) if asked.authorization else _session_user(asked.cookie)
        allowed = all(queries.may_hear(user=user, audience=audience) for audience in asked.audiences)
    return schema if allowed else None


def _bearer(asked: Asked) -> User | AnonymousUser:
    kind, _, token = asked.authorization.partition(" ")
    user = accounts.by_access_token(token.strip(), now=datetime.now(UTC)) if kind.lower() == "bearer" else None
    return user or AnonymousUser()


def _session_user(cookie: str) -> User | AnonymousUser:
    """The user of a session of the web app, with Django's own checks."""
    try:
        morsel = SimpleCookie(cookie).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        morsel = None
    if morsel is None:
        return AnonymousUser()
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore(morsel.value)
    return get_user(request)


def _missed(schema: str, audiences: tuple[str, ...], last_id: int | None) -> tuple[int, list[tuple[int, bytes]]]:
    close_old_connections()
    with tenant_schema(schema):
        newest = queries.last_id()
        if last_id is None or last_id > newest:
            return newest, []
        frames: list[tuple[int, bytes]] = []
        while page := queries.since(audiences=audiences, after_id=frames[-1][0] if frames else last_id, limit=PAGE):
            frames += [(event.id, frame(event.id, event.kind, event.data)) for event in page]
            if len(frames) > MOST_MISSED:
                return newest, []
            if len(page) < PAGE:
                break
    return last_id, frames

"""Dashboards that people of the tenant composed: asked of and sent to the web app, in the name of who looks.

The door's signed identity goes along; the web app looks up the person's rights itself. Nothing that comes from the
address or from a widget says who somebody is.
"""

import os
import time
from dataclasses import dataclass
from typing import Any, cast

import httpx
import msgspec
import streamlit as st

from analytics_app.who import Viewer, header
from saas.contracts import internal
from saas.contracts.dashboards import Asked, Card, Found, Removed, Saved, Spec

TIMEOUT = httpx.Timeout(5, connect=2)
ATTEMPTS, PAUSE_S = 2, 0.2
KEPT_S = 30
NOTHING = Found(items=[], may_compose=False)


class Away(RuntimeError):
    """The web app does not answer. Trying again later helps."""


class Refused(RuntimeError):
    """The web app said no; `code` is that of its problem, the text is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def found(viewer: Viewer) -> Found:
    """The dashboards that the viewer sees. Away, Refused."""
    raw = _found(viewer.tenant, viewer.user, viewer.roles, int(time.time() // KEPT_S))
    return msgspec.json.decode(raw, type=Found)


def save(viewer: Viewer, *, uid: str, version: int, name: str, roles: list[str], spec: Spec) -> Card:
    """Stores it, anew when `version` is 0. Away, Refused (`stale_dashboard`: somebody was faster)."""
    body = Saved(identity=header(), uid=uid, version=version, name=name, roles=roles, spec=spec)
    card = msgspec.json.decode(_call(viewer.tenant, "/dashboards/save", "dashboards:write", body), type=Card)
    _forget()
    return card


def remove(viewer: Viewer, *, uid: str, version: int) -> None:
    """Removes it for everybody. Away, Refused."""
    _call(viewer.tenant, "/dashboards/remove", "dashboards:write", Removed(identity=header(), uid=uid, version=version))
    _forget()


@st.cache_data(max_entries=256, show_spinner=False)
def _found(tenant: str, user: str, roles: tuple[str, ...], moment: int) -> bytes:
    """For one person, kept for at most KEPT_S seconds."""
    return _call(tenant, "/dashboards/list", "dashboards:read", Asked(identity=header()))


@st.cache_data(max_entries=512, ttl=300, show_spinner=False)
def _host(tenant: str) -> str:
    """The tenant's own host, which the web app tells tenants apart by."""
    host = os.environ.get("WATTLANE_HOST", "localhost")
    raw = _answer(_Call("GET", "/tenants", "public", "tenants:read", host))
    cards = msgspec.json.decode(raw, type=list[internal.TenantCard])
    return next(card.host for card in cards if card.tenant == tenant)


def _forget() -> None:
    cast(Any, _found).clear()


@dataclass(frozen=True)
class _Call:
    """One request to the internal API, of one tenant and one scope."""

    verb: str
    path: str
    tenant: str
    scope: str
    host: str
    body: bytes = b""

    def send(self) -> httpx.Response:
        token = internal.mint(tenant=self.tenant, scope=self.scope, now_s=int(time.time()))
        headers = {"Host": self.host, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with httpx.Client(base_url=_web_url(), timeout=TIMEOUT, transport=TRANSPORT) as client:
            return client.request(self.verb, f"/internal/v1{self.path}", headers=headers, content=self.body)


def _call(tenant: str, path: str, scope: str, body: msgspec.Struct) -> bytes:
    return _answer(_Call("POST", path, tenant, scope, _host(tenant), msgspec.json.encode(body)))


def _answer(call: _Call) -> bytes:
    """A second try where the first got none. Saving twice is saving once: the caller names uid and version."""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            answer = call.send()
        except (httpx.TransportError, KeyError):
            continue
        if answer.status_code < 400:
            return answer.content
        if answer.status_code < 500:
            raise _refusal(answer)
    raise Away(call.path)


def _refusal(answer: httpx.Response) -> Refused:
    try:
        problem = msgspec.json.decode(answer.content, type=dict[str, object])
    except msgspec.DecodeError:
        problem = {}
    return Refused(str(problem.get("code", answer.status_code)), str(problem.get("detail", "")))


def _web_url() -> str:
    return os.environ.get("WATTLANE_WEB_URL") or f"http://127.0.0.1:{os.environ.get('WATTLANE_WEB_PORT', '8000')}"


TRANSPORT: httpx.BaseTransport | None = None  # tests put a peer here

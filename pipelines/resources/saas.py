"""Client of the internal API: the only way from the pipelines to the tenants, with a token per tenant and scope."""

import os
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, TypeVar

import httpx
import msgspec

from saas.contracts import internal

T = TypeVar("T")
TIMEOUT = httpx.Timeout(10, connect=3)
ATTEMPTS = 3
PAGE = 500


class Unreachable(RuntimeError):
    """The web app did not answer, or answered 5xx, three times in a row. Trying again later helps."""


class Denied(RuntimeError):
    """The web app refused the call (4xx). Trying again does not help."""


def base_url() -> str:
    """Where the web app listens: `WATTLANE_WEB_URL`, else this machine at `WATTLANE_WEB_PORT`."""
    return os.environ.get("WATTLANE_WEB_URL") or f"http://127.0.0.1:{os.environ.get('WATTLANE_WEB_PORT', '8000')}"


class SaasClient:
    """Calls `/internal/v1`. `transport` and `pause` (seconds before a repeat) are for tests."""

    def __init__(
        self, url: str | None = None, transport: httpx.BaseTransport | None = None, pause: float = 0.5
    ) -> None:
        self._url, self._transport, self._pause = url, transport, pause

    def tenants(self) -> list[internal.TenantCard]:
        found = self.get("/tenants", None, "tenants:read", list[internal.TenantCard])
        return [card for card in found if card.tenant != "public"]

    def sessions(self, card: internal.TenantCard, since: datetime | None) -> Iterator[internal.ClosedSession]:
        """Sessions closed at or after `since`, page by page."""
        query: dict[str, str] = {"limit": str(PAGE)} | ({"since": since.isoformat()} if since else {})
        while True:
            page = self.get("/sessions", card, "sessions:read", internal.SessionPage, query)
            yield from page.items
            if page.next is None:
                return
            query["after"] = page.next

    def roster(self, card: internal.TenantCard) -> internal.Roster:
        return self.get("/roster", card, "roster:read", internal.Roster)

    def queued_reports(self, card: internal.TenantCard) -> list[internal.QueuedReport]:
        return self.get("/reports/queued", card, "reports:write", list[internal.QueuedReport])

    def report_is(self, card: internal.TenantCard, uid: str, word: str, body: msgspec.Struct) -> None:
        """Tells that a report is now `running`, `ready` or `failed`."""
        self.post(f"/reports/{uid}/{word}", card, "reports:write", body)

    def post(self, path: str, card: internal.TenantCard, scope: str, body: object) -> None:
        """Sends one object of the contracts. Denied, Unreachable."""
        self._call("POST", path, card, scope, content=msgspec.json.encode(body))

    def ask(self, path: str, card: internal.TenantCard, scope: str, body: object, kind: type[T]) -> T:
        """Sends one object of the contracts; the answer, decoded as `kind`. Denied, Unreachable."""
        return msgspec.json.decode(self._call("POST", path, card, scope, content=msgspec.json.encode(body)), type=kind)

    def get(self, path: str, card: internal.TenantCard | None, scope: str, kind: type[T], query: Any = None) -> T:
        """The answer, decoded as `kind`. Denied, Unreachable."""
        return msgspec.json.decode(self._call("GET", path, card, scope, params=query), type=kind)

    def _call(self, verb: str, path: str, card: internal.TenantCard | None, scope: str, **extra: Any) -> bytes:
        tenant, host = (card.tenant, card.host) if card else ("public", os.environ.get("WATTLANE_HOST", "localhost"))
        token = _token(tenant, scope)
        headers = {"Host": host, "Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause * attempt)
            answer = self._once(verb, path, headers, extra)
            if answer is not None:
                return answer
        raise Unreachable(f"{verb} {path} for {tenant}")

    def _once(self, verb: str, path: str, headers: dict[str, str], extra: dict[str, Any]) -> bytes | None:
        """Body of the answer; None when another try may help. Denied on 4xx."""
        try:
            with httpx.Client(base_url=self._url or base_url(), timeout=TIMEOUT, transport=self._transport) as client:
                answer = client.request(verb, f"/internal/v1{path}", headers=headers, **extra)
        except httpx.TransportError:
            return None
        if answer.status_code >= 500:
            return None
        if answer.status_code >= 400:
            raise Denied(f"{verb} {path}: {answer.status_code} {answer.text[:200]}")
        return answer.content


def _token(tenant: str, scope: str) -> str:
    try:
        return internal.mint(tenant=tenant, scope=scope, now_s=int(time.time()))
    except KeyError as error:
        raise Unreachable(f"this installation has no secret for the internal API yet: {error}") from error

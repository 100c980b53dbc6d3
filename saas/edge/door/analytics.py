"""The way to Streamlit: only for a logged-in person of that host with a role that may look, and as that person."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from saas.contracts.door import HEADER, sign
from saas.kit import outage

from .asgi import Headers, Receive, Scope, Send, clean_request_headers, first, header, respond
from .upstream import Upstream, target
from .visitor import LIFETIME_S, Visitor

Ask = Callable[[Scope], Awaitable[Visitor]]
CHECK_AGAIN_S = 30.0
MARGIN_S = 60
REFUSED, COME_AGAIN = 4403, 1012
PASSED_COOKIE = "_streamlit_xsrf"
# Streamlit builds its page with inline styles and compiles charts; the rest stays closed.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
ADDED = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"referrer-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"x-frame-options": b"DENY",
}


class Analytics:
    """Streamlit behind its guard. `ask` tells who stands there."""

    def __init__(self, upstream: Upstream, ask: Ask) -> None:
        self.upstream = upstream
        self.ask = ask

    async def http(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        visitor = await self.ask(scope)
        if visitor.identity is None:
            await _turn_away(scope, send, visitor)
            return
        headers = self._headers(scope, visitor)
        await self.upstream.http(scope, receive, _with_policy(send), headers=headers, body=body)

    async def websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """403 for a foreign origin and for everyone without the right; otherwise joined until that right ends."""
        await receive()
        visitor = await self.ask(scope) if same_origin(scope) else Visitor(None)
        if visitor.identity is None:
            await send({"type": "websocket.close", "code": REFUSED})
            return
        await first(
            self.upstream.websocket(scope, receive, send, headers=self._headers(scope, visitor)),
            self._until_gone(scope, send),
        )

    async def _until_gone(self, scope: Scope, send: Send) -> None:
        """Return, with the socket closed, when the person logs out, loses the role, or the identity grows old."""
        end = time.monotonic() + LIFETIME_S - MARGIN_S
        while time.monotonic() < end:
            await asyncio.sleep(CHECK_AGAIN_S)
            if (await self.ask(scope)).identity is None:
                break
        await send({"type": "websocket.close", "code": COME_AGAIN})

    def _headers(self, scope: Scope, visitor: Visitor) -> Headers:
        """The client's, but: no session cookie, host and origin as Streamlit knows itself, our own identity."""
        assert visitor.identity is not None
        dropped = {b"host", b"origin", b"cookie", b"authorization"}
        kept = [(key, value) for key, value in clean_request_headers(scope["headers"]) if key not in dropped]
        cookies = [part.strip() for part in header(scope, b"cookie").split(";")]
        passed = [part for part in cookies if part.startswith(PASSED_COOKIE + "=")]
        ours = {"host": self.upstream.netloc, "origin": f"http://{self.upstream.netloc}", "cookie": "; ".join(passed)}
        ours[HEADER.lower()] = sign(visitor.identity)
        return kept + [(key.encode(), value.encode("latin-1")) for key, value in ours.items() if value]


def same_origin(scope: Scope) -> bool:
    """Whether the page that opens the socket is of this very host. A sibling sub-domain is as foreign as any other."""
    origin = urlsplit(header(scope, b"origin"))
    return origin.scheme in ("http", "https") and origin.netloc.lower() == header(scope, b"host").lower() != ""


async def _turn_away(scope: Scope, send: Send, visitor: Visitor) -> None:
    if visitor.tenant is not None and not visitor.known:
        location = f"/accounts/login/?next={quote(target(scope), safe='')}"
        await respond(send, 302, {"location": location, "cache-control": "no-store"}, b"")
        return
    status, code = (403, "no_analytics") if visitor.known else (404, "not_found")
    page = outage.html(status, code, "There is nothing here.", visitor.tenant).encode()
    headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": outage.POLICY}
    await respond(send, status, headers, page)


def _with_policy(send: Send) -> Send:
    async def guarded(message: "dict[str, object]") -> None:
        if message["type"] == "http.response.start":
            kept = [pair for pair in message["headers"] if pair[0] not in ADDED]  # type: ignore[attr-defined]
            message["headers"] = kept + list(ADDED.items())
        await send(message)

    return guarded  # type: ignore[return-value]

"""The entrance itself: the ASGI application that every web request meets first."""

import asyncio
import re
import time
from collections.abc import Awaitable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import cast

from django.core.handlers.wsgi import WSGIHandler
from django.db import DatabaseError

from saas.kit import outage, problems
from saas.tenancy.middleware import remembered

from .analytics import Analytics
from .asgi import (
    BodyTooLarge,
    BodyTooSlow,
    Message,
    Receive,
    Scope,
    Send,
    clean_request_headers,
    header,
    read_body,
    respond,
    until_left,
)
from .bridge import Bridge, Wsgi
from .upstream import Upstream, UpstreamBroken, UpstreamDown
from .visitor import Visitor, visitor

BODY_LIMIT = 25 * 1024 * 1024
BODY_SECONDS = 30.0
ANSWER_SECONDS = 30.0
# Who asks a station something waits for its answer, up to a minute: in threads of its own, so that pages never do.
WAITS = re.compile(r"/api/v1/stations/[^/]+/commands/[^/]+")
WAIT_SECONDS = 75.0
WAIT_THREADS = 24
WAITING_LIMIT = 400  # beyond this many requests at once, new ones are sent away at once instead of hanging


class Entrance:
    """`/live/*` to the live feed, `/analytics/*` to Streamlit, the rest to Django in at most `threads` threads."""

    def __init__(self, django: WSGIHandler, *, live_port: int, analytics_port: int, threads: int) -> None:
        self.django = Bridge(cast(Wsgi, django), threads=threads)
        self.patient = Bridge(cast(Wsgi, django), threads=WAIT_THREADS)
        self.live = Upstream(live_port, quiet_s=None)
        self.analytics = Analytics(Upstream(analytics_port, quiet_s=60), self._ask)
        self.asking = ThreadPoolExecutor(4, thread_name_prefix="door")
        self.inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)
        elif kind == "lifespan":
            await self._lifespan(receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        watched = _Watched(send)
        try:
            body = await read_body(receive, limit=BODY_LIMIT, seconds=BODY_SECONDS)
            await self._route(scope, body, receive, watched)
        except (BodyTooLarge, BodyTooSlow, UpstreamDown, UpstreamBroken, DatabaseError) as error:
            if not watched.started:
                await _apologise(scope, send, error)
        except ConnectionError:
            return  # the client left before its request was complete

    async def _route(self, scope: Scope, body: bytes, receive: Receive, send: "_Watched") -> None:
        if within(scope, "/analytics"):
            await self.analytics.http(scope, receive, send, body)
        elif within(scope, "/live"):
            headers = clean_request_headers(scope["headers"])
            await self.live.http(scope, receive, send, headers=headers, body=body)
        else:
            await self._django(scope, body, receive, send)

    async def _django(self, scope: Scope, body: bytes, receive: Receive, send: "_Watched") -> None:
        if self.inside >= WAITING_LIMIT:
            raise UpstreamDown
        inner = {**scope, "headers": clean_request_headers(scope["headers"])}
        waits = scope["method"] == "POST" and WAITS.fullmatch(scope["path"]) is not None
        bridge, seconds = (self.patient, WAIT_SECONDS) if waits else (self.django, ANSWER_SECONDS)
        self.inside += 1
        try:
            leaving = asyncio.ensure_future(_note_leaving(receive, send))
            try:
                await _answer_in_time(bridge(inner, body, send), send, seconds)
            finally:
                leaving.cancel()
        finally:
            self.inside -= 1

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if within(scope, "/analytics"):
                await self.analytics.websocket(scope, receive, send)
            else:
                await receive()
                await send({"type": "websocket.close", "code": 4404})
        except (UpstreamDown, UpstreamBroken, DatabaseError):
            await send({"type": "websocket.close", "code": 1013})

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await self.live.close()
        await self.analytics.upstream.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _ask(self, scope: Scope) -> Visitor:
        ask = partial(visitor, host=header(scope, b"host"), cookie=header(scope, b"cookie"), now_s=int(time.time()))
        return await asyncio.get_running_loop().run_in_executor(self.asking, ask)


class _Watched:
    """A `send` that remembers whether the answer began, and swallows everything once the client has left.

    Django's thread must never wait for a client that is gone: the server says so only through `receive`.
    """

    def __init__(self, send: Send) -> None:
        self.send = send
        self.started = False
        self.left = False

    async def __call__(self, message: Message) -> None:
        self.started = True
        if not self.left:
            await self.send(message)


async def _answer_in_time(work: Awaitable[None], send: _Watched, seconds: float) -> None:
    """Wait for Django; UpstreamDown when it has not begun to answer in time (a frozen database holds the thread)."""
    task = asyncio.ensure_future(work)
    await asyncio.wait([task], timeout=seconds)
    if not task.done() and not send.started:
        send.left = True
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise UpstreamDown
    await task


async def _note_leaving(receive: Receive, send: _Watched) -> None:
    await until_left(receive)
    send.left = True


def within(scope: Scope, prefix: str) -> bool:
    """Whether the path lies below the prefix, dots or not: what comes out below is decided by its own first segment."""
    path: str = scope["path"]
    return path == prefix or path.startswith(prefix + "/")


APOLOGIES: dict[type[Exception], tuple[int, str, str]] = {
    BodyTooLarge: (413, "too_large", f"At most {BODY_LIMIT // 1024 // 1024} MiB."),
    BodyTooSlow: (408, "too_slow", "The request did not arrive in time."),
    UpstreamDown: (503, "part_down", "This part is starting or down. Try again in a few seconds."),
    UpstreamBroken: (502, "part_broken", "This part did not answer as it should. Try again."),
    DatabaseError: (503, "database_down", "The database does not answer. Try again in a few seconds."),
}


async def _apologise(scope: Scope, send: Send, error: Exception) -> None:
    status, code, text = next(words for kind, words in APOLOGIES.items() if isinstance(error, kind))
    headers = {"cache-control": "no-store", **({"retry-after": "5"} if status == 503 else {})}
    if scope["path"].startswith(outage.PROGRAM_PATHS):
        answer = problems.response(status, code, text)
        await respond(send, status, {**headers, "content-type": problems.MEDIA_TYPE}, answer.content)
        return
    headers |= {"content-type": "text/html; charset=utf-8", "content-security-policy": outage.POLICY}
    brand = remembered(header(scope, b"host"))
    await respond(send, status, headers, outage.html(status, code, text, brand).encode())

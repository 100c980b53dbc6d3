"""GET /live/events?audience=…: an ASGI application; one task and no thread for each open feed."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

import structlog

from . import door, frames, source
from .hub import Hub, Subscriber

log = structlog.get_logger("live")
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
HEARTBEAT_SECONDS = 15.0
SEND_SECONDS = 10.0
LIFE_SECONDS = (540.0, 660.0)  # then the client comes back and its right to hear is asked again
MOST_AUDIENCES = 20
HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


class Live:
    """The application. Its hub is fed by `source.feed` while it runs."""

    def __init__(self) -> None:
        self.hub = Hub()
        self._stopping = asyncio.Event()

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    def stop(self) -> None:
        """End every feed, so that the server may end."""
        self._stopping.set()
        self.hub.end_all()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        feeder = asyncio.create_task(source.feed(self.hub))
        await send({"type": "lifespan.startup.complete"})
        await receive()
        feeder.cancel()
        await asyncio.gather(feeder, return_exceptions=True)
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["path"] == "/live/health":
            await _say(send, 200, "ok")
            return
        asked = _asked(scope)
        if scope["path"].rstrip("/") != "/live/events" or scope["method"] != "GET" or asked is None:
            await _say(send, 404, "There is no such feed.")
            return
        try:
            schema = await door.admit(asked)
        except Exception:
            log.exception("admission_failed")
            await _say(send, 503, "The feed is not available now. Try again.")
            return
        if schema is None:
            await _say(send, 404, "There is no such feed, or it is not yours to hear.")
            return
        await self._stream(schema, asked.audiences, _last_id(scope), receive, send)

    async def _stream(
        self, schema: str, audiences: tuple[str, ...], last_id: int | None, receive: Receive, send: Send
    ) -> None:
        subscriber = Subscriber((schema, audience) for audience in audiences)
        self.hub.add(subscriber)  # before the rows are read: nothing falls between
        watch = asyncio.create_task(_until_gone(receive, subscriber))
        try:
            start, missed = await door.missed(schema, audiences, last_id)
            await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
            await _write(send, frames.hello(start) + b"".join(frame for _, frame in missed))
            await _relay(subscriber, {event_id for event_id, _ in missed}, send)
            await send({"type": "http.response.body", "body": b""})
        except TimeoutError:
            log.info("slow_reader_dropped", tenant=schema)
        finally:
            watch.cancel()
            self.hub.remove(subscriber)


async def _relay(subscriber: Subscriber, known: set[int], send: Send) -> None:
    """Events as they come, a comment when none do, until the feed is over."""
    over = asyncio.create_task(subscriber.over.wait())
    end_at = asyncio.get_running_loop().time() + random.uniform(*LIFE_SECONDS)  # noqa: S311
    try:
        while not over.done() and asyncio.get_running_loop().time() < end_at:
            next_event = asyncio.create_task(subscriber.queue.get())
            await asyncio.wait({next_event, over}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if next_event.done():
                event_id, frame = next_event.result()
                if event_id not in known:
                    await _write(send, frame)
            else:
                next_event.cancel()
                await _write(send, frames.KEEP)
    finally:
        over.cancel()


async def _write(send: Send, body: bytes) -> None:
    """TimeoutError for a reader that takes nothing."""
    await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": True}), SEND_SECONDS)


async def _until_gone(receive: Receive, subscriber: Subscriber) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    subscriber.over.set()


async def _say(send: Send, status: int, detail: str) -> None:
    body = json.dumps({"type": "about:blank", "title": detail, "status": status}).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _headers(scope: MutableMapping[str, Any]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _asked(scope: MutableMapping[str, Any]) -> door.Asked | None:
    """None when the audiences are missing or too many."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=100)
    audiences = tuple(dict.fromkeys(value for name, value in pairs if name == "audience"))
    if not 0 < len(audiences) <= MOST_AUDIENCES or any("\x00" in audience for audience in audiences):
        return None
    held = _headers(scope)
    return door.Asked(held.get("host", ""), held.get("cookie", ""), held.get("authorization", ""), audiences)


def _last_id(scope: MutableMapping[str, Any]) -> int | None:
    """`Last-Event-ID`, by header, or by query for clients that cannot set it."""
    query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
    text = _headers(scope).get("last-event-id") or query.get("last_event_id", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

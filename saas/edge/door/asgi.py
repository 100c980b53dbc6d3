"""The words of ASGI, and the small things that every part of the door does with them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import suppress
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# What belongs to one connection and is never passed on (RFC 9110 section 7.6.1).
HOP_BY_HOP = frozenset(
    b"connection keep-alive proxy-authenticate proxy-authorization proxy-connection te trailer transfer-encoding "
    b"upgrade".split()
)
OURS = b"x-wattlane-"


class BodyTooLarge(Exception):
    """The request's body is over the limit."""


class BodyTooSlow(Exception):
    """The request's body did not arrive in time."""


def header(scope: Scope, name: bytes) -> str:
    """The value of a request header; several joined by comma; empty when absent."""
    return ",".join(value.decode("latin-1") for key, value in scope["headers"] if key.lower() == name)


def clean_request_headers(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    """Without hop-by-hop headers, and without any that could pass for one of ours.

    An underscore counts: WSGI cannot tell `X_Wattlane_Identity` from `X-Wattlane-Identity`.
    """
    kept = [(key.lower(), value) for key, value in headers]
    return [
        (key, value) for key, value in kept if b"_" not in key and key not in HOP_BY_HOP and not key.startswith(OURS)
    ]


async def read_body(receive: Receive, *, limit: int, seconds: float) -> bytes:
    """The whole body. BodyTooLarge, BodyTooSlow; ConnectionError when the client leaves before the end."""
    parts, size, more = [], 0, True
    try:
        async with asyncio.timeout(seconds):
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ConnectionError("the client left")
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                more = message.get("more_body", False)
                if size > limit:
                    raise BodyTooLarge
    except TimeoutError as error:
        raise BodyTooSlow from error
    return b"".join(parts)


async def until_left(receive: Receive) -> None:
    """Return when the client leaves. To be called once the body has been read."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def first(*jobs: Awaitable[None]) -> None:
    """Run the jobs until one ends, then cancel the others. An exception of the ended one is raised."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        with suppress(asyncio.CancelledError):
            task.result()


async def respond(send: Send, status: int, headers: dict[str, str], body: bytes) -> None:
    """One whole answer."""
    lines = {**headers, "content-length": str(len(body))}
    pairs = [(key.lower().encode("latin-1"), value.encode("latin-1")) for key, value in lines.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})

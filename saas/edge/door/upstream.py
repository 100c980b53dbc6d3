"""A process behind the door, reached over loopback: HTTP streamed as it comes, websockets message by message."""

import asyncio
from collections.abc import Iterable

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from .asgi import HOP_BY_HOP, Headers, Receive, Scope, Send, first, until_left

MAX_STREAMS = 5_000
NOT_COPIED = frozenset({"host", "origin", "connection", "upgrade", "content-length"})


class UpstreamDown(Exception):
    """Nobody answers there. It may be starting: trying again in some seconds helps."""


class UpstreamBroken(Exception):
    """It answered, but not as it should, before anything reached the client."""


class Upstream:
    """One address. `quiet_s` is how long it may say nothing in mid-answer; None for streams."""

    def __init__(self, port: int, *, quiet_s: float | None) -> None:
        self.netloc = f"127.0.0.1:{port}"
        self.quiet_s = quiet_s
        self._client: httpx.AsyncClient | None = None

    async def http(self, scope: Scope, receive: Receive, send: Send, *, headers: Headers, body: bytes) -> None:
        """Pass one request on and its answer back; the upstream's side ends as soon as the client leaves."""
        await first(self._relay(scope, send, headers, body), until_left(receive))

    async def _relay(self, scope: Scope, send: Send, headers: Headers, body: bytes) -> None:
        started = False
        try:
            async with self._open().stream(
                scope["method"], f"http://{self.netloc}{target(scope)}", headers=headers, content=body or None
            ) as answer:
                await send({"type": "http.response.start", "status": answer.status_code, "headers": _back(answer)})
                started = True
                async for chunk in answer.aiter_raw():
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        except httpx.ConnectError as error:
            raise UpstreamDown from error
        except httpx.HTTPError as error:
            if not started:
                raise UpstreamBroken from error
        # An answer that broke off ends here too: its own length or framing tells the client.
        await send({"type": "http.response.body", "body": b""})

    async def websocket(self, scope: Scope, receive: Receive, send: Send, *, headers: Headers) -> None:
        """Join the client's socket with one upstream. `websocket.connect` was read. Returns when either ends."""
        offered = [Subprotocol(word) for word in scope.get("subprotocols", [])]
        extra = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in headers if _for_socket(k)]
        try:
            socket = await connect(
                f"ws://{self.netloc}{target(scope)}",
                subprotocols=offered or None,
                additional_headers=extra,
                origin=None,
                compression=None,
                max_size=None,
                open_timeout=5,
                ping_interval=None,
                user_agent_header=None,
                proxy=None,
            )
        except (OSError, TimeoutError) as error:
            raise UpstreamDown from error
        except InvalidHandshake as error:
            raise UpstreamBroken from error
        async with socket:
            await send({"type": "websocket.accept", "subprotocol": socket.subprotocol})
            await first(_up(receive, socket), _down(socket, send))

    def _open(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(connect=2, read=self.quiet_s, write=30, pool=5),
                # A connection each: an idle one that the other side just closed would look like a failure.
                limits=httpx.Limits(max_connections=MAX_STREAMS, max_keepalive_connections=0),
                trust_env=False,
            )
        return self._client

    async def close(self) -> None:
        """Let go of idle connections."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None


def target(scope: Scope) -> str:
    """Path and query as the client wrote them."""
    query = scope["query_string"].decode("latin-1")
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw.decode("latin-1") + (f"?{query}" if query else "")


def _for_socket(key: bytes) -> bool:
    name = key.decode("latin-1").lower()
    return name not in NOT_COPIED and not name.startswith("sec-websocket-")


def _back(answer: httpx.Response) -> Headers:
    pairs: Iterable[tuple[bytes, bytes]] = answer.headers.raw
    return [(key.lower(), value) for key, value in pairs if key.lower() not in HOP_BY_HOP]


async def _up(receive: Receive, socket: ClientConnection) -> None:
    while True:
        message = await receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("text") if message.get("text") is not None else message.get("bytes")
        if data is not None:
            await socket.send(data)


async def _down(socket: ClientConnection, send: Send) -> None:
    code = 1000
    try:
        async for data in socket:
            await send({"type": "websocket.send", "text" if isinstance(data, str) else "bytes": data})
    except ConnectionClosed as closed:
        code = closed.rcvd.code if closed.rcvd else 1012
    await asyncio.shield(_quietly(send({"type": "websocket.close", "code": code if code != 1006 else 1012})))


async def _quietly(job: object) -> None:
    try:
        await job  # type: ignore[misc]
    except RuntimeError:
        return  # the client closed first

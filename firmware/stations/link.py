"""The WebSocket of a station: frames, one call at a time, calls that must arrive kept until they are answered."""

import asyncio
import base64
import contextlib
import json
import random
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import websockets
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

Payload = dict[str, Any]
CALL_S = 30.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0


class CallFailed(Exception):
    """No answer, or a CALLERROR; the text says which."""


@dataclass(frozen=True)
class Kept:
    """A call that must arrive. `make` is asked when it is sent; `done` gets the answer."""

    action: str
    make: Callable[[], Payload]
    done: Callable[[Payload], None] = lambda _answer: None


class Link:
    """`answer(action, payload)` says what a call of the platform gets; KeyError: not implemented."""

    def __init__(self, url: str, station: str, password: str, subprotocol: str) -> None:
        self.url, self.station, self.password = url, station, password
        self._subprotocol = subprotocol
        self._socket: ClientConnection | None = None
        self._calling = asyncio.Lock()
        self._waiting: dict[str, asyncio.Future[Payload]] = {}
        self._kept: deque[Kept] = deque()
        self._more = asyncio.Event()
        self.registered = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._socket is not None

    @property
    def waiting(self) -> int:
        """Calls that must arrive and have not."""
        return len(self._kept)

    async def run(self, welcome: Callable[[], Any], answer: Callable[[str, Payload], Any]) -> None:
        """Stay connected until cancelled: back-off with jitter, `welcome` after each connection."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                async with connect(
                    self.url, subprotocols=[Subprotocol(self._subprotocol)], additional_headers=self._headers(),
                    compression=None, ping_interval=30, open_timeout=20,
                ) as socket:  # fmt: skip
                    self._socket = socket
                    pause = FIRST_PAUSE_S
                    await self._serve(socket, welcome, answer)
            except (OSError, TimeoutError, websockets.WebSocketException):
                pass
            finally:
                self._lost()
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    async def drop(self) -> None:
        """Close the connection; `run` comes back."""
        if self._socket:
            await self._socket.close()

    async def call(self, action: str, payload: Payload) -> Payload:
        """The platform's answer. Raises CallFailed."""
        async with self._calling:
            if self._socket is None:
                raise CallFailed("offline")
            key = uuid.uuid4().hex
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
            try:
                await self._socket.send(json.dumps([2, key, action, payload]))
                return await asyncio.wait_for(future, CALL_S)
            except (TimeoutError, websockets.WebSocketException) as wrong:
                raise CallFailed(str(wrong) or "no answer") from None
            finally:
                self._waiting.pop(key, None)

    def keep(self, kept: Kept) -> None:
        """Send it in turn, now or when the platform is back."""
        self._kept.append(kept)
        self._more.set()

    async def deliver(self) -> None:
        """Send what is kept, in order, until cancelled."""
        while True:
            await self.registered.wait()
            if not self._kept:
                self._more.clear()
                await self._more.wait()
                continue
            try:
                self._kept[0].done(await self.call(self._kept[0].action, self._kept[0].make()))
                self._kept.popleft()
            except CallFailed:
                await asyncio.sleep(2)

    async def _serve(
        self, socket: ClientConnection, welcome: Callable[[], Any], answer: Callable[[str, Payload], Any]
    ) -> None:
        greeting = asyncio.create_task(welcome())
        try:
            async for raw in socket:
                frame = json.loads(raw)
                if frame[0] == 2:
                    await self._answer(socket, frame, answer)
                elif future := self._waiting.get(frame[1]):
                    _resolve(future, frame)
        finally:
            greeting.cancel()

    async def _answer(self, socket: ClientConnection, frame: list[Any], answer: Callable[[str, Payload], Any]) -> None:
        try:
            await socket.send(json.dumps([3, frame[1], await answer(frame[2], frame[3])]))
        except KeyError:
            await socket.send(json.dumps([4, frame[1], "NotImplemented", "", {}]))

    def _headers(self) -> dict[str, str]:
        if not self.password:
            return {}
        pair = base64.b64encode(f"{self.station}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def _lost(self) -> None:
        self._socket = None
        self.registered.clear()
        for future in self._waiting.values():
            with contextlib.suppress(asyncio.InvalidStateError):
                future.set_exception(CallFailed("offline"))


def _resolve(future: "asyncio.Future[Payload]", frame: list[Any]) -> None:
    if future.done():
        return
    if frame[0] == 3:
        future.set_result(frame[2])
    else:
        future.set_exception(CallFailed(str(frame[2])))

"""What all WebSockets of a server share: who may come in, who then listens, and one timer for all of them."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from websockets.http11 import Request

if TYPE_CHECKING:
    from .websocket import WebSocket

CLOSING_S = 5.0
NORMAL, GOING_AWAY = 1000, 1001


class Peer(Protocol):
    """Who is told."""

    def received(self, message: bytes, text: bool) -> None:
        """One whole message. Text is not yet known to be UTF-8."""

    def left(self, why: str) -> None:
        """The connection has ended. Said once."""

    def check(self, now: float) -> None:
        """Said about once a second, with `time.monotonic()`."""


class Admitted(Protocol):
    """A request that was let in."""

    @property
    def subprotocol(self) -> str:
        """The sub-protocol to speak."""


class Door:
    """What all connections share. `admit` says who may come in (or raises Refused), `enter` who then listens.

    `keep_alive_s`: a station that was silent for so long is pinged, and given up after half as much again.
    """

    def __init__(
        self,
        admit: Callable[[Request, "WebSocket"], Awaitable[Admitted]],
        enter: Callable[["WebSocket", Any], Peer],
        *,
        keep_alive_s: float,
    ) -> None:
        self.admit = admit
        self.enter = enter
        self.keep_alive_s = keep_alive_s
        self.tick_s = min(1.0, keep_alive_s / 10)
        self.now = time.monotonic()
        self.sockets: set[WebSocket] = set()
        self.admissions: set[asyncio.Task[None]] = set()

    async def watch(self) -> None:
        """Ping the silent and end the dead, until cancelled."""
        while True:
            await asyncio.sleep(self.tick_s)
            self.now = time.monotonic()
            for socket in list(self.sockets):
                socket.check(self.now)

    async def close(self, *, within_s: float = CLOSING_S) -> None:
        """Say goodbye to everybody and wait a little for their goodbyes."""
        for socket in list(self.sockets):
            socket.close(GOING_AWAY, "The gateway restarts.")
        until = time.monotonic() + within_s
        while self.sockets and time.monotonic() < until:
            await asyncio.sleep(0.02)
        for socket in list(self.sockets):
            socket.abort("The gateway restarts.")

"""A small charge point that says what a script tells it and answers calls as it is set, strict about what it hears."""

import asyncio
import base64
import json
from typing import Any, Self

from websockets.asyncio.client import ClientConnection, connect

from saas.edge.ocpp import schemas

VERSIONS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1"}


class CallError(Exception):
    """The platform answered with a CALLERROR; the text is its code."""


class Scripted:
    """`replies`: what an action of the platform is answered (default: Accepted). What it hears must be lawful."""

    def __init__(self, url: str, user: str, password: str, protocol: str) -> None:
        token = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._dialling = connect(
            url,
            subprotocols=[protocol],
            additional_headers={"Authorization": f"Basic {token}"},
            compression=None,  # type: ignore[list-item]
        )
        self.version = VERSIONS[protocol]
        self.replies: dict[str, dict[str, Any]] = {}
        self.errors: dict[str, str] = {}  # actions that are refused with this code
        self.silent = False
        self.heard: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._count = 0

    async def __aenter__(self) -> Self:
        self.socket: ClientConnection = await self._dialling
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reading.cancel()
        await self.socket.close()

    def stop_reading(self) -> None:
        """Leave the socket to the caller."""
        self._reading.cancel()

    async def call(self, action: str, /, **payload: Any) -> dict[str, Any]:
        """The platform's answer. Raises CallError."""
        self._count += 1
        name = f"s{self._count}"
        future = self._answers[name] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps([2, name, action, payload]))
        async with asyncio.timeout(10):
            answer = await future
        schemas.check_response(self.version, action, answer)
        return answer

    async def expect(self, action: str) -> dict[str, Any]:
        """The next call of the platform, which must be this one."""
        async with asyncio.timeout(10):
            heard, payload = await self.heard.get()
        assert heard == action, (heard, payload)
        return payload

    async def _read(self) -> None:
        async for raw in self.socket:
            frame = json.loads(raw)
            if frame[0] == 2:
                await self._reply(frame)
            elif frame[0] == 3:
                self._answers.pop(frame[1]).set_result(frame[2])
            else:
                self._answers.pop(frame[1]).set_exception(CallError(frame[2]))

    async def _reply(self, frame: list[Any]) -> None:
        _, name, action, payload = frame
        schemas.check_request(self.version, action, payload)
        self.heard.put_nowait((action, payload))
        if self.silent:
            return
        if action in self.errors:
            await self.socket.send(json.dumps([4, name, self.errors[action], "", {}]))
            return
        reply = self.replies.get(action, {"status": "Accepted"})
        await self.socket.send(json.dumps([3, name, reply]))

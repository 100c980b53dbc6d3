"""Stations for the tests: clients of the `ocpp` package, and hand-made frames."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as result16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as result201
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from .fakes import House

AT = "2026-01-01T00:00:00Z"


class Station16(ChargePoint16):  # type: ignore[misc]
    """Starts and unlocks what it is told; refuses to stop transaction 13."""

    started: tuple[str, int] | None = None

    @on("RemoteStartTransaction")
    def on_start(self, id_tag: str, connector_id: int, **_: Any) -> Any:
        self.started = (id_tag, connector_id)
        return result16.RemoteStartTransaction(status="Accepted")

    @on("RemoteStopTransaction")
    def on_stop(self, transaction_id: int) -> Any:
        return result16.RemoteStopTransaction(status="Rejected" if transaction_id == 13 else "Accepted")

    @on("UnlockConnector")
    def on_unlock(self, connector_id: int) -> Any:
        return result16.UnlockConnector(status="UnlockFailed")


class Station201(ChargePoint201):  # type: ignore[misc]
    """Starts and stops what it is told."""

    started: tuple[str, int] | None = None

    @on("RequestStartTransaction")
    def on_start(self, id_token: dict[str, str], remote_start_id: int, **_: Any) -> Any:
        self.started = (id_token["id_token"], remote_start_id)
        return result201.RequestStartTransaction(status="Accepted")

    @on("RequestStopTransaction")
    def on_stop(self, transaction_id: str) -> Any:
        return result201.RequestStopTransaction(status="Accepted")


def basic(user: str, password: str | bytes) -> dict[str, str]:
    secret = password.encode() if isinstance(password, str) else password
    return {"Authorization": "Basic " + base64.b64encode(user.encode() + b":" + secret).decode()}


def dial(
    house: House, path: str = "ampere/CP1", *, protocols: Any = ("ocpp1.6",), headers: dict[str, str] | None = None
) -> connect:
    """A client's connection to the gateway; as CP1 of ampere unless told otherwise."""
    given = basic("CP1", "secret-of-cp1") if headers is None else headers
    return connect(house.url(path), subprotocols=protocols, additional_headers=given, compression=None)


@asynccontextmanager
async def plugged(house: House, kind: type, protocol: str) -> AsyncIterator[Any]:
    """A station of the `ocpp` package, talking."""

    async def talk(station: Any) -> None:
        try:
            await station.start()
        except ConnectionClosed:
            return

    async with dial(house, protocols=(protocol,)) as socket:
        station = kind("CP1", socket, response_timeout=5)
        talking = asyncio.create_task(talk(station))
        yield station
        talking.cancel()


async def say(socket: ClientConnection, action: str, payload: dict[str, Any], message_id: str = "m1") -> None:
    await socket.send(json.dumps([2, message_id, action, payload]))


async def hear(socket: ClientConnection) -> list[Any]:
    async with asyncio.timeout(10):
        return list(json.loads(await socket.recv()))


async def ask(socket: ClientConnection, action: str, payload: dict[str, Any], message_id: str = "m1") -> list[Any]:
    await say(socket, action, payload, message_id)
    return await hear(socket)

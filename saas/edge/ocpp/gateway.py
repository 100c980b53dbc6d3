"""The OCPP gateway: WebSockets of stations on one side, the broker on the other. No database, no business.

`ws://host:port/ocpp/<tenant>/<station id>`, sub-protocols ocpp1.6 and ocpp2.0.1. Who may connect is asked of the
answers process before the upgrade. The newest authenticated connection of a station wins.
"""

import asyncio
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog
from websockets.http11 import Request

from saas.contracts.telemetry import messages, wire

from .commands import Commands
from .connection import Connection
from .door import Door
from .handshake import TRANSLATORS, Admission, admit
from .publisher import now_ms
from .services import Services
from .station import State
from .upgrade import Refused
from .websocket import WebSocket

log = structlog.get_logger("ocpp")
K = TypeVar("K")
V = TypeVar("V")
REMEMBERED = 10_000
BACKLOG = 2048
TLS_HANDSHAKE_S = 15.0
DOWNWARD = (wire.TOPIC_ACK, wire.TOPIC_CMD)


class Gateway:
    """`marks`: a folder with one empty file per connected station, so that a crash leaves word of who was there."""

    def __init__(self, services: Services, *, marks: Path) -> None:
        self._services = services
        self._marks = marks
        self._stations: dict[str, Connection] = {}
        self._states: OrderedDict[str, State] = OrderedDict()
        self._commands = Commands(services, self._stations.get)
        self._door = Door(self._admit, self._enter, keep_alive_s=services.keep_alive_s)
        self._watch: asyncio.Task[None] | None = None
        self._servers: list[asyncio.Server] = []
        self._stale = self._left_behind()
        services.broker.on_connected(self._broker_is_back)

    async def open(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen, once more with every call; the port that was taken (for port 0)."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: WebSocket(self._door),
            host,
            port,
            ssl=tls,
            backlog=BACKLOG,
            ssl_handshake_timeout=TLS_HANDSHAKE_S if tls else None,
        )
        self._servers.append(server)
        self._watch = self._watch or loop.create_task(self._door.watch())
        port_taken: int = server.sockets[0].getsockname()[1]
        log.info("listening", host=host, port=port_taken, tls=bool(tls))
        return port_taken

    async def close(self) -> None:
        """Say goodbye to all stations (1001), and to the platform that they are gone."""
        for server in self._servers:
            server.close()
        await self._door.close()
        self._commands.end()
        self._services.retelling.end()
        if self._watch:
            self._watch.cancel()

    def connection(self, device: str) -> Connection | None:
        """The device's conversation, if it is connected."""
        return self._stations.get(device)

    async def _admit(self, request: Request, socket: WebSocket) -> Admission:
        try:
            tls = socket.transport.get_extra_info("ssl_object")
            return await admit(request, self._services.answers, tls=tls)
        except Refused as no:
            if no.device:
                self._services.rawlog.refused(no.device, f"{no.status} {no} From {socket.address}.")
            raise

    def _enter(self, socket: WebSocket, admitted: Admission) -> Connection:
        device = admitted.device
        older = self._stations.get(device)
        state = older.state if older else self._states.pop(device, State(device=device))
        state = msgspec.structs.replace(state, costs=admitted.costs)
        translator = TRANSLATORS[admitted.subprotocol]
        connection = Connection(
            socket, translator, state, self._services, registered=not admitted.pending, gone=self._gone
        )
        self._stations[device] = connection
        if older:
            older.close("Replaced by a newer connection.")
        else:
            self._listen(device)
        self._mark(device)
        self._services.rawlog.add(device, "opened", _described(socket, admitted))
        connection.say_status(online=True)
        log.info("station_here", device=device, protocol=admitted.subprotocol, pending=admitted.pending)
        return connection

    def _gone(self, connection: Connection, why: str) -> None:
        device = connection.device
        self._services.rawlog.add(device, "closed", why)
        log.info("station_gone", device=device, reason=why)
        if self._stations.get(device) is not connection:
            return
        del self._stations[device]
        _remember(self._states, device, connection.state)
        for topic in DOWNWARD:
            self._services.broker.off(topic % device)
        connection.say_status(online=False)
        (self._marks / device).unlink(missing_ok=True)

    def _listen(self, device: str) -> None:
        self._services.broker.on(wire.TOPIC_ACK % device, lambda _topic, body: self._acknowledged(device, body))
        self._services.broker.on(wire.TOPIC_CMD % device, lambda _topic, body: self._commands.heard(device, body))

    def _acknowledged(self, device: str, body: bytes) -> None:
        try:
            ack = messages.DECODERS["ack"].decode(body)
        except msgspec.MsgspecError as wrong:
            log.warning("bad_ack", device=device, reason=str(wrong))
            return
        if connection := self._stations.get(device):
            connection.committed(ack.boot, ack.seq)

    def _broker_is_back(self) -> None:
        """Retained words may be lost with the broker: say again who is here, and who was here before a crash."""
        for device in self._stale - self._stations.keys():
            gone = messages.Status(v=1, boot=now_ms(), seq=0, ts_ms=now_ms(), online=False)
            self._services.broker.send(wire.TOPIC_STATUS % device, messages.encode(gone), retain=True)
            (self._marks / device).unlink(missing_ok=True)
        self._stale = set()
        for connection in self._stations.values():
            connection.say_status(online=True)

    def _left_behind(self) -> set[str]:
        self._marks.mkdir(parents=True, exist_ok=True)
        return {mark.name for mark in self._marks.iterdir()}

    def _mark(self, device: str) -> None:
        (self._marks / device).touch()


def _described(socket: WebSocket, admitted: Admission) -> str:
    return f"{admitted.subprotocol} from {socket.address}{', pending' if admitted.pending else ''}"


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)

"""The OCPP gateway: WebSockets of stations on one side, the broker on the other. No database, no business.

`ws://host:port/ocpp/<tenant>/<station id>`, sub-protocols ocpp1.6 and ocpp2.0.1. Who may connect is asked of the
answers process before the upgrade. The newest authenticated connection of a station wins. A connection without a common
sub-protocol is refused before the upgrade (400), as other servers of the field do.
"""

import asyncio
import ssl
from collections import OrderedDict
from collections.abc import Coroutine
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from saas.contracts.telemetry import messages, wire

from .commands import Commands
from .connection import Connection, Services, now_ms
from .handshake import TRANSLATORS, Admission, Refused, admit
from .station import State

log = structlog.get_logger("ocpp")
K = TypeVar("K")
V = TypeVar("V")
FRAME_LIMIT = 256 * 1024
PING_SECONDS = 30
REMEMBERED = 10_000
DOWNWARD = (wire.TOPIC_ACK, wire.TOPIC_CMD)


class StationSocket(ServerConnection):
    """A WebSocket that remembers who was admitted to it."""

    admitted: Admission | None = None


class Gateway:
    """`marks`: a folder with one empty file per connected station, so that a crash leaves word of who was there."""

    def __init__(self, services: Services, *, marks: Path) -> None:
        self._services = services
        self._marks = marks
        self._stations: dict[str, Connection] = {}
        self._states: OrderedDict[str, State] = OrderedDict()
        self._commands = Commands(services, self._stations.get)
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: Server | None = None
        self._stale = self._left_behind()
        services.broker.on_connected(self._broker_is_back)

    async def open(self, host: str, port: int, *, tls: ssl.SSLContext | None = None) -> int:
        """Listen; the port that was taken (for port 0)."""
        self._server = await serve(
            self._serve,
            host,
            port,
            create_connection=StationSocket,
            process_request=self._admit,
            select_subprotocol=self._select,
            compression=None,
            max_size=FRAME_LIMIT,
            ping_interval=PING_SECONDS,
            server_header=None,
            ssl=tls,
            backlog=2048,
        )
        port_taken: int = next(iter(self._server.sockets)).getsockname()[1]
        log.info("listening", host=host, port=port_taken)
        return port_taken

    async def close(self) -> None:
        """Say goodbye to all stations (1001), and to the platform that they are gone."""
        if self._server:
            self._server.close()
            await self._server.wait_closed()
        self._commands.end()
        for task in self._tasks:
            task.cancel()

    def connection(self, device: str) -> Connection | None:
        """The device's conversation, if it is connected."""
        return self._stations.get(device)

    async def _admit(self, socket: ServerConnection, request: Request) -> Response | None:
        try:
            admission = await admit(request, self._services.answers)
        except Refused as no:
            if no.device:
                self._services.rawlog.refused(no.device, f"{no.status} {no}")
            return _refusal(socket, no)
        if isinstance(socket, StationSocket):
            socket.admitted = admission
        return None

    def _select(self, socket: ServerConnection, _offered: object) -> Subprotocol | None:
        admitted = socket.admitted if isinstance(socket, StationSocket) else None
        return Subprotocol(admitted.subprotocol) if admitted else None

    async def _serve(self, socket: ServerConnection) -> None:
        admitted = socket.admitted if isinstance(socket, StationSocket) else None
        if admitted is None:
            return
        connection = self._enter(socket, admitted)
        why = "The gateway was stopped."
        try:
            await connection.converse()
        except ConnectionClosed as closed:
            why = str(closed)
        finally:
            self._services.rawlog.add(connection.device, "closed", why)
            log.info("station_gone", device=connection.device, reason=why)
            self._leave(connection)

    def _enter(self, socket: ServerConnection, admitted: Admission) -> Connection:
        device = admitted.device
        older = self._stations.get(device)
        state = older.state if older else self._states.pop(device, State(device=device))
        connection = Connection(
            socket, TRANSLATORS[admitted.subprotocol], state, self._services, registered=not admitted.pending
        )
        self._stations[device] = connection
        if older:
            self._begin(older.close("Replaced by a newer connection."))
        else:
            self._listen(device)
        self._mark(device)
        self._services.rawlog.add(device, "opened", _described(socket, admitted))
        connection.say_status(online=True)
        log.info("station_here", device=device, protocol=admitted.subprotocol, pending=admitted.pending)
        return connection

    def _leave(self, connection: Connection) -> None:
        device = connection.device
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

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _described(socket: ServerConnection, admitted: Admission) -> str:
    address = socket.remote_address
    return (
        f"{admitted.subprotocol} from {address[0] if address else 'nowhere'}{', pending' if admitted.pending else ''}"
    )


def _refusal(socket: ServerConnection, no: Refused) -> Response:
    response = socket.respond(HTTPStatus(no.status), f"{no}\n")
    if no.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Basic realm="Wattlane", charset="UTF-8"'
    if no.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "10"
    return response


def _remember(memory: OrderedDict[K, V], key: K, value: V) -> None:
    memory[key] = value
    while len(memory) > REMEMBERED:
        memory.popitem(last=False)

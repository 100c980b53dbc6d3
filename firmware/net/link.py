"""The device's connection: a socket, TLS, and coming back after a loss. Only `open` may wait, and not for ever.

Runs under CPython as well, for its tests.
"""

import socket

from .client import Client

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

RETRY_MS = 1_000
LONGEST_RETRY_MS = 60_000
OPEN_S = 10
CHUNK = 2048
# Nothing to read or no room to write: EAGAIN here and there; 2 and 3 are TLS's "want read" and "want write".
WAITING = (2, 3, 11, 35)


class Link:
    def __init__(
        self,
        address: "tuple[str, int]",
        tls: "object | None",
        new_client: "Callable[[], Client]",
        lost: "Callable[[], None]",
    ) -> None:
        """`tls`: an ssl.SSLContext, or None on a closed network. `lost()` after each connection that ended."""
        self._address = address
        self._tls = tls
        self._new_client = new_client
        self._lost = lost
        self._socket: socket.socket | None = None
        self._client: Client | None = None
        self._retry_ms = RETRY_MS
        self._next_ms = 0
        self.last_error = ""

    def step(self, now_ms: int) -> None:
        """Reads, writes, opens or closes, whatever is due. The network's faults end the connection; what the client's
        callbacks raise is the firmware's own fault and goes up."""
        try:
            if self._socket is None:
                if now_ms >= self._next_ms:
                    self._open(now_ms)
                return
            data = _receive(self._socket)
        except OSError as error:
            self.drop(now_ms, str(error))
            return
        if self._client is not None:
            self._exchange(self._client, data, now_ms)

    def drop(self, now_ms: int, reason: str) -> None:
        """Closes, and tries again later: each time twice as late, until one connection has succeeded."""
        if self._socket is not None:
            self._socket.close()
        self.last_error = reason
        self._socket = None
        self._client = None
        self._next_ms = now_ms + self._retry_ms
        self._retry_ms = min(2 * self._retry_ms, LONGEST_RETRY_MS)
        self._lost()

    def _open(self, now_ms: int) -> None:
        host, port = self._address
        family, kind, proto, _, address = socket.getaddrinfo(host, port, 0, socket.SOCK_STREAM)[0]
        self._socket = socket.socket(family, kind, proto)
        self._socket.settimeout(OPEN_S)
        self._socket.connect(address)
        if self._tls is not None:
            self._socket = self._tls.wrap_socket(self._socket, server_hostname=host)  # type: ignore[attr-defined]
        self._socket.setblocking(False)
        self._client = self._new_client()
        self._client.opened(now_ms)

    def _exchange(self, client: Client, data: "bytes | None", now_ms: int) -> None:
        if data:
            client.feed(data, now_ms)
        client.tick(now_ms)
        if client.online:
            self._retry_ms = RETRY_MS
        try:
            _write(self._socket, client)
        except OSError as error:
            client.dead = str(error)
        if client.dead:
            self.drop(now_ms, client.dead)


def _receive(connection: socket.socket) -> "bytes | None":
    """None while there is nothing. MicroPython's TLS sockets have `read` and say None; the others raise."""
    try:
        read = connection.recv if hasattr(connection, "recv") else connection.read  # type: ignore[attr-defined]
        data: bytes | None = read(CHUNK)
    except OSError as error:
        if error.errno in WAITING:
            return None
        raise
    if data == b"":
        raise OSError("closed by the broker")
    return data


def _write(connection: "socket.socket | None", client: Client) -> None:
    data = client.take_out()
    if not data or connection is None:
        return
    try:
        write = connection.send if hasattr(connection, "send") else connection.write  # type: ignore[attr-defined]
        count = write(data) or 0
    except OSError as error:
        if error.errno not in WAITING:
            raise
        count = 0
    if count < len(data):
        client.give_back(data[count:])

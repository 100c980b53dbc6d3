"""The sockets of the portal: a tiny web server and a name server, a step at a time. Runs under CPython as well."""

import socket

from .portal import LARGEST, Portal, complete, name_answer

MOST = 4  # visitors at a time
PATIENCE_MS = 3_000
WAITING = (11, 35, 10035)  # EAGAIN, by its names


class Visitor:
    def __init__(self, connection: socket.socket, now_ms: int) -> None:
        self.connection = connection
        self.since_ms = now_ms
        self.request = b""
        self.answer = b""


class Hotspot:
    def __init__(self, portal: Portal, host: str = "0.0.0.0", web_port: int = 80, name_port: int = 53) -> None:
        self._portal = portal
        self._web = _bound(host, web_port, socket.SOCK_STREAM)
        self._web.listen(MOST)
        self._names = _bound(host, name_port, socket.SOCK_DGRAM)
        self._visitors: list[Visitor] = []

    def step(self, now_ms: int) -> None:
        """Never waits."""
        self._answer_names()
        self._welcome(now_ms)
        for visitor in list(self._visitors):
            if self._attend(visitor) or now_ms - visitor.since_ms > PATIENCE_MS:
                visitor.connection.close()
                self._visitors.remove(visitor)

    def close(self) -> None:
        for visitor in self._visitors:
            visitor.connection.close()
        self._web.close()
        self._names.close()

    def ports(self) -> "tuple[int, int]":
        """Of the web and the name server; for tests, which take free ones."""
        return self._web.getsockname()[1], self._names.getsockname()[1]

    def _answer_names(self) -> None:
        try:
            query, asker = self._names.recvfrom(512)
            answer = name_answer(query)
            if answer:
                self._names.sendto(answer, asker)
        except OSError:  # nobody asks
            pass

    def _welcome(self, now_ms: int) -> None:
        if len(self._visitors) >= MOST:
            return
        try:
            connection, _ = self._web.accept()
        except OSError:  # nobody comes
            return
        connection.setblocking(False)
        self._visitors.append(Visitor(connection, now_ms))

    def _attend(self, visitor: Visitor) -> bool:
        """True when all is said, or the visitor has gone."""
        try:
            if not visitor.answer:
                data = visitor.connection.recv(LARGEST)
                visitor.request += data
                if data and not complete(visitor.request):
                    return False
                visitor.answer = self._portal.answer(visitor.request[:LARGEST])
            sent = visitor.connection.send(visitor.answer)
            visitor.answer = visitor.answer[sent:]
            return not visitor.answer
        except OSError as error:
            return error.errno not in WAITING


def _bound(host: str, port: int, kind: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, kind)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(socket.getaddrinfo(host, port, 0, kind)[0][4])
    bound.setblocking(False)
    return bound

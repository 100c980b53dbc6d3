"""A TCP proxy that may be slow, lossy, or silent: what a bad network does, without root."""

import contextlib
import random
import select
import socket
import threading
import time
from typing import Self

CHUNK = 4096


class Proxy:
    """`delay_s`: every chunk comes that much later; `loss`: chance that a chunk ends its connection; `silent`: nothing
    passes, and nobody is told (a half-open connection)."""

    def __init__(self, target: int) -> None:
        self.delay_s, self.loss, self.silent = 0.0, 0.0, False
        self._target = target
        self._listener = socket.create_server(("0.0.0.0", 0))
        self.port = int(self._listener.getsockname()[1])
        self._over = threading.Event()
        self._random = random.Random(11)
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._listener.close()
        self.cut()

    def cut(self) -> None:
        """End all connections, so that both sides notice."""
        for pair in self._pairs:
            for one in pair:
                one.close()
        self._pairs.clear()

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        while self.silent and not self._over.is_set():
            time.sleep(0.05)
        try:
            far = socket.create_connection(("127.0.0.1", self._target), timeout=5)
        except OSError:
            near.close()
            return
        self._pairs.append((near, far))
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._over.is_set():
                if self.silent or not select.select([one], [], [], 0.1)[0]:
                    time.sleep(0.02 if self.silent else 0)
                    continue
                data = one.recv(CHUNK)
                if not data or self._random.random() < self.loss:
                    break
                time.sleep(self.delay_s)
                other.sendall(data)
        one.close()
        other.close()

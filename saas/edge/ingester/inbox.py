"""What both adapters do alike: they collect what came, and read only while the ingester asks."""

import time
from abc import ABC, abstractmethod

from .port import MOST_BYTES, Message


class Inbox(ABC):
    """Bounded by `most` and MOST_BYTES. The adapter fills `_inbox` and `_inbox_bytes` in its turns."""

    def __init__(self) -> None:
        self._inbox: list[Message] = []
        self._inbox_bytes = 0
        self._heard_at = self._left_at = 0.0

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        """See BrokerPort."""
        now = time.monotonic()
        self._heard_at += now - self._left_at  # silence counts only while somebody listens
        deadline = now + within_s
        while (left := deadline - time.monotonic()) > 0 and (most == 0 or not self._full(most)):
            self._turn(left, reading=most > 0)
        taken, self._inbox = self._inbox[:most], self._inbox[most:]
        self._inbox_bytes = sum(len(message.payload) for message in self._inbox)
        self._left_at = time.monotonic()
        return taken

    def _full(self, most: int) -> bool:
        return len(self._inbox) >= most or self._inbox_bytes >= MOST_BYTES

    @abstractmethod
    def _turn(self, left: float, *, reading: bool) -> None:
        """One step of at most `left` seconds: a read, a wait, or a try to connect."""

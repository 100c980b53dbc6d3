"""A broker port on a thread of its own: while one batch is committed, the next is read. One batch ahead and no more.

The thread alone touches the port; what the ingester wants of it waits in a queue that is emptied every few
milliseconds. The database belongs to the ingester's own thread.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection
from itertools import accumulate

from .port import MOST_BYTES, BrokerPort, Message

STEP_SECONDS = 0.01  # how long a word of the ingester may wait
MOST_AHEAD = 10_000
CLOSE_SECONDS = 10.0


class Ahead:
    """See BrokerPort. An error of the port's is raised by the next `receive`."""

    def __init__(self, port: BrokerPort) -> None:
        self._port = port
        self._held: list[Message] = []
        self._held_bytes = 0
        self._taken_at = 0.0
        self._wanted = False  # somebody receives: a batch that was not asked for may wait at the broker
        self._words: deque[Callable[[], None]] = deque()
        self._changed = threading.Condition()
        self._failed: BaseException | None = None
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="ingester-port", daemon=True)
        self._thread.start()

    @property
    def ready(self) -> bool:
        """See BrokerPort."""
        return not self._words and self._port.ready

    def subscribe(self, filters: Collection[str]) -> None:
        """See BrokerPort."""
        self._words.append(lambda: self._port.subscribe(filters))

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        """See BrokerPort. The time of the last batch's commit counts as waiting."""
        if most == 0:
            time.sleep(within_s)
            self._raise()
            return []
        until = (self._taken_at if self._held else time.monotonic()) + within_s
        with self._changed:
            self._wanted = True
            while not self._full(most) and not self._failed and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
            taken = self._take(most)
        self._raise()
        return taken

    def acknowledge(self, messages: list[Message]) -> None:
        """See BrokerPort."""
        self._words.append(lambda: self._port.acknowledge(messages))

    def publish(self, topic: str, payload: bytes) -> None:
        """See BrokerPort."""
        self._words.append(lambda: self._port.publish(topic, payload))

    def flush(self) -> None:
        """See BrokerPort."""
        self._words.append(self._port.flush)

    def close(self) -> None:
        """See BrokerPort. What was said before is sent first."""
        self._closing = True
        self._thread.join(CLOSE_SECONDS)

    def _take(self, most: int) -> list[Message]:
        if self._held_bytes > MOST_BYTES:
            most = min(most, 1 + sum(1 for size in accumulate(map(_size, self._held)) if size < MOST_BYTES))
        taken, self._held = self._held[:most], self._held[most:]
        self._held_bytes = sum(map(_size, self._held))
        self._taken_at = time.monotonic()
        return taken

    def _full(self, most: int) -> bool:
        return len(self._held) >= most or self._held_bytes >= MOST_BYTES

    def _raise(self) -> None:
        if self._failed is not None:
            raise self._failed

    def _run(self) -> None:
        try:
            while not self._closing:
                self._say()
                self._turn()
            self._say()
            self._port.close()
        except BaseException as wrong:
            self._failed = wrong

    def _say(self) -> None:
        while self._words:
            self._words[0]()
            self._words.popleft()

    def _turn(self) -> None:
        room = MOST_AHEAD - len(self._held) if self._wanted and not self._full(MOST_AHEAD) else 0
        found = self._port.receive(most=room, within_s=STEP_SECONDS)
        if found:
            with self._changed:
                self._held += found
                self._held_bytes += sum(map(_size, found))
                self._changed.notify()


def _size(message: Message) -> int:
    return len(message.payload)

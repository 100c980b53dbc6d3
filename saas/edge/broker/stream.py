"""What amqtt's reader lacks: a limit of size, an end for silent connections, and reading CONNECT twice."""

import asyncio
import time

from amqtt.adapters import ReaderAdapter

MAX_PACKET = 2 * 1024 * 1024  # larger ones end the connection; what is too large for a message is set aside later
CONNECT_SECONDS = 5.0
CHUNK = 65536


class GuardedReader(ReaderAdapter):  # type: ignore[misc]
    """Ends the stream at a packet that is too large, and after `silence_s` without a byte (None: never)."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self.silence_s: float | None = CONNECT_SECONDS
        self._stream = stream
        self._held = bytearray()
        self._seen: bytearray | None = bytearray()  # what was read so far, until rewound
        self._heard = time.monotonic()
        self._ended = False
        self.oversized = False  # whether a packet beyond the limit ended it

    def rewind(self) -> None:
        """Give everything read so far once more. Works once."""
        self._held[:0] = self._seen or b""
        self._seen = None

    async def read(self, n: int = -1) -> bytes:
        """n bytes, fewer at the end of the stream."""
        if n > MAX_PACKET:
            self._ended = self.oversized = True
        while len(self._held) < n and not self._ended:
            await self._fill()
        taken = bytes(self._held[:n])
        del self._held[:n]
        if self._seen is not None:
            self._seen += taken
        return taken

    def feed_eof(self) -> None:
        """The peer is gone."""
        self._stream.feed_eof()

    async def _fill(self) -> None:
        left = None if self.silence_s is None else max(0.01, self._heard + self.silence_s - time.monotonic())
        try:
            data = await asyncio.wait_for(self._stream.read(CHUNK), left)
        except (TimeoutError, ConnectionError):
            data = b""
        self._heard = time.monotonic()
        self._ended = not data
        self._held += data

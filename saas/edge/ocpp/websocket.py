"""The server's end of a WebSocket (RFC 6455), made for thousands of quiet connections and for short messages.

Why not `websockets.asyncio`: it keeps a task, timers and queues for every connection, and costs several times more CPU
a message than all of OCPP. Its handshake is used here as it is (see upgrade.py); frames, closing and keep-alive are
below. Nothing here knows OCPP. Messages go to a Peer as they come, in the event loop; one timer of the Door serves all
connections.
"""

import asyncio
import time

from websockets.exceptions import ProtocolError
from websockets.frames import Close
from websockets.http11 import Request, Response

from .door import CLOSING_S, NORMAL, Admitted, Door, Peer
from .framing import (
    CLOSE,
    FIN,
    FRAME_LIMIT,
    MASKED,
    PING,
    PONG,
    PROTOCOL_ERROR,
    SHORT,
    TEXT,
    Gone,
    broken_rule,
    long_head,
    unmasked,
)  # fmt: skip
from .upgrade import Refused, answer_to, head_of, refusal, request_of

TURN = 32  # messages of one station in a row, before the others have their turn
HANDSHAKE_S = 15.0
PEER, WRITER = 1, 2
# How far a connection is. LEAVING: we said goodbye and listen for theirs. OVER: whatever comes is thrown away.
ARRIVING, ASKING, OPEN, LEAVING, OVER = range(5)


class WebSocket(asyncio.Protocol):
    """One connection. Times are of the Door's clock, which ticks about once a second."""

    __slots__ = (
        "_buffer", "_door", "_ends_at", "_fragments", "_held", "_need", "_peer", "_pinged", "_stage", "_text", "_why",
        "heard_at", "transport",
    )  # fmt: skip

    def __init__(self, door: Door) -> None:
        self._door = door
        self._stage = ARRIVING
        self._peer: Peer | None = None
        self._buffer: bytes | bytearray = b""  # what is not a whole frame yet, or waits for its turn
        self._need = 0  # bytes until it is whole
        self._fragments: list[bytes] | None = None
        self._text = True
        self._pinged = False
        self._held = 0  # who wants nothing more for now: bits of PEER and WRITER
        self._why = ""
        self.heard_at = time.monotonic()
        self._ends_at = self.heard_at + HANDSHAKE_S
        self.transport: asyncio.Transport

    @property
    def address(self) -> str:
        """Where the station calls from."""
        peer = self.transport.get_extra_info("peername")
        return str(peer[0]) if isinstance(peer, tuple) else "nowhere"

    def send(self, message: bytes) -> None:
        """One text message. Raises Gone."""
        if self._stage != OPEN:
            raise Gone(self._why)
        length = len(message)
        self.transport.write((SHORT[length] if length < 126 else long_head(length)) + message)

    def hold(self, who: int = PEER) -> None:
        """Read no more until `go_on`: the peer has enough to do."""
        if self._stage == OPEN:
            self._held |= who
            self._pause()

    def go_on(self, who: int = PEER) -> None:
        """Read again."""
        if self._held & who:
            self._held &= ~who
            asyncio.get_running_loop().call_soon(self._next_turn)

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Begin to close. What the station still says is not heard."""
        if self._stage != OPEN:
            if self._stage < OPEN:
                self.abort(reason)
            return
        self._stage, self._held = LEAVING, 0
        self._ends_at = self._door.now + CLOSING_S
        self._why = self._why or f"Closed by the platform: {code} {reason}".rstrip()
        self._control(CLOSE, Close(code, reason[:100]).serialize())
        self._next_turn()

    def fail(self, code: int, why: str) -> None:
        """The station broke a rule of the transport: say so and end."""
        if self._stage != OPEN:
            self._over()
            return
        self.close(code, why)
        self._over()
        if self.transport.can_write_eof():
            self.transport.write_eof()

    def abort(self, why: str) -> None:
        """End it at once."""
        self._stage = OVER
        self._why = self._why or why
        self.transport.abort()

    def check(self, now: float) -> None:
        """Called at every tick."""
        if self._stage != OPEN:
            if now > self._ends_at:
                self.abort("No handshake." if self._stage < OPEN else "No goodbye.")
            return
        silent_s, keep_alive_s = now - self.heard_at, self._door.keep_alive_s
        if silent_s >= 1.5 * keep_alive_s - 2 * self._door.tick_s:
            self.abort(f"Silent for {silent_s:.0f} seconds.")
        elif silent_s >= keep_alive_s and not self._pinged:
            self._pinged = True
            self._control(PING, b"")
        if self._peer is not None:
            self._peer.check(now)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._door.sockets.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stage = OVER
        self._door.sockets.discard(self)
        self._buffer = b""
        peer, self._peer = self._peer, None
        if peer is not None:
            peer.left(self._why or (f"Connection lost: {exc}" if exc else "Connection lost."))

    def pause_writing(self) -> None:
        """The station does not take what it asked for: it may not ask for more."""
        self.hold(WRITER)

    def resume_writing(self) -> None:
        self.go_on(WRITER)

    def data_received(self, data: bytes) -> None:
        self.heard_at = self._door.now
        self._pinged = False
        if self._buffer:
            if isinstance(self._buffer, bytes):
                self._buffer = bytearray(self._buffer)
            self._buffer += data
            if len(self._buffer) < self._need:
                return
            data, self._buffer = bytes(self._buffer), b""
        if self._stage in (OPEN, LEAVING):
            self._read(data)
        elif self._stage == ARRIVING:
            self._arrive(data)
        elif self._stage == ASKING:
            self._buffer = data  # it should have waited for our answer
            self._pause()

    def _read(self, data: bytes) -> None:
        """All whole frames in `data`, but no more than a turn; the rest is kept."""
        place, end, turn = 0, len(data), TURN
        while end - place >= 2 and self._stage != OVER:
            if self._held or not turn:
                self._put_off(data[place:])
                return
            first, second = data[place], data[place + 1]
            length, body = second & 0x7F, place + 6
            if length >= 126:
                body += 2 if length == 126 else 8
                length = int.from_bytes(data[place + 2 : body - 4], "big")
            if end < body:
                self._keep(data, place, body)
                return
            if (first != FIN | TEXT or second < MASKED or length > FRAME_LIMIT or self._fragments is not None) and (
                broken := broken_rule(first, second, length, self._fragments)
            ):
                self.fail(*broken)
                return
            if end < body + length:
                self._keep(data, place, body + length)
                return
            content = unmasked(data[body : body + length], data[body - 4 : body]) if length else b""
            if first == FIN | TEXT and self._stage == OPEN and self._peer is not None:
                self._peer.received(content, True)  # the usual frame; nothing was begun before it
            else:
                self._frame(first, content)
            place, turn = body + length, turn - 1
        if place < end:
            self._keep(data, place, place + 2)

    def _keep(self, data: bytes, place: int, until: int) -> None:
        """Half a frame: the rest of it is on its way."""
        if self._stage != OVER:
            self._buffer, self._need = data[place:] if place else data, until - place

    def _put_off(self, rest: bytes) -> None:
        """The peer wants nothing now, or others have their turn first."""
        self._buffer, self._need = rest, 0
        self._pause()
        if not self._held:
            asyncio.get_running_loop().call_soon(self._next_turn)

    def _next_turn(self) -> None:
        if self._held or self.transport.is_closing():
            return
        if self._buffer:
            data, self._buffer = bytes(self._buffer), b""
            self._read(data)
        if not self._held and not self.transport.is_closing() and not (self._buffer and not self._need):
            self.transport.resume_reading()

    def _pause(self) -> None:
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def _frame(self, first: int, content: bytes) -> None:
        opcode = first & 0x0F
        if opcode >= CLOSE:
            self._control_received(opcode, content)
        elif self._stage != OPEN or self._peer is None:
            return
        elif first & FIN and self._fragments is None:
            self._peer.received(content, opcode == TEXT)
        elif self._fragments is None:
            self._fragments, self._text = [content], opcode == TEXT
        else:
            self._fragments.append(content)
            if first & FIN:
                message, self._fragments = b"".join(self._fragments), None
                self._peer.received(message, self._text)

    def _control_received(self, opcode: int, content: bytes) -> None:
        if opcode == PING and self._stage == OPEN:
            self._control(PONG, content)
        elif opcode == CLOSE:
            self._goodbye(content)

    def _goodbye(self, content: bytes) -> None:
        """The station closes, or says goodbye to our goodbye."""
        try:
            close = Close.parse(content)
            if content:
                close.check()
        except (ProtocolError, UnicodeDecodeError):
            self.fail(PROTOCOL_ERROR, "A close frame broke the rules.")
            return
        if self._stage == OPEN:
            self._why = f"Closed by the station: {close.code} {close.reason}".rstrip()
            self._control(CLOSE, content[:2])
        self._over()
        self.transport.close()

    def _over(self) -> None:
        self._stage, self._buffer = OVER, b""
        self._ends_at = self._door.now + 1

    def _control(self, opcode: int, content: bytes) -> None:
        self.transport.write(bytes((FIN | opcode, len(content))) + content)

    def _arrive(self, data: bytes) -> None:
        try:
            end = head_of(data)
            if end is None:
                self._buffer, self._need = data, 0
                return
            request = request_of(data[:end])
        except Refused as no:
            self._turn_away(refusal(no))
            return
        self._stage, self._buffer = ASKING, data[end:]
        task = asyncio.get_running_loop().create_task(self._ask(request))
        self._door.admissions.add(task)
        task.add_done_callback(self._door.admissions.discard)

    async def _ask(self, request: Request) -> None:
        response, admitted = await answer_to(request, self._door.admit(request, self))
        if admitted is None:
            self._turn_away(response)
        else:
            self._begin(response, admitted)

    def _turn_away(self, response: Response) -> None:
        self._over()
        if not self.transport.is_closing():
            self.transport.write(response.serialize())
            self.transport.close()

    def _begin(self, response: Response, admitted: Admitted) -> None:
        if self.transport.is_closing():
            return
        self.transport.write(response.serialize())
        self._stage, self.heard_at = OPEN, self._door.now
        self._peer = self._door.enter(self, admitted)
        self._next_turn()

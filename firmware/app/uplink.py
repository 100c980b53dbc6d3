"""Between the adapter and whatever carries messages: what is sent when, and what comes back.

A transport calls `connected` with its `publish(topic, text, retain) -> bool` (False: no room now), then `received`, and
`disconnected` at its end. Sent is not delivered: a message stays in the outbox until the platform's own
acknowledgement covers it.
"""

import json

from .adapter import Adapter
from .commands import Commands
from .words import W

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

WINDOW = 64  # messages on their way at a time
FIRST_WAIT_MS = 5_000  # nothing acknowledged for so long: send again
LONGEST_WAIT_MS = 60_000
# A device that has just started learns the time from its first acknowledgement. Commands that come before it would be
# refused for want of a clock, so they wait this long, and are then answered either way.
CLOCK_WAIT_MS = 5_000
WAITING = 16
RECONNECT_MS = 3_000  # for the answer to the command to get away

TOPICS = {"telemetry": W.TOPIC_TELEMETRY, "event": W.TOPIC_EVENT, "reply": W.TOPIC_REPLY}


class Uplink:
    def __init__(self, adapter: Adapter, follow_clock: bool = True) -> None:
        """`follow_clock`: set the clock by the platform's acknowledgements."""
        self._adapter = adapter
        self._follow_clock = follow_clock
        self._commands = Commands(adapter)
        self._publish: Callable[[str, str, bool], bool] | None = None
        self._told_state = ""
        self._progress_ms = 0
        self._wait_ms = FIRST_WAIT_MS
        self._connected_ms = 0
        self._early: list[bytes] = []
        self._reconnect_ms: int | None = None
        self.topic_cmd = W.TOPIC_CMD % adapter.device
        self.topic_ack = W.TOPIC_ACK % adapter.device
        self.topic_status = W.TOPIC_STATUS % adapter.device

    def connected(self, publish: "Callable[[str, str, bool], bool]") -> None:
        self._publish = publish
        self._told_state = ""
        self._adapter.credentials.accepted(self._adapter.voice)
        self._adapter.memory.commit()
        self._connected_ms = self._adapter.mono.ms()
        self._start_over(FIRST_WAIT_MS)

    def disconnected(self) -> None:
        self._publish = None

    def denied(self) -> None:
        """The broker did not take the password."""
        self._adapter.credentials.refused(self._adapter.voice)
        self._adapter.memory.commit()

    def wants_new_connection(self) -> bool:
        """There is a new password; what was said with the old one has been sent."""
        adapter = self._adapter
        if not adapter.credentials.reconnect:
            self._reconnect_ms = None
            return False
        if self._reconnect_ms is None:
            self._reconnect_ms = adapter.mono.ms()
        told = adapter.outbox.unsent() is None and not adapter.outbox.in_flight()
        return told or adapter.mono.ms() - self._reconnect_ms >= RECONNECT_MS

    def received(self, topic: str, payload: bytes) -> None:
        if topic == self.topic_cmd:
            self._early.append(payload)
            self._carry_out()
        elif topic == self.topic_ack:
            self._acknowledged(payload)

    def step(self) -> None:
        """Sends what there is room for. Never waits."""
        if not self._publish:
            return
        self._carry_out()
        self._tell_state(self._publish)
        outbox = self._adapter.outbox
        if outbox.in_flight() and self._adapter.mono.ms() - self._progress_ms >= self._wait_ms:
            self._start_over(min(2 * self._wait_ms, LONGEST_WAIT_MS))
        self._send(self._publish)

    def _carry_out(self) -> None:
        waited = self._adapter.mono.ms() - self._connected_ms >= CLOCK_WAIT_MS or len(self._early) > WAITING
        if self._adapter.clock.trusted or waited:
            commands, self._early = self._early, []
            for command in commands:
                self._commands.handle(command)

    def _send(self, publish: "Callable[[str, str, bool], bool]") -> None:
        outbox = self._adapter.outbox
        room = WINDOW - outbox.in_flight()
        if room == WINDOW:
            self._progress_ms = self._adapter.mono.ms()
        item = outbox.unsent()
        while item and room > 0:
            # Told at the moment of sending: what lies below and never arrived was dropped by a full ring.
            text = '%s, "low": %d}' % (item.body[:-1], outbox.low(item.boot) or item.seq)
            if not publish(TOPICS[item.kind] % self._adapter.device, text, False):
                return
            item.sent = True
            room -= 1
            item = outbox.unsent()

    def _tell_state(self, publish: "Callable[[str, str, bool], bool]") -> None:
        state = self._adapter.state()
        if state == self._told_state:
            return
        if publish(self.topic_status, self._adapter.voice.status(state, self._adapter.firmware), True):
            self._told_state = state

    def _start_over(self, wait_ms: int) -> None:
        self._adapter.outbox.rewind()
        self._progress_ms = self._adapter.mono.ms()
        self._wait_ms = wait_ms

    def _acknowledged(self, payload: bytes) -> None:
        """{boot, seq}: stored up to seq. A boot or number that is not ours is ignored."""
        try:
            ack = json.loads(payload.decode())
            boot, seq, now_ms = ack["boot"], ack["seq"], ack["now_ms"]
        except (ValueError, UnicodeError, KeyError, TypeError, RuntimeError, MemoryError):
            return
        if not isinstance(boot, int) or not isinstance(seq, int) or not isinstance(now_ms, int):
            return
        if self._adapter.outbox.ack(boot, seq):
            self._progress_ms = self._adapter.mono.ms()
            self._wait_ms = FIRST_WAIT_MS
        ours = boot == self._adapter.voice.boot and seq <= self._adapter.voice.seq
        self._adapter.heard = self._adapter.heard or ours
        if self._follow_clock and ours:
            self._adapter.clock.set(now_ms)

"""Adapters as the protocol asks them to be, over real MQTT: a ring of limited size, a session each to tell about."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from tests.saas.edge.device import RESEND_SECONDS, Client, Device

START_WH = 1_000_000
STEP_WH = 10
WINDOW = 200  # of what is not acknowledged, the oldest are sent again: a backlog must not become a flood


class Adapter(Device):
    """`ring`: how many messages it can hold; the oldest sample goes first, an event never.

    `sent`: every message by seq; `dropped`: those that the ring gave up before they were acknowledged.
    """

    def __init__(self, port: int, held: dict[str, Any], *, ring: int = 100_000, boot: int = 7) -> None:
        self.held, self.ring = held, ring
        self.sent: dict[int, dict[str, Any]] = {}
        self.dropped: set[int] = set()
        super().__init__(port, held["device"], held["secret"], boot=boot)

    def say(self, kind: str, **body: Any) -> int:
        seq = super().say(kind, **body)
        self.sent[seq] = {"kind": kind} | body
        if len(self.outbox) > self.ring:
            self._give_up_one()
        return seq

    def _resend(self) -> None:
        """With the lowest number that is held now: it tells the platform which gaps will never be filled."""
        while not self._stop.wait(RESEND_SECONDS):
            with self._lock:
                waiting, low = list(self.outbox.values())[:WINDOW], min(self.outbox, default=1)
            for topic, payload in waiting:
                self.paho.publish(topic, msgspec.json.encode(msgspec.json.decode(payload) | {"low": low}), qos=1)

    def _give_up_one(self) -> None:
        with self._lock:
            oldest = next((seq for seq, (topic, _) in self.outbox.items() if topic.endswith("/telemetry")), None)
            if oldest is not None:
                del self.outbox[oldest]
                self.dropped.add(oldest)

    def tell(self, number: int, of: int) -> None:
        """Message `number` of a session that has `of`: plugged, started, samples, stopped. The meter never falls."""
        session, energy_wh = self.held["session"], START_WH + number * STEP_WH
        if number == 0:
            self.say("event", type="plugged")
        elif number == 1:
            self.say("event", type="started", session=session, energy_wh=energy_wh)
        elif number == of - 1:
            self.say("event", type="stopped", session=session, energy_wh=energy_wh, reason="local")
        else:
            self.say("telemetry", session=session, energy_wh=energy_wh, power_w=7000, current_ma=30_000)


Swarm = Callable[..., list[Adapter]]  # group, ring=…, port=…


def stories(adapters: Sequence[Adapter], *, messages: int, seconds: float) -> Iterator[int]:
    """All adapters tell their sessions at once, spread over the time. Gives the round, for faults in between."""
    began = time.monotonic()
    for number in range(messages):
        for adapter in adapters:
            adapter.tell(number, messages)
        yield number
        time.sleep(max(0.0, began + seconds * (number + 1) / messages - time.monotonic()))


def publishing(port: int, user: str, secret: str, topic: str) -> Callable[[bytes], None]:
    """Says raw bytes on a topic of a device of its own; the caller closes what the function has as `client`."""
    client = Client(port, user, secret)

    def publish(payload: bytes) -> None:
        client.paho.publish(topic, payload, qos=1)

    publish.client = client  # type: ignore[attr-defined]
    return publish


def message(seq: int, **body: Any) -> bytes:
    """An upward message of boot 7."""
    held = {"v": 1, "boot": 7, "seq": seq, "ts_ms": time.time_ns() // 1_000_000} | body
    return msgspec.json.encode(held)

"""The platform's word to the devices: committed up to here. At once after what matters, every two seconds else."""

import time

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Ack, encode

from .commit import Outcome
from .port import BrokerPort

EVERY_SECONDS = 2.0


class Acks:
    """Collects acknowledgements and sends them when they are due."""

    def __init__(self, port: BrokerPort) -> None:
        self._port = port
        self._waiting: dict[tuple[str, int], int] = {}
        self._next = 0.0

    def note(self, outcome: Outcome) -> None:
        """Take over what a committed batch allows; send what is urgent."""
        self._waiting |= outcome.acks
        self._send([name for name in outcome.acks if name[0] in outcome.urgent])

    def send_due(self) -> None:
        """Call often; sends everything that waits, every EVERY_SECONDS."""
        if time.monotonic() >= self._next and self._waiting:
            self._next = time.monotonic() + EVERY_SECONDS
            self._send(list(self._waiting))

    def _send(self, names: list[tuple[str, int]]) -> None:
        now_ms = time.time_ns() // 1_000_000
        for device, boot in names:
            seq = self._waiting.pop((device, boot))
            self._port.publish(wire.TOPIC_ACK % device, encode(Ack(v=1, boot=boot, seq=seq, now_ms=now_ms)))
        if names:
            self._port.flush()

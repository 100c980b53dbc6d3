"""What the ingester needs of a broker, and nothing more. `paho_port.py` and `raw_port.py` are the adapters."""

import os
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple, Protocol

USER = "_ingester"
FILTERS = ("ev/v1/+/telemetry", "ev/v1/+/event", "ev/v1/+/reply", "ev/v1/+/status")
KEEP_ALIVE_SECONDS = int(os.environ.get("WATTLANE_INGESTER_KEEP_ALIVE") or 20)
MOST_BYTES = 8 * 1024 * 1024  # of one batch: a flood of large poison must not fill the memory


class Message(NamedTuple):
    """One message as it came. `token` is the adapter's own, for the acknowledgement."""

    topic: str
    payload: bytes
    received_at: datetime
    token: int = 0


def token_of(connection: int, mid: int) -> int:
    """For an adapter whose acknowledgement is a number that counts on one connection; 0: nothing to acknowledge."""
    return connection << 16 | mid if mid else 0


def mids_of(messages: list[Message], connection: int) -> list[int]:
    """What to acknowledge on this connection: the numbers of an earlier one may by now mean other messages."""
    return [message.token & 0xFFFF for message in messages if message.token and message.token >> 16 == connection]


class BrokerPort(Protocol):
    """A persistent QoS 1 subscription to what devices send."""

    @property
    def ready(self) -> bool:
        """Connected, and every wanted subscription confirmed."""

    def subscribe(self, filters: Collection[str]) -> None:
        """Hear of these topics and of no others, also after a reconnect. May be called at any time."""

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        """What arrived, after `within_s`, or sooner when there are `most` or MOST_BYTES. Reads nothing from the network
        while it is not called, and little more than that: memory stays bounded, the broker or the devices keep the
        rest. `most` 0 only keeps the connection alive for that time."""

    def acknowledge(self, messages: list[Message]) -> None:
        """Tell the broker that it may forget these."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send without waiting, at the next `flush`, QoS 0: whoever misses it sends again and is answered again."""

    def flush(self) -> None:
        """Hand what was published to the network."""

    def close(self) -> None:
        """Say goodbye; the broker keeps the session."""

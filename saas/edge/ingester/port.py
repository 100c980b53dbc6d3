"""What the ingester needs of a broker, and nothing more. `paho_port.py` is the adapter."""

from datetime import datetime
from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One message as it came. `token` is the adapter's own, for the acknowledgement."""

    topic: str
    payload: bytes
    received_at: datetime
    token: object = None


class BrokerPort(Protocol):
    """A persistent QoS 1 subscription to everything that devices send."""

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        """What arrived, after `within_s`, or sooner when there are `most`. Reads nothing from the network while it is
        not called, and no more than `most`: memory stays bounded, the broker or the devices keep the rest.
        `most` 0 only keeps the connection alive for that time."""

    def acknowledge(self, messages: list[Message]) -> None:
        """Tell the broker that it may forget these."""

    def publish(self, topic: str, payload: bytes) -> None:
        """Send without waiting, QoS 0: whoever misses it sends again and is answered again."""

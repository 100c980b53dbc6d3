"""What the tests of the edge share: a broker port in memory, a handler that remembers, messages of a device."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.db import connection

from saas.edge.ingester.port import Message

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)


@dataclass
class MemoryPort:
    """The broker port without a network: what is not acknowledged is given again after `reconnect`."""

    inbox: list[Message] = field(default_factory=list)
    unacknowledged: list[Message] = field(default_factory=list)
    published: list[tuple[str, bytes]] = field(default_factory=list)

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        taken, self.inbox = self.inbox[:most], self.inbox[most:]
        self.unacknowledged += taken
        return taken

    def acknowledge(self, messages: list[Message]) -> None:
        for message in messages:
            self.unacknowledged.remove(message)

    def publish(self, topic: str, payload: bytes) -> None:
        self.published.append((topic, payload))

    def flush(self) -> None:
        """What was published counts as sent."""

    @property
    def ready(self) -> bool:
        return True

    def subscribe(self, filters: Any) -> None:
        self.filters = list(filters)

    def close(self) -> None:
        """Nothing to say goodbye to."""

    def reconnect(self) -> None:
        self.inbox, self.unacknowledged = self.unacknowledged + self.inbox, []

    def acks(self, device: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(payload) for topic, payload in self.published if topic == f"ev/v1/{device}/ack"]


class Memory:
    """A handler that remembers what it was told, and fails on command."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, Any]] = []
        self.fail: dict[str, Exception] = {}
        self.before: list[bool] = []  # whether the device was online as the handler saw it

    def _note(self, kind: str, device: Any, body: Any) -> None:
        if error := self.fail.get(kind):
            raise error
        self.told.append((kind, connection.schema_name, device.device_id, body))

    def receive_event(self, *, device: Any, event: Any, received_at: datetime) -> None:
        self._note("event", device, event)

    def receive_reply(self, *, device: Any, reply: Any, received_at: datetime) -> None:
        self._note("reply", device, reply)

    def receive_sample(self, *, device: Any, sample: Any, received_at: datetime) -> None:
        self._note("sample", device, sample)

    def receive_status(self, *, device: Any, status: Any, received_at: datetime) -> None:
        self.before.append(device.online)
        self._note("status", device, status)

    def kinds(self) -> list[str]:
        return [kind for kind, *_ in self.told]


def raw(device: str, kind: str, payload: bytes) -> Message:
    """A message as the broker would bring it."""
    return Message(f"ev/v1/{device}/{kind}", payload, NOW)


def body(seq: int, *, boot: int = 7, **more: Any) -> dict[str, Any]:
    """What every upward message has."""
    return {"v": 1, "boot": boot, "seq": seq, "ts_ms": NOW_MS + seq * 1000} | more


def sample(device: str, seq: int, **more: Any) -> Message:
    """One sample of the meter."""
    return raw(device, "telemetry", msgspec.json.encode(body(seq, energy_wh=1000 + seq) | more))


def event(device: str, seq: int, type: str = "plugged", **more: Any) -> Message:
    """Something happened."""
    return raw(device, "event", msgspec.json.encode(body(seq, type=type) | more))


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """What a query returns."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def stored(device: str) -> list[int]:
    """Seqs in the telemetry store, sorted; one entry a row."""
    return [seq for (seq,) in rows("SELECT seq FROM telemetry.message WHERE device = %s ORDER BY seq", device)]


def reasons() -> list[str]:
    """Why messages were set aside, oldest first."""
    return [reason for (reason,) in rows("SELECT reason FROM telemetry.quarantine ORDER BY id")]

"""The sessions that ingesters have at the broker: which there are, and the end of those that no ingester uses any more.

When the number of ingesters changes, the new ones subscribe first. Then the first of them takes over what the broker
still holds in the sessions of the old division, commits it, and deletes them: between the two nothing falls through,
and what comes by both ways is stored once.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import connection

from saas.devices.models import Device

from .port import BrokerPort
from .shards import Share

log = structlog.get_logger("ingester")
NEWS_SECONDS = 1.0
OVERLAP = timedelta(minutes=1)  # a device is seen when its transaction ends, which may be later than its created_at
QUIET_SECONDS = 1.0
OpenPort = Callable[..., BrokerPort]


class Coverage:
    """Keeps a port subscribed to the devices of a share, new ones within NEWS_SECONDS."""

    def __init__(self, port: BrokerPort, share: Share) -> None:
        self._port, self._share = port, share
        self._devices: set[str] = set()
        self._newest: datetime | None = None
        self._next = 0.0

    def tend(self) -> None:
        """Call often. A share that is the whole was subscribed by its port."""
        if self._share.whole or time.monotonic() < self._next:
            return
        found = self._news()
        self._next = time.monotonic() + NEWS_SECONDS
        if found - self._devices or self._newest is None:
            self._devices |= found
            self._port.subscribe(self._share.filters(self._devices))

    @property
    def complete(self) -> bool:
        """The broker has confirmed the subscriptions of every device."""
        return self._port.ready and (self._share.whole or self._next > 0)

    def _news(self) -> set[str]:
        rows = Device.objects.order_by("created_at").values_list("device_id", "created_at")
        found = list(rows.filter(created_at__gt=self._newest - OVERLAP) if self._newest else rows)
        if found:
            self._newest = found[-1][1]
        return {device for device, _ in found if self._share.has(device)}


class Sessions:
    """Tells the others that this session is in use, and finds those that are not."""

    def __init__(self, share: Share, coverage: Coverage, open_port: OpenPort) -> None:
        self._share, self._coverage, self._open_port = share, coverage, open_port
        self._told = False
        self._next = 0.0
        self.leaving: Leaving | None = None

    def tend(self) -> None:
        """Call often."""
        if not self._told and self._coverage.complete:
            _remember(self._share.client_id)
            self._told = True
        if self._told and self._share.number == 1 and time.monotonic() >= self._next:
            self._next = time.monotonic() + NEWS_SECONDS
            self._look_for_old_ones()

    def left(self) -> None:
        """The session at hand is empty: it was deleted at the broker."""
        assert self.leaving is not None
        log.info("session_retired", client=self.leaving.client_id)
        _forget(self.leaving.client_id)
        self.leaving = None

    def _look_for_old_ones(self) -> None:
        known, mine = _all(), set(self._share.client_ids)
        if self.leaving is None and mine <= known and (old := sorted(known - mine)):
            self.leaving = Leaving(old[0], self._open_port)


class Leaving:
    """A session of an earlier division, drained and then deleted at the broker."""

    def __init__(self, client_id: str, open_port: OpenPort) -> None:
        self.client_id = client_id
        self._open_port = open_port
        self.port = open_port(client_id=client_id, filters=())
        self._heard_at: float | None = None

    def note(self, count: int) -> bool:
        """Whether it is empty, after `count` messages were taken from it and committed."""
        now = time.monotonic()
        if count or (self._heard_at is None and self.port.ready):
            self._heard_at = now
        return self._heard_at is not None and now - self._heard_at > QUIET_SECONDS

    def delete(self) -> None:
        """Connect once more with a clean session: that is how MQTT 3.1.1 deletes one."""
        self.port.close()
        last, deadline = self._open_port(client_id=self.client_id, filters=(), clean=True), time.monotonic() + 5
        while not last.ready and time.monotonic() < deadline:
            last.receive(most=1, within_s=0.1)
        last.close()


def _remember(client_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry.ingester (client_id) VALUES (%s) "
            "ON CONFLICT (client_id) DO UPDATE SET ready_at = now()",
            [client_id],
        )


def _forget(client_id: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM telemetry.ingester WHERE client_id = %s", [client_id])


def _all() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT client_id FROM telemetry.ingester")
        return {client_id for (client_id,) in cursor.fetchall()}

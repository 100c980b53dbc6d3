"""Wakes on notifications, and scans every few seconds besides: rows count, notifications only hurry."""

import time
from datetime import UTC, datetime
from typing import Protocol

import structlog
from django.db import DatabaseError, InterfaceError, connection

from saas.devices import actions as devices
from saas.edge.listen import Listener
from saas.edge.mqtt.link import Link
from saas.tenancy.models import Tenant
from tenants.charging.actions import commands

from . import outbox

log = structlog.get_logger("dispatcher")
DEVICES = devices.CHANNEL
OUTBOX = commands.CHANNEL  # payload: schema
ONLINE = "wattlane_online"  # payload: schema:device
SCAN_SECONDS = 3.0
CREDENTIALS_SECONDS = 5.0
WAIT_SECONDS = 0.5


class Keeper(Protocol):
    """Keeps the broker's copy of who may connect."""

    def refresh(self) -> bool:
        """Bring the copy up to date; True when something changed, so that it should be called again soon."""


class Dispatcher:
    """Runs until `stop`. Everything it must remember is a row: it may be killed at any moment."""

    def __init__(self, link: Link, keeper: Keeper, listener: Listener) -> None:
        self._link, self._keeper, self._listener = link, keeper, listener
        self._stopping = self._more = False
        self._connection = 0
        self._scan_at = self._credentials_at = 0.0

    def stop(self) -> None:
        """End soon."""
        self._stopping = True

    def run(self) -> None:
        """Until stopped; a database that is away is waited for."""
        while not self._stopping:
            heard = self._listener.wait(0 if self._more else WAIT_SECONDS)
            try:
                self.turn(heard, now=datetime.now(UTC))
            except (DatabaseError, InterfaceError) as away:
                log.error("database_away", error=str(away).strip())
                connection.close()
                time.sleep(1)
        self._listener.close()
        connection.close()

    def turn(self, heard: list[tuple[str, str]], *, now: datetime) -> None:
        """What was notified, and what is due by time."""
        clock = time.monotonic()
        if self._listener.fresh:
            self._scan_at = self._credentials_at = 0.0
            self._listener.fresh = False
        self._keep(clock, told=any(channel == DEVICES for channel, _ in heard))
        for schema, _, device in (payload.partition(":") for channel, payload in heard if channel == ONLINE):
            outbox.hurry(schema, device, now=now)
        schemas = {payload.partition(":")[0] for channel, payload in heard if channel in (OUTBOX, ONLINE)}
        if clock >= self._scan_at:
            self._scan_at = clock + SCAN_SECONDS
            schemas = _all_schemas()
        for schema in sorted(schemas & _all_schemas() if heard else schemas):
            self._send(schema, now)

    def _keep(self, clock: float, *, told: bool) -> None:
        """The broker's copy of who may connect: when told of a change, on every new connection, and by time."""
        if told or self._connection != self._link.connections or clock >= self._credentials_at:
            self._connection = self._link.connections
            self._more = self._keeper.refresh()
            self._credentials_at = 0.0 if self._more else clock + CREDENTIALS_SECONDS

    def _send(self, schema: str, now: datetime) -> None:
        """One tenant's trouble must not stop the others."""
        try:
            if self._link.connected.is_set():
                outbox.work(schema, publish=self._link.publish, now=now)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("tenant_failed", tenant=schema)


def _all_schemas() -> set[str]:
    return set(Tenant.objects.exclude(schema_name="public").values_list("schema_name", flat=True))

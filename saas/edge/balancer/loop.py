"""Wakes on notifications, and looks every few seconds besides: rows count, notifications only hurry."""

import time
from datetime import UTC, datetime

import structlog
from django.db import DatabaseError, InterfaceError, connection

from saas.edge import metrics
from saas.edge.listen import Listener
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.queries import active_schemas
from tenants.feed import actions as feed
from tenants.power import actions
from tenants.power.queries.circuits import root_keys

log = structlog.get_logger("balancer")
POWER = actions.CHANNEL  # payload: schema
LIVE = feed.CHANNEL  # payload: schema:event
LOOK_SECONDS = 3.0
SOONEST_SECONDS = 1.0  # after the last look at the same tenant, however much happens there
FIND_SECONDS = 60.0  # sites that were switched on hurry; this finds what was missed
WAIT_SECONDS = 0.5


class Balancer:
    """Runs until `stop`. Everything it must remember is a row: it may be killed at any moment."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._stopping = False
        self._looked: dict[str, float] = {}  # schemas with sites that share a limit → when
        self._hurried: set[str] = set()
        self._find_at = 0.0

    def stop(self) -> None:
        """End soon."""
        self._stopping = True

    def run(self) -> None:
        """Until stopped; a database that is away is waited for."""
        while not self._stopping:
            heard = self._listener.wait(WAIT_SECONDS)
            try:
                self.turn(heard, now=datetime.now(UTC))
            except (DatabaseError, InterfaceError) as away:
                log.error("database_away", error=str(away).strip())
                connection.close()
                time.sleep(1)
        self._listener.close()
        connection.close()

    def turn(self, heard: list[tuple[str, str]], *, now: datetime) -> list[str]:
        """What was notified, and what is due by time. The schemas that were looked at."""
        clock = time.monotonic()
        if self._listener.fresh or clock >= self._find_at:
            self._listener.fresh = False
            self._find(clock)
        for channel, payload in heard:
            schema = payload.partition(":")[0]
            if channel == POWER:
                self._looked.setdefault(schema, 0.0)
            if schema in self._looked:
                self._hurried.add(schema)
        due = [schema for schema in sorted(self._looked) if self._due(schema, clock)]
        for schema in due:
            self._look(schema, clock, now)
        return due

    def _due(self, schema: str, clock: float) -> bool:
        passed = clock - self._looked[schema]
        return passed >= (SOONEST_SECONDS if schema in self._hurried else LOOK_SECONDS)

    def _find(self, clock: float) -> None:
        """Tenants that share a limit somewhere."""
        self._find_at = clock + FIND_SECONDS
        found = {schema for schema in active_schemas() if _shares(schema)}
        self._looked = {schema: self._looked.get(schema, 0.0) for schema in found}

    def _look(self, schema: str, clock: float, now: datetime) -> None:
        """All sites of one tenant. A tenant without any is looked for again later."""
        self._looked[schema] = clock
        self._hurried.discard(schema)
        with tenant_schema(schema):
            sites = root_keys()
            for site in sites:
                self._site(schema, site, now)
        if not sites:
            del self._looked[schema]

    def _site(self, schema: str, site: int, now: datetime) -> None:
        """One site's trouble must not stop the others."""
        try:
            metrics.TOLD.inc(actions.balance_site(root_id=site, now=now))
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            log.exception("site_failed", tenant=schema, circuit=site)


def _shares(schema: str) -> bool:
    with tenant_schema(schema):
        return bool(root_keys())

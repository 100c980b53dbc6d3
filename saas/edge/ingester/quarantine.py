"""What was set aside: looked at, and brought in again once the cause is gone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from saas.kit.errors import Refused
from saas.kit.tenant_context import tenant_schema

from . import store
from .commit import Handler, tell
from .port import Message
from .reading import STORED, Fact, parts_of, read
from .registry import Registry

FIELDS = "id, topic, payload, reason, received_at"


@dataclass(frozen=True)
class Kept:
    """One message that was set aside."""

    id: int
    topic: str
    payload: bytes
    reason: str
    received_at: datetime


def waiting(*, limit: int = 100, reason: str = "", ids: tuple[int, ...] = ()) -> list[Kept]:
    """Not replayed yet, oldest first. `reason`: what the reason begins with; `ids`: only these."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {FIELDS} FROM telemetry.quarantine WHERE replayed_at IS NULL "  # noqa: S608
            "AND starts_with(reason, %s) AND (%s::bigint[] = '{}' OR id = ANY(%s)) ORDER BY id LIMIT %s",
            [reason, list(ids), list(ids), limit],
        )
        return [Kept(row[0], row[1], bytes(row[2]), row[3], row[4]) for row in cursor.fetchall()]


def replay(kept: list[Kept], *, handler: Handler, now: datetime) -> Iterator[tuple[Kept, str | None]]:
    """Bring each in again, in a transaction of its own; None when it went well, else why it stays."""
    registry = Registry()
    for item in kept:
        try:
            with transaction.atomic():
                _once_more(item, registry, handler, now)
        except Refused as no:
            yield item, f"{no.code}: {no}"
        except (ValueError, LookupError, TypeError) as bug:
            yield item, f"error: {type(bug).__name__}: {bug}"
        else:
            yield item, None


def _once_more(item: Kept, registry: Registry, handler: Handler, now: datetime) -> None:
    """Store the fact unless it is there already, and tell the tenant."""
    if not _claim(item, now):
        return
    place = parts_of(item.topic)
    message = Message(item.topic, item.payload, item.received_at)
    result = read(message, registry.look_up([place[0]])[place[0]], place[1]) if place else None
    if not isinstance(result, Fact):
        raise ValueError(result.reason if result else "unknown_topic")
    if result.kind in STORED:
        store.insert([result])
    with tenant_schema(result.device.tenant.schema_name):
        tell(handler, result)


def _claim(item: Kept, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telemetry.quarantine SET replayed_at = %s WHERE id = %s AND replayed_at IS NULL", [now, item.id]
        )
        return bool(cursor.rowcount)

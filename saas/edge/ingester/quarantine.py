"""What was set aside: looked at, and brought in again once the cause is gone. And the clocks that are off."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from saas.kit.errors import Refused
from saas.kit.tenant_context import tenant_schema

from . import store
from .commit import Handler, store_name, tell
from .port import Message
from .reading import STORED, Fact, Poison, parts_of, read
from .registry import Registry

FIELDS = "id, topic, payload, reason, received_at, stored, tried_at, result, replayed_at"
PAGE = 100
STORED_AND_TOLD, TOLD, KNOWN = "stored and told", "told", "was stored and told before"


@dataclass(frozen=True)
class Kept:
    """One message that was set aside. `stored`: it is in the store, and only the tenant's rules refused it (None: set
    aside before that was noted). `result`: what its last replay came to, at `tried_at`."""

    id: int
    topic: str
    payload: bytes
    reason: str
    received_at: datetime
    stored: bool | None = None
    tried_at: datetime | None = None
    result: str | None = None
    replayed_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which: those whose reason begins with `reason`, of one device, received in the half-open [since, until), with
    these `ids`, with an id beyond `after`. `replayed`: also those that were brought in already."""

    reason: str = ""
    device: str = ""
    since: datetime | None = None
    until: datetime | None = None
    ids: tuple[int, ...] = ()
    after: int = 0
    replayed: bool = False

    def where(self) -> tuple[str, list[Any]]:
        """As SQL, and its values."""
        chosen = [(sql, value) for sql, value in self._conditions() if value]
        always = ["id > %s"] + ([] if self.replayed else ["replayed_at IS NULL"])
        return " AND ".join([*always, *(sql for sql, _ in chosen)]), [self.after, *(value for _, value in chosen)]

    def _conditions(self) -> list[tuple[str, Any]]:
        return [
            ("starts_with(reason, %s)", self.reason),
            ("split_part(topic, '/', 3) = %s", self.device),
            ("received_at >= %s", self.since),
            ("received_at < %s", self.until),
            ("id = ANY(%s)", list(self.ids)),
        ]


@dataclass(frozen=True)
class Clock:
    """A stored message of a device whose clock was wrong beyond doubt: `ts_ms` is what it said. `reason` and `stored`
    as those that were set aside have them."""

    device: str
    boot: int
    seq: int
    kind: str
    ts_ms: int
    received_at: datetime
    clock: str
    reason: str
    stored: bool = True


def waiting(wanted: Wanted | None = None, *, limit: int = PAGE) -> list[Kept]:
    """A page, oldest first. The next one: `after` the last id of this one."""
    where, values = (wanted or Wanted()).where()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {FIELDS} FROM telemetry.quarantine WHERE {where} ORDER BY id LIMIT %s",  # noqa: S608
            [*values, limit],
        )
        return [Kept(row[0], row[1], bytes(row[2]), *row[3:]) for row in cursor.fetchall()]


def clocks(*, device: str = "", since: datetime | None = None, limit: int = PAGE) -> list[Clock]:
    """Messages whose clock is off, newest first. They are stored: there is nothing to replay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT device, boot, seq, kind, ts_ms, received_at, clock, 'clock_' || clock FROM telemetry.message "
            "WHERE clock IS NOT NULL AND (%s = '' OR device = %s) AND (%s::timestamptz IS NULL OR received_at >= %s) "
            "ORDER BY received_at DESC, seq DESC LIMIT %s",
            [device, device, since, since, limit],
        )
        return [Clock(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class Done:
    """What became of one: `what` in words, or why it stays."""

    kept: Kept
    what: str
    stays: bool = False


def replay(kept: Iterable[Kept], *, handler: Handler, now: datetime) -> Iterator[Done]:
    """Bring each in again, in a transaction of its own. May be repeated, by several at once: each comes in once."""
    registry = Registry()
    for item in kept:
        try:
            with transaction.atomic():
                what = _once_more(item, registry, handler, now)
        except (Refused, ValueError, LookupError, TypeError) as no:
            why = f"{no.code}: {no}" if isinstance(no, Refused) else f"error: {type(no).__name__}: {no}"
            _note(item, why, now)
            yield Done(item, why, stays=True)
        except StillPoison as no:
            _note(item, str(no), now)
            yield Done(item, str(no), stays=True)
        else:
            yield Done(item, what)


class StillPoison(Exception):
    """It can be read no better than before; the text is the reason."""


def _once_more(item: Kept, registry: Registry, handler: Handler, now: datetime) -> str:
    """Store the fact unless it is there already, and tell the tenant."""
    fact = _fact(item, registry)
    store.lock([fact.boot[0]])
    if not _claim(item, now):
        return "was replayed before"
    what = _bring_in(item, fact, handler)
    _note(item, what, now)
    return what


def _fact(item: Kept, registry: Registry) -> Fact:
    place = parts_of(item.topic)
    if place is None:
        raise StillPoison("unknown_topic")
    message = Message(item.topic, item.payload, item.received_at)
    result = read(message, registry.look_up([place[0]])[place[0]], place[1])
    if isinstance(result, Poison):
        raise StillPoison(result.reason)
    return result


def _bring_in(item: Kept, fact: Fact, handler: Handler) -> str:
    """Where the device has sent it again meanwhile, and it went well, the tenant is not told twice."""
    new = fact.kind in STORED and store_name(fact) in store.insert_missing([fact])
    if fact.kind in STORED and not new and item.stored is False:
        return KNOWN
    with tenant_schema(fact.device.tenant.schema_name):
        tell(handler, fact)
    return STORED_AND_TOLD if new else TOLD


def _claim(item: Kept, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telemetry.quarantine SET replayed_at = %s WHERE id = %s AND replayed_at IS NULL", [now, item.id]
        )
        return bool(cursor.rowcount)


def _note(item: Kept, what: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE telemetry.quarantine SET tried_at = %s, result = %s WHERE id = %s", [now, what[:500], item.id]
        )

"""Partitions of telemetry.message, one per UTC day, made ahead of need."""

from datetime import UTC, date, datetime, time, timedelta

import structlog
from django.db import DatabaseError, connection, transaction

log = structlog.get_logger("ingester")
DAYS_BACK = 7
DAYS_AHEAD = 3
LOCK = 0x7061727469  # one ingester makes partitions at a time


def ensure(*, now: datetime) -> int:
    """Make the partitions around `now` that are missing; how many were made.

    Never waits long for a lock: what cannot be made now is tried again later, and until then the default partition
    takes the messages.
    """
    today = now.astimezone(UTC).date()
    days = [today + timedelta(days=offset) for offset in range(-DAYS_BACK, DAYS_AHEAD + 1)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
                       "WHERE i.inhparent = 'telemetry.message'::regclass")  # fmt: skip
        there = {name for (name,) in cursor.fetchall()}
    return sum(_make(day) for day in days if name_of(day) not in there)


def name_of(day: date) -> str:
    """Table of a day, inside the schema telemetry."""
    return f"message_{day:%Y%m%d}"


def bounds_ms(day: date) -> tuple[int, int]:
    """Half-open, in ms since 1970."""
    start = int(datetime.combine(day, time(), UTC).timestamp()) * 1000
    return start, start + 86_400_000


def _make(day: date) -> bool:
    """A table of its own first, filled with what the default holds of that day, then attached."""
    table, (start, end) = f"telemetry.{name_of(day)}", bounds_ms(day)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            cursor.execute("SELECT to_regclass(%s)", [table])
            if cursor.fetchone()[0]:  # another ingester was faster
                return False
            cursor.execute(f"CREATE TABLE {table} (LIKE telemetry.message INCLUDING ALL)")
            cursor.execute(
                f"WITH moved AS (DELETE FROM telemetry.message_default WHERE ts_ms >= %s AND ts_ms < %s RETURNING *) "  # noqa: S608
                f"INSERT INTO {table} SELECT * FROM moved",
                [start, end],
            )
            cursor.execute(
                f"ALTER TABLE telemetry.message ATTACH PARTITION {table} FOR VALUES FROM ({start}) TO ({end})"
            )
    except DatabaseError as wrong:
        log.warning("partition_not_made", day=str(day), error=str(wrong))
        return False
    return True

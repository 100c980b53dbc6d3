"""The telemetry store in SQL. Runs on the connection, and in the transaction, of the caller."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db import connection
from psycopg.types.json import Jsonb

from .marks import Mark, mark_of
from .reading import Fact, Poison

LOCK = 0x696E67657374  # one ingester writes at a time, even while a killed one's last transaction still runs
KEPT_BYTES = 65536  # of a message that is set aside
COLUMNS = {
    "ts_ms": "int8", "device": "text", "boot": "int8", "seq": "int8", "kind": "text", "tenant": "text", "evse": "int2",
    "session": "text", "energy_wh": "int8", "power_w": "int4", "current_ma": "int4", "voltage_mv": "int4",
    "temperature_mc": "int4", "soc_pct": "int2", "type": "text", "reason": "text", "code": "text", "body": "jsonb",
    "received_at": "timestamptz",
}  # fmt: skip
NAMES = ", ".join(COLUMNS)
BODY = ("session", "energy_wh", "power_w", "current_ma", "voltage_mv", "temperature_mc", "soc_pct", "type", "reason")
Name = tuple[str, int, int]  # device, boot, seq


def lock() -> None:
    """Wait until no other ingester writes; held until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '20s'")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def marks(boots: Iterable[tuple[str, int]]) -> dict[tuple[str, int], Mark]:
    """The marks of these (device, boot); a new one for a boot that never was heard of."""
    wanted = list(boots)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w.device, w.boot, w.seq, w.ahead FROM telemetry.watermark w "
            "JOIN unnest(%s::text[], %s::bigint[]) AS k(device, boot) USING (device, boot)",
            [[device for device, _ in wanted], [boot for _, boot in wanted]],
        )
        found = {(device, boot): mark_of(seq, ahead) for device, boot, seq, ahead in cursor.fetchall()}
    return {name: found.get(name) or Mark() for name in wanted}


def save_marks(changed: dict[tuple[str, int], Mark]) -> None:
    """Write marks back."""
    rows = [(*name, mark.seq, f"{{{','.join(map(str, mark.ahead()))}}}") for name, mark in sorted(changed.items())]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry.watermark (device, boot, seq, ahead) "
            "SELECT d, b, s, a::bigint[] FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[]) t(d, b, s, a) "
            "ON CONFLICT (device, boot) DO UPDATE SET seq = EXCLUDED.seq, ahead = EXCLUDED.ahead, changed_at = now()",
            [[row[column] for row in rows] for column in range(4)],
        )


def insert(facts: Sequence[Fact]) -> set[Name]:
    """Store facts; what is there already stays as it was. The names of events and replies that are new."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE telemetry.message) ON COMMIT DELETE ROWS; "
            "DELETE FROM incoming"
        )
        with cursor.copy(f"COPY incoming ({NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(list(COLUMNS.values()))
            for fact in facts:
                copy.write_row(_row(fact))
        cursor.execute(
            f"WITH fresh AS (INSERT INTO telemetry.message ({NAMES}) SELECT {NAMES} FROM incoming "  # noqa: S608
            "ON CONFLICT DO NOTHING RETURNING device, boot, seq, kind) "
            "SELECT device, boot, seq FROM fresh WHERE kind <> 'telemetry'"
        )
        return set(cursor.fetchall())


def set_aside(poisons: Sequence[Poison]) -> None:
    """Keep what cannot be used, with the reason."""
    rows = [
        (poison.source.topic[:500], poison.source.payload[:KEPT_BYTES], poison.reason[:500], poison.source.received_at)
        for poison in poisons
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO telemetry.quarantine (topic, payload, reason, received_at) VALUES (%s, %s, %s, %s)", rows
        )


def tell_online(schema: str, device: str) -> None:
    """A device came back: the dispatcher sends what waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('wattlane_online', %s)", [f"{schema}:{device}"])


def _row(fact: Fact) -> tuple[Any, ...]:
    body = fact.body
    plain = fact.kind == "telemetry"
    return (
        body.ts_ms, fact.device.device_id, body.boot, body.seq, fact.kind, fact.device.tenant.schema_name, body.evse,
        *(getattr(body, field, None) for field in BODY), getattr(body, "code", None),
        None if plain else Jsonb(body, dumps=msgspec.json.encode), received_at(fact),
    )  # fmt: skip


def received_at(fact: Fact) -> datetime:
    """When it reached the platform, by the platform's clock."""
    return fact.source.received_at

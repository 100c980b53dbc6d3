"""The telemetry store in SQL. Runs on the connection, and in the transaction, of the caller."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from django.db import IntegrityError, connection, transaction

from saas.contracts.telemetry import wire

from . import rows
from .marks import Mark, mark_of
from .reading import BootName, Fact, Poison
from .shards import buckets_of

LOCK = 0x696E67  # first key of the advisory locks; the second is the bucket
KEPT_BYTES = wire.MAX_BYTES  # of a message that is set aside: what is longer can never be brought in
Name = tuple[str, int, int]  # device, boot, seq


def lock(devices: Iterable[str]) -> None:
    """Wait until no other ingester writes for these devices; held until the end of the transaction.

    A killed ingester's last transaction may still run when its successor begins, and while the number of ingesters
    changes two may hear of one device. Taken in order, so that two never wait for each other.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10s'")  # shorter than a keep-alive of the broker's connection
        cursor.execute("SELECT pg_advisory_xact_lock(%s, b) FROM unnest(%s::int[]) b", [LOCK, buckets_of(devices)])


def marks(boots: Iterable[BootName]) -> dict[BootName, Mark]:
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


def save_marks(changed: dict[BootName, Mark]) -> None:
    """Write marks back."""
    held = [(*name, mark.seq, f"{{{','.join(map(str, mark.ahead()))}}}") for name, mark in sorted(changed.items())]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO telemetry.watermark (device, boot, seq, ahead) "
            "SELECT d, b, s, a::bigint[] FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[]) t(d, b, s, a) "
            "ON CONFLICT (device, boot) DO UPDATE SET seq = EXCLUDED.seq, ahead = EXCLUDED.ahead, changed_at = now()",
            [[row[column] for row in held] for column in range(4)],
        )


def insert(facts: Sequence[Fact]) -> set[Name]:
    """Store facts; what is there already stays as it was. The names of what is new, at least of events and replies.

    Straight into the table first: the marks let through what is new, so something is there already only after a
    replay by hand, or for a boot whose mark was forgotten.
    """
    with suppress(IntegrityError), transaction.atomic():
        _copy_facts("telemetry.message", facts)
        return {(*fact.boot, fact.body.seq) for fact in facts if fact.kind != "telemetry"}
    return insert_missing(facts)


def _copy_facts(table: str, facts: Sequence[Fact]) -> None:
    samples = [fact for fact in facts if fact.kind == "telemetry"]
    if samples:
        _copy(f"{table} ({rows.SAMPLE_COLUMNS})", rows.samples(samples), form="(FORMAT binary)")
    if len(samples) < len(facts):
        others = rows.others(fact for fact in facts if fact.kind != "telemetry")
        _copy(f"{table} ({rows.OTHER_COLUMNS})", [others.encode()])


def _copy(into: str, parts: Iterable[bytes], form: str = "") -> None:
    """Django translates the errors of `execute` alone: without the wrapper a database that is away is not known."""
    with (
        connection.wrap_database_errors,
        connection.cursor() as cursor,
        cursor.copy(f"COPY {into} FROM STDIN {form}") as copy,
    ):
        for part in parts:
            copy.write(part)


def insert_missing(facts: Sequence[Fact]) -> set[Name]:
    """Store those that are not there yet; their names."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE IF NOT EXISTS incoming (LIKE telemetry.message) ON COMMIT DROP; DELETE FROM incoming"
        )
        _copy_facts("incoming", facts)
        cursor.execute(
            "INSERT INTO telemetry.message SELECT * FROM incoming ON CONFLICT DO NOTHING RETURNING device, boot, seq"
        )
        return set(cursor.fetchall())


def set_aside(poisons: Sequence[Poison]) -> None:
    """Keep what cannot be used, with the reason: one statement, in the binary format, however many they are."""
    parts = [rows.BEGIN, *map(_aside, poisons), rows.END]
    _copy("telemetry.quarantine (topic, payload, reason, received_at, stored)", [b"".join(parts)], "(FORMAT binary)")


def _aside(poison: Poison) -> bytes:
    message = poison.source
    values = (
        _clean(message.topic), message.payload[:KEPT_BYTES], _clean(poison.reason), rows.moment(message.received_at),
        b"\1" if poison.stored else b"\0",
    )  # fmt: skip
    return rows.binary(values)


def _clean(text: str) -> bytes:
    """Words of others may hold what a text column cannot."""
    return text[:500].replace("\0", "").encode("utf-8", "replace")


def tell_online(schema: str, device: str) -> None:
    """A device came back: the dispatcher sends what waits for it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify('wattlane_online', %s)", [f"{schema}:{device}"])


def received_at(fact: Fact) -> datetime:
    """When it reached the platform, by the platform's clock."""
    return fact.source.received_at

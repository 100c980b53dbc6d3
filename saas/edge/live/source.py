"""From the database's notifications to the hub: one connection that listens, one that reads the rows."""

import asyncio
from collections import defaultdict

import psycopg
import structlog
from psycopg import sql

from saas.kit.home import home

from .frames import frame
from .hub import Hub

log = structlog.get_logger("live")
CHANNEL = "wattlane_live"
BACK_OFF = (0.5, 5.0)


async def feed(hub: Hub) -> None:
    """Until cancelled. After a break all feeds are ended, since nobody knows what was missed."""
    delay = BACK_OFF[0]
    while True:
        try:
            async with await _connect() as ears, await _connect() as eyes:
                await ears.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
                hub.end_all()
                delay = BACK_OFF[0]
                log.info("listening_to_database")
                await _pump(hub, ears, eyes)
        except (psycopg.Error, OSError) as away:
            log.error("database_away", error=str(away).strip(), retry_in_s=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, BACK_OFF[1])


async def _connect() -> psycopg.AsyncConnection:
    return await psycopg.AsyncConnection.connect(
        home().database_url, autocommit=True, connect_timeout=5, keepalives_idle=10, keepalives_interval=5
    )


async def _pump(hub: Hub, ears: psycopg.AsyncConnection, eyes: psycopg.AsyncConnection) -> None:
    while True:
        fresh: defaultdict[str, list[int]] = defaultdict(list)
        async for note in ears.notifies(timeout=5, stop_after=1):
            schema, _, event_id = note.payload.rpartition(":")
            if event_id.isdigit() and hub.wanted(schema):
                fresh[schema].append(int(event_id))
        for schema, ids in fresh.items():
            await _publish(hub, eyes, schema, ids)


async def _publish(hub: Hub, eyes: psycopg.AsyncConnection, schema: str, ids: list[int]) -> None:
    query = sql.SQL("SELECT id, audience, kind, data FROM {}.feed_event WHERE id = ANY(%s) ORDER BY id")
    cursor = await eyes.execute(query.format(sql.Identifier(schema)), [ids])
    for event_id, audience, kind, data in await cursor.fetchall():
        hub.publish(schema, audience, event_id, frame(event_id, kind, data))

"""Vehicles that come and go by themselves, so that a demonstration lives."""

import asyncio
import random
from collections.abc import Sequence

from .outlet import Vehicle
from .station import Station


async def keep_coming(station: Station, tags: Sequence[str], *, pause_s: float, stay_s: float) -> None:
    """One outlet at a time: plug, card, charge for a while, card, unplug, pause. Until cancelled."""
    chance = random.Random(station.row.station)
    while True:
        await asyncio.sleep(chance.uniform(0.3, 1.7) * pause_s)
        free = [here for here in station.outlets.values() if here.status() == "Available"]
        if not free:
            continue
        here, tag = chance.choice(free), chance.choice(tags)
        station.plug(here.number, Vehicle(wants_wh=chance.randrange(8_000, 50_000)))
        await asyncio.sleep(3)
        if not await station.card(here.number, tag):
            await asyncio.sleep(chance.uniform(0.5, 1.5) * stay_s)
            if here.transaction:
                await station.card(here.number, tag)
        await asyncio.sleep(3)
        station.unplug(here.number)

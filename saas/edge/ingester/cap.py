"""How much of one device's poison is kept: enough to see what is wrong, not enough to fill the table. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from .port import Message
from .reading import Poison

MOST = 100  # of one device in one minute
MINUTE = timedelta(minutes=1)
OTHERS = ""  # names that are no device's share one allowance: there is no end of them


class Chosen(NamedTuple):
    """`kept` to be stored; `dropped`: how many more by device. The allowance counts once `settle` is told."""

    kept: list[Poison]
    dropped: Counter[str]
    used: Counter[str]


class Cap:
    """What the store holds anyway, and only the tenant's rules refused, is never dropped: it may be replayed."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._used: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()

    def choose(self, poisons: Sequence[Poison]) -> Chosen:
        """Of a batch: the first ones of each device, and how many are left out."""
        chosen = Chosen([], Counter(), Counter())
        for poison in poisons:
            device = _device(poison)
            if not poison.stored and self._used[device] + chosen.used[device] >= MOST:
                chosen.dropped[device] += 1
            else:
                chosen.kept.append(poison)
                chosen.used[device] += not poison.stored
        return chosen

    def settle(self, chosen: Chosen) -> None:
        """The batch is committed."""
        self._used += chosen.used
        self._dropped += chosen.dropped

    def turn(self, now: datetime) -> list[Poison]:
        """At the end of a minute: one line for each device of which something was dropped. Then it begins anew."""
        if self._began is not None and now - self._began < MINUTE:
            return []
        told = [_line(device, count, now) for device, count in sorted(self._dropped.items())]
        self._began = now
        self._used.clear()
        self._dropped.clear()
        return told


def _device(poison: Poison) -> str:
    parts = poison.source.topic.split("/")
    return parts[2] if len(parts) == 4 and not poison.reason.startswith("unknown_") else OTHERS


def _line(device: str, count: int, now: datetime) -> Poison:
    topic = f"ev/v1/{device or '+'}/+"
    return Poison(Message(topic, b"", now), f"flood: {count} more within a minute were counted and dropped")

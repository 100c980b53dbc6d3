"""Facts of one station that wait for the ingester's word that they are stored."""

import time
from collections.abc import Callable, Sequence

import msgspec

from .facts import Fact

Done = Callable[[bool], None]


class Batch(msgspec.Struct, eq=False):
    """Facts that are waited for together."""

    left: int
    until: float
    done: Done


class Commits:
    """Each batch is told once: True when all of it is stored, False when the time is up."""

    __slots__ = ("_waiting",)

    def __init__(self) -> None:
        self._waiting: dict[tuple[int, int], list[Batch]] = {}

    def wait(self, facts: Sequence[Fact], *, within_s: float, done: Done) -> "Batch | None":
        """Call `done` when these are stored. None when there is nothing to wait for: `done` is not called then."""
        if not facts:
            return None
        names = {(fact.boot, fact.seq) for fact in facts} if len(facts) > 1 else ((facts[0].boot, facts[0].seq),)
        batch = Batch(len(names), time.monotonic() + within_s, done)
        for name in names:
            self._waiting.setdefault(name, []).append(batch)
        return batch

    def forget(self, batch: "Batch | None") -> None:
        """It is not waited for any more."""
        self._waiting = {
            name: kept
            for name, batches in self._waiting.items()
            if (kept := [one for one in batches if one is not batch])
        }

    def stored(self, boot: int, seq: int) -> None:
        """The acknowledgement is cumulative: every message of this boot up to seq."""
        waiting = self._waiting
        if not waiting:
            return
        for name in [name for name in waiting if name[0] == boot and name[1] <= seq]:
            for batch in waiting.pop(name):
                batch.left -= 1
                if not batch.left:
                    batch.done(True)

    def check(self, now: float) -> None:
        """Give up what waited too long. Called about once a second."""
        if not self._waiting:
            return
        batches = [batch for batches in self._waiting.values() for batch in batches]
        late = {id(batch): batch for batch in batches if batch.until <= now}
        for batch in late.values():
            self.forget(batch)
            batch.done(False)

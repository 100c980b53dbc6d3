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
        self._waiting: dict[int, list[tuple[int, Batch]]] = {}  # by boot: seq, and the batch that holds it

    def wait(self, facts: Sequence[Fact], *, within_s: float, done: Done) -> "Batch | None":
        """Call `done` when these are stored. None when there is nothing to wait for: `done` is not called then."""
        if not facts:
            return None
        batch = Batch(len(facts), time.monotonic() + within_s, done)
        for fact in facts:
            self._waiting.setdefault(fact.boot, []).append((fact.seq, batch))
        return batch

    def forget(self, batch: "Batch | None") -> None:
        """It is not waited for any more."""
        self._waiting = {
            boot: kept
            for boot, waiting in self._waiting.items()
            if (kept := [one for one in waiting if one[1] is not batch])
        }

    def stored(self, boot: int, seq: int) -> None:
        """The acknowledgement is cumulative: every message of this boot up to seq."""
        waiting = self._waiting.pop(boot, None)
        if waiting is None:
            return
        if later := [one for one in waiting if one[0] > seq]:
            self._waiting[boot] = later
        for number, batch in waiting:
            if number <= seq:
                batch.left -= 1
                if not batch.left:
                    batch.done(True)

    def check(self, now: float) -> None:
        """Give up what waited too long. Called about once a second."""
        if not self._waiting:
            return
        batches = [batch for waiting in self._waiting.values() for _, batch in waiting]
        late = {id(batch): batch for batch in batches if batch.until <= now}
        for batch in late.values():
            self.forget(batch)
            batch.done(False)

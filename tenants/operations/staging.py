"""Which devices of a roll-out come when, and when it must stop. Pure: numbers in, decisions out."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

HUNDRED = 100


@dataclass(frozen=True)
class Tally:
    """The devices of one stage. `skipped` counts those that needed nothing, cannot, or were never there."""

    queued: int = 0
    flying: int = 0
    done: int = 0
    failed: int = 0
    skipped: int = 0

    @property
    def attempted(self) -> int:
        """All that are, were or will be begun: what the failures are a share of."""
        return self.queued + self.flying + self.done + self.failed

    @property
    def finished(self) -> bool:
        return self.queued == self.flying == 0

    @property
    def failure_pct(self) -> float:
        return HUNDRED * self.failed / self.attempted if self.attempted else 0.0


class Move(StrEnum):
    """What is to be done next with a roll-out that runs."""

    BEGIN = "begin"  # more devices of the stage
    WAIT = "wait"  # for devices, or for the soak time
    REST = "rest"  # the stage is over: the soak time begins
    NEXT = "next"  # stage
    STOP = "stop"  # too many failed
    END = "end"


def order(seed: str, device_ids: Sequence[str]) -> list[str]:
    """The devices in an order that is random, yet always the same for this seed."""
    return sorted(device_ids, key=lambda device_id: hashlib.sha256(f"{seed}|{device_id}".encode()).digest())


def quota(count: int, percent: int) -> int:
    """How many of `count` devices have been begun at most at the end of a stage: at least one, rounded up."""
    return min(count, -(-count * percent // HUNDRED)) if percent > 0 else 0


def assign(seed: str, device_ids: Sequence[str], stages: Sequence[int]) -> dict[str, int]:
    """Device → the number of its stage."""
    ordered, placed, begin = order(seed, device_ids), dict[str, int](), 0
    for number, percent in enumerate(stages):
        end = quota(len(ordered), percent)
        placed |= dict.fromkeys(ordered[begin:end], number)
        begin = max(begin, end)
    return placed


def valid_stages(stages: Sequence[int]) -> bool:
    """Whole percentages that rise and end with 100."""
    rising = all(a < b for a, b in pairwise(stages))
    return bool(stages) and stages[0] > 0 and stages[-1] == HUNDRED and rising


def too_many(tally: Tally, limit_pct: int) -> bool:
    """Whether the failures of a stage are more than its limit."""
    return tally.failed * HUNDRED > limit_pct * tally.attempted


def next_move(
    tally: Tally, *, limit_pct: int, last: bool, stage_done_at: datetime | None, soak_s: int, now: datetime
) -> Move:
    """What follows from the present stage's devices. The limit comes first: nothing begins above it."""
    if too_many(tally, limit_pct):
        return Move.STOP
    if not tally.finished:
        return Move.BEGIN if tally.queued else Move.WAIT
    if last:
        return Move.END
    if stage_done_at is None:
        return Move.REST
    return Move.NEXT if now >= stage_done_at + timedelta(seconds=soak_s) else Move.WAIT

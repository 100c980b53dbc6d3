"""Who gets how much. Deterministic: the same chargers and circuits give the same shares."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .bounds import Bound, Charger, Circuit, Room, bounds_of

STEP_MA = 100  # OCPP has one digit after the point
DEADBAND_MA = 1_000  # smaller changes are not worth a message
TURN_S = 900  # so long one charges before another, who waits, gets the place
BUCKET_S = 900
NO_HURRY = 100


@dataclass(frozen=True)
class Grant:
    """`reason`: full (all it can take), shared, minimum (waits: less than its minimum is left), too_small (its own
    limit is below the minimum), kept (nobody charges: room for the next), held (nobody charges: no room), fixed.
    """

    current_ma: int
    reason: str


def share(circuits: Iterable[Circuit], chargers: Sequence[Charger]) -> dict[int, Grant]:
    """A current for every charger. No circuit's limit is exceeded on any line, now or once leases are over, unless
    what cannot be steered exceeds it alone: then everybody else is paused.
    """
    work = _Share(bounds_of(circuits, chargers), chargers)
    work.minimum()
    work.fill()
    work.keep()
    work.settle()
    return work.grants()


class _Share:
    def __init__(self, bounds: list[Bound], chargers: Sequence[Charger]) -> None:
        self._all = sorted(chargers, key=lambda charger: charger.key)
        self._given = {c.key: c.floor_ma if c.fixed_ma is None else c.fixed_ma for c in self._all}
        self._room = Room(bounds, self._given)
        self._active = [c for c in self._all if c.fixed_ma is None and not c.idle]
        self._on: list[Charger] = []

    def minimum(self) -> None:
        """In order of priority, urgency and turn, each its minimum: or nothing, where it does not fit."""
        for charger in sorted(self._active, key=_rank):
            least = max(charger.min_ma, charger.floor_ma)
            if least <= charger.max_ma and self._room.most(charger.key) >= least - charger.floor_ma:
                self._give(charger.key, least - self._given[charger.key])
                self._on.append(charger)

    def fill(self) -> None:
        """Class by class: first what the urgent need to be ready, then equal shares."""
        for priority in sorted({c.priority for c in self._on}, reverse=True):
            group = [c for c in self._on if c.priority == priority]
            for charger in sorted(group, key=_rank):
                self._raise(charger, min(charger.max_ma, charger.needed_ma or 0))
            self._level(group)

    def keep(self) -> None:
        """Where nobody charges, the fallback whole or nothing."""
        for charger in self._all:
            if charger.idle and charger.fixed_ma is None:
                wanted = charger.fallback_ma - self._given[charger.key]
                if 0 < wanted <= self._room.most(charger.key):
                    self._give(charger.key, wanted)

    def settle(self) -> None:
        """Round down to what a message can say, and leave alone what would hardly change."""
        for charger in self._on:
            self._give(charger.key, -(self._given[charger.key] % STEP_MA))
        moved = [(c, c.present_ma - self._given[c.key]) for c in self._on if _small(c, self._given[c.key])]
        for charger, difference in sorted(moved, key=lambda pair: (pair[1], pair[0].key)):
            if difference <= self._room.most(charger.key):
                self._give(charger.key, difference)

    def grants(self) -> dict[int, Grant]:
        on = {charger.key for charger in self._on}
        return {c.key: Grant(self._given[c.key], _reason(c, self._given[c.key], c.key in on)) for c in self._all}

    def _raise(self, charger: Charger, to_ma: int) -> None:
        more = min(to_ma - self._given[charger.key], self._room.most(charger.key))
        if more > 0:
            self._give(charger.key, more)

    def _level(self, group: list[Charger]) -> None:
        """Water into vessels: all rise together until each is full or stands at a limit."""
        growing = {c.key: c for c in group if self._given[c.key] < c.max_ma}
        while growing:
            lowest = min(self._given[key] for key in growing)
            lows = {key for key in growing if self._given[key] == lowest}
            above = [self._given[key] for key in growing if key not in lows]
            rise, full = self._room.together(lows)
            ends = [growing[key].max_ma for key in lows] + above
            rise = min(rise, min(ends) - lowest)
            for key in lows:
                self._give(key, rise)
            for key in list(lows):
                if key in full or self._given[key] >= growing[key].max_ma:
                    del growing[key]

    def _give(self, key: int, current_ma: int) -> None:
        self._room.take(key, current_ma)
        self._given[key] += current_ma


def _rank(charger: Charger) -> tuple[int, int, int, int, int]:
    """Priority; how soon it becomes too late, in quarters of an hour; whose turn it is."""
    hurry = NO_HURRY if charger.laxity_s is None else max(-1, min(charger.laxity_s // BUCKET_S, NO_HURRY - 1))
    if charger.present_ma < charger.min_ma:
        turn, time = 1, -charger.waiting_s
    else:
        turn, time = (0, 0) if charger.running_s < TURN_S else (2, charger.running_s)
    return -charger.priority, hurry, turn, time, charger.key


def _small(charger: Charger, given_ma: int) -> bool:
    """Whether the change is not worth a message, and what it has is a current that it may have."""
    allowed = charger.min_ma <= charger.present_ma <= charger.max_ma
    return allowed and given_ma < charger.max_ma - charger.max_ma % STEP_MA and _within(charger.present_ma - given_ma)


def _within(difference_ma: int) -> bool:
    return 0 < abs(difference_ma) < DEADBAND_MA


def _reason(charger: Charger, given_ma: int, on: bool) -> str:
    if charger.fixed_ma is not None:
        return "fixed"
    if charger.idle:
        return "kept" if given_ma >= charger.fallback_ma else "held"
    if not on:
        return "too_small" if charger.max_ma < charger.min_ma else "minimum"
    return "full" if given_ma >= charger.max_ma - charger.max_ma % STEP_MA else "shared"

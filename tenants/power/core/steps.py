"""From what chargers may draw now to what they should: lower first, and raise only into what is proved free."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .bounds import Bound, Room

WORTH_MA = 1_000  # a raise that stops half-way should be worth its message


@dataclass(frozen=True)
class Move:
    """Tell this charger this current."""

    key: int
    current_ma: int


def steps(
    bounds: Sequence[Bound],
    *,
    targets: Mapping[int, int],
    may: Mapping[int, int],
    least: Mapping[int, int],
    order: Sequence[int],
) -> list[Move]:
    """The messages that may be sent now. `may`: the most that each may draw as things stand, told or not; `least`:
    below it no vehicle charges. Raises are given in `order`.

    Whichever of the messages are heard, and in whatever order, no bound is exceeded that is not exceeded already.
    """
    lower = [Move(key, targets[key]) for key in sorted(targets) if targets[key] < may[key]]
    room = Room(bounds, may)
    return lower + [move for key in order if (move := _raise(room, key, targets, may, least)) is not None]


def _raise(
    room: Room, key: int, targets: Mapping[int, int], may: Mapping[int, int], least: Mapping[int, int]
) -> Move | None:
    """As far as there is room. A part of the way counts only where a vehicle can charge with it."""
    wanted = targets[key] - may[key]
    if wanted <= 0:
        return None
    more = min(wanted, room.most(key))
    reached = may[key] + more
    if more < wanted and (more < WORTH_MA or reached < least[key]):
        return None
    room.take(key, more)
    return Move(key, reached - reached % 100 if more < wanted else reached)

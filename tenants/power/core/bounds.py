"""What limits what: every circuit, line by line and as power, becomes one inequality over the chargers below it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LINES = (1, 2, 3)
MICROWATTS = 1_000_000  # mA times mV is µW


@dataclass(frozen=True)
class Circuit:
    """A fuse, and what hangs on it. `limit_ma` per line, `limit_w` in all; either may be missing.

    `building_ma`: what others than chargers take or are kept for, per line.
    """

    key: int
    parent: int | None = None
    limit_ma: int | None = None
    limit_w: int | None = None
    building_ma: tuple[int, int, int] = (0, 0, 0)
    voltage_mv: int = 230_000


@dataclass(frozen=True)
class Charger:
    """An EVSE that may draw.

    `lines`: those on which it may draw, all three where nobody knows; `phases`: on how many of them at once.
    `min_ma`: below it a vehicle cannot charge (IEC 61851: 6 A), so it is paused, and then draws `floor_ma`.
    `fixed_ma`: it cannot be steered now and counts with this. `fallback_ma`: what it takes when nobody tells it
    anything any more; `leased`: what it was told ends by itself, and then the fallback holds.
    `idle`: nobody charges yet; it keeps its fallback for whoever comes, or nothing where others need the room.
    `priority`: higher goes first. `laxity_s`: how long it could still wait and be ready; `needed_ma`: what it needs
    from now on to be ready. `running_s`, `waiting_s`: since when it charges or is paused, whichever it is.
    """

    key: int
    circuit: int
    max_ma: int
    lines: tuple[int, ...] = LINES
    phases: int = 3
    voltage_mv: int = 230_000
    min_ma: int = 6_000
    floor_ma: int = 0
    fixed_ma: int | None = None
    fallback_ma: int = 0
    leased: bool = False
    idle: bool = False
    priority: int = 0
    laxity_s: int | None = None
    needed_ma: int | None = None
    present_ma: int = 0
    running_s: int = 0
    waiting_s: int = 0


@dataclass(frozen=True)
class Bound:
    """Σ weight × current ≤ capacity. `after`: of the time when nobody is told anything any more and leases are over."""

    circuit: int
    line: int | None
    capacity: int
    weights: Mapping[int, int]
    after: bool = False

    def load(self, currents: Mapping[int, int]) -> int:
        """The left side."""
        return sum(weight * currents.get(key, 0) for key, weight in self.weights.items())


def bounds_of(circuits: Iterable[Circuit], chargers: Sequence[Charger]) -> list[Bound]:
    """All inequalities of a tree: now, and for the time after the last word from us."""
    tree = {circuit.key: circuit for circuit in circuits}
    above = {charger.key: _ancestors(tree, charger.circuit) for charger in chargers}
    found: list[Bound] = []
    for circuit in tree.values():
        below = [charger for charger in chargers if circuit.key in above[charger.key]]
        for bound in _now(circuit, below):
            found += [bound, _after(bound, below)]
    return [bound for bound in found if bound.weights]


def _ancestors(tree: Mapping[int, Circuit], key: int | None) -> set[int]:
    """A circuit and all above it. A ring of parents ends where it closes."""
    found: set[int] = set()
    while key is not None and key in tree and key not in found:
        found.add(key)
        key = tree[key].parent
    return found


def _now(circuit: Circuit, below: Sequence[Charger]) -> list[Bound]:
    found = []
    if circuit.limit_ma is not None:
        for line in LINES:
            weights = {charger.key: 1 for charger in below if line in charger.lines}
            found.append(Bound(circuit.key, line, circuit.limit_ma - circuit.building_ma[line - 1], weights))
    if circuit.limit_w is not None:
        weights = {charger.key: charger.voltage_mv * charger.phases for charger in below}
        taken = sum(circuit.building_ma) * circuit.voltage_mv
        found.append(Bound(circuit.key, None, circuit.limit_w * MICROWATTS - taken, weights))
    return found


def _after(bound: Bound, below: Sequence[Charger]) -> Bound:
    """What never ends by itself must leave room for the fallbacks of what does."""
    leased = {charger.key: charger.fallback_ma for charger in below if charger.leased}
    weights = {key: weight for key, weight in bound.weights.items() if key not in leased}
    return Bound(bound.circuit, bound.line, bound.capacity - bound.load(leased), weights, after=True)


class Room:
    """What is left in every bound while currents are given out. May be below nothing: then nobody gets more."""

    def __init__(self, bounds: Sequence[Bound], currents: Mapping[int, int]) -> None:
        self._bounds = bounds
        self._left = [bound.capacity - bound.load(currents) for bound in bounds]
        self._of: dict[int, list[tuple[int, int]]] = {}
        for index, bound in enumerate(bounds):
            for key, weight in bound.weights.items():
                self._of.setdefault(key, []).append((index, weight))

    def most(self, key: int) -> int:
        """How much more this one may have, in mA; 0 where something is exceeded."""
        spare = [self._left[index] // weight for index, weight in self._of.get(key, ())]
        return max(0, min(spare, default=10**9))

    def take(self, key: int, current_ma: int) -> None:
        """Give it this much more; less than nothing gives back."""
        for index, weight in self._of.get(key, ()):
            self._left[index] -= weight * current_ma

    def together(self, keys: set[int]) -> tuple[int, set[int]]:
        """How much all of these may have more at once, and those whom not even 1 mA more for all would leave room."""
        most, full = 10**9, set()
        for index, bound in enumerate(self._bounds):
            sharing = {key: weight for key, weight in bound.weights.items() if key in keys}
            if not sharing:
                continue
            each = max(0, self._left[index]) // sum(sharing.values())
            most = min(most, each)
            if each == 0:
                full |= set(sharing)
        return most, full

    def exceeded(self) -> list[Bound]:
        """Where more is taken than there is."""
        return [bound for bound, left in zip(self._bounds, self._left, strict=True) if left < 0]

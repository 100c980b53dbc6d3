"""How much flows through the circuits of a site, as told and as measured."""

from collections.abc import Callable, Iterable, Sequence

from ..models import Circuit
from .units import Unit

Figure = Callable[[Unit], int | None]


def below(circuits: Iterable[Circuit]) -> dict[int, set[int]]:
    """Every circuit → itself and all circuits under it."""
    parents = {circuit.pk: circuit.parent_id for circuit in circuits}
    found: dict[int, set[int]] = {key: set() for key in parents}
    for key in parents:
        above: int | None = key
        while above in found and key not in found[above]:
            found[above].add(key)
            above = parents[above]
    return found


def lines_of(circuits: Sequence[Circuit], units: Sequence[Unit], figure: Figure) -> dict[int, list[int]]:
    """By circuit, the sum of a figure on L1, L2, L3. What may be on any line counts on each."""
    trees = below(circuits)
    return {
        circuit.pk: [
            sum(figure(u) or 0 for u in units if u.member.circuit_id in trees[circuit.pk] and line in u.lines)
            for line in (1, 2, 3)
        ]
        for circuit in circuits
    }


def measured_lines(circuits: Sequence[Circuit], units: Sequence[Unit]) -> dict[int, list[int]]:
    """By circuit, what chargers and building were measured to draw on L1, L2, L3, where that is known.

    A sample from before a charger was lowered says nothing any more: it counts with what it may draw since.
    """
    certain = [unit for unit in units if _placed(unit)]
    found = lines_of(circuits, certain, lambda unit: min(unit.allocation.measured_ma or 0, unit.allocation.may_ma))
    for circuit in circuits:
        if len(circuit.load_ma) == 3:
            found[circuit.pk] = [a + int(b) for a, b in zip(found[circuit.pk], circuit.load_ma, strict=True)]
    return found


def uncertain(circuits: Sequence[Circuit], units: Sequence[Unit]) -> set[int]:
    """The circuits below which something draws of which nobody knows the line: what flows on each is unknown."""
    drawing = {unit.member.circuit_id for unit in units if unit.allocation.measured_ma and not _placed(unit)}
    return {key for key, tree in below(circuits).items() if tree & drawing}


def _placed(unit: Unit) -> bool:
    return bool(unit.member.lines) or unit.phases == 3

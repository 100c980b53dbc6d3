"""How a circuit stands at a moment: what it may carry, what was told, what flows, and why."""

from dataclasses import dataclass
from datetime import datetime

from ..models import Alarm, Capability, Circuit
from . import circuits as trees
from .load import below, lines_of, measured_lines, uncertain
from .units import Unit, units_of


@dataclass(frozen=True)
class Load:
    """One circuit. Currents in mA on L1, L2, L3. `counted`: what may flow at most as things stand.

    `measured`: None where something draws of which nobody knows the line.
    """

    circuit: Circuit
    depth: int
    building: list[int]
    agreed: list[int]
    counted: list[int]
    measured: list[int] | None
    units: list[Unit]

    @property
    def share_percent(self) -> int:
        """Of the limit per line that may flow, building included; 0 where there is none."""
        return self._percent([a + b for a, b in zip(self.counted, self.building, strict=True)])

    @property
    def measured_percent(self) -> int:
        return self._percent(self.measured or [0])

    def _percent(self, lines: list[int]) -> int:
        return min(100, max(lines) * 100 // self.limit_ma) if self.limit_ma else 0

    @property
    def limit_ma(self) -> int:
        """Per line; of a limit in watts, what it is worth on three lines."""
        row = self.circuit
        return row.limit_ma or (row.limit_w or 0) * 1_000_000 // row.voltage_mv // 3


def site(root: Circuit, now: datetime) -> list[Load]:
    """The root and all circuits below it, parents before their children, each with the EVSEs that hang on it itself."""
    rows = _ordered(trees.tree(root))
    units = units_of([row for row, _ in rows], now)
    plain = [row for row, _ in rows]
    agreed = lines_of(plain, units, lambda unit: unit.allocation.agreed_ma if unit.session or unit.station else 0)
    counted = lines_of(plain, units, lambda unit: unit.allocation.may_ma)
    measured, unknown = measured_lines(plain, units), uncertain(plain, units)
    return [
        Load(
            circuit=row,
            depth=depth,
            building=_building(row),
            agreed=agreed[row.pk],
            counted=counted[row.pk],
            measured=None if row.pk in unknown else measured[row.pk],
            units=[unit for unit in units if unit.member.circuit_id == row.pk],
        )
        for row, depth in rows
    ]


def of_circuit(circuit: Circuit, now: datetime) -> tuple[Load, list[Unit]]:
    """One circuit, and all EVSEs that it feeds."""
    loads = site(trees.root_of(circuit), now)
    keys = below([load.circuit for load in loads])[circuit.pk]
    units = [unit for load in loads if load.circuit.pk in keys for unit in load.units]
    return next(load for load in loads if load.circuit.pk == circuit.pk), units


def alarms(*, circuits: list[Circuit]) -> list[Alarm]:
    """Those that are open, newest first."""
    rows = Alarm.objects.filter(circuit__in=circuits, cleared_at=None).select_related("circuit", "member__evse")
    return list(rows.order_by("-pk"))


def capability(station_pk: int) -> Capability:
    """What is known of a station; of one that was never asked, nothing."""
    return Capability.objects.filter(station=station_pk).first() or Capability(station_id=station_pk)


def _building(row: Circuit) -> list[int]:
    load = [int(value) for value in row.load_ma] if len(row.load_ma) == 3 else [0, 0, 0]
    return [max(row.reserve_ma, value) for value in load]


def _ordered(rows: list[Circuit]) -> list[tuple[Circuit, int]]:
    """Depth first, each with its depth."""
    children: dict[int | None, list[Circuit]] = {}
    for row in rows[1:]:
        children.setdefault(row.parent_id, []).append(row)
    found: list[tuple[Circuit, int]] = []
    waiting = [(rows[0], 0)]
    while waiting:
        row, depth = waiting.pop()
        found.append((row, depth))
        waiting += [(child, depth + 1) for child in reversed(children.get(row.pk, []))]
    return found

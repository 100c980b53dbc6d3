"""Setting up circuits, and what hangs on them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from saas.kit.errors import Forbidden, Invalid
from tenants.accounts import audit
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse, Location
from tenants.stations.models import Station

from ..core import Charger, Room, bounds_of
from ..errors import FallbacksTooHigh, NoLimit, OtherSite, StillUsed, WrongParent
from ..models import LINES, Circuit, Member
from ..queries.circuits import root_of, tree
from ..queries.units import circuit as as_core
from .hurry import hurry

MOST_MA, MOST_W = 10_000_000, 50_000_000
RANGES = {
    "limit_ma": (1, MOST_MA), "limit_w": (1, MOST_W), "voltage_mv": (50_000, 1_500_000), "reserve_ma": (0, MOST_MA),
    "fallback_ma": (0, MOST_MA), "max_ma": (1, MOST_MA), "priority": (0, 9),
}  # fmt: skip


@transaction.atomic
def save_circuit(
    *, circuit: Circuit | None, location: Location, fields: Mapping[str, Any], by: User, now: datetime
) -> Circuit:
    """Make a circuit at a place, or change one. `fields`: name, parent, limit_ma, limit_w, …

    Raises Forbidden, Invalid, NoLimit, WrongParent, FallbacksTooHigh.
    """
    _may(by, location)
    row = circuit or Circuit(location=location)
    before = {name: getattr(row, name) for name in fields}
    for name, value in fields.items():
        setattr(row, name, value)
    _check(row, fields)
    row.save()
    check_fallbacks(root_of(row))
    _note(by, "power.circuit", row, now, {name: [_said(before[name]), _said(fields[name])] for name in fields})
    return row


@transaction.atomic
def remove_circuit(*, circuit: Circuit, by: User, now: datetime) -> None:
    """Its EVSEs are then told nothing any more; what they were told last ends by itself. Forbidden, StillUsed."""
    _may(by, circuit.location)
    if circuit.children.exists():
        raise StillUsed()
    _note(by, "power.circuit_removed", circuit, now, {"name": [circuit.name, None]})
    circuit.delete()


@transaction.atomic
def put_member(*, circuit: Circuit, evse: Evse, fields: Mapping[str, Any], by: User, now: datetime) -> Member:
    """Hang an EVSE on a circuit, or change how it hangs there; it leaves the circuit where it was.

    Raises Forbidden, Invalid, OtherSite, FallbacksTooHigh.
    """
    _may(by, circuit.location)
    if evse.location_id != circuit.location_id:
        raise OtherSite()
    _in_range(fields)
    if fields.get("lines", "") not in LINES:
        raise Invalid("The lines are written like 123, 231 or 2.", lines="such as 231")
    row = Member.objects.filter(evse=evse).first() or Member(evse=evse)
    row.circuit = circuit
    for name, value in fields.items():
        setattr(row, name, value)
    row.save()
    check_fallbacks(root_of(circuit))
    changes = {name: [None, _said(value)] for name, value in fields.items()}
    _note(by, "power.member", circuit, now, {"evse": [None, str(evse.uid)], **changes})
    return row


@transaction.atomic
def remove_member(*, member: Member, by: User, now: datetime) -> None:
    """Forbidden."""
    _may(by, member.circuit.location)
    _note(by, "power.member_removed", member.circuit, now, {"evse": [str(member.evse.uid), None]})
    member.delete()


@transaction.atomic
def report_load(*, circuit: Circuit, load_ma: Sequence[int], by: User, now: datetime) -> Circuit:
    """What everything but the chargers takes on L1, L2, L3, as a meter says. Forbidden, Invalid."""
    _may(by, circuit.location)
    if len(load_ma) not in (0, 3) or any(not 0 <= value <= MOST_MA for value in load_ma):
        raise Invalid("The load is given for three lines, in mA.", load_ma="three numbers")
    circuit.load_ma, circuit.load_at = list(load_ma), now
    circuit.save(update_fields=["load_ma", "load_at"])
    hurry()
    return circuit


def check_fallbacks(root: Circuit) -> None:
    """With nobody telling anything, the stations together must stay below every limit. FallbacksTooHigh."""
    rows = tree(root)
    members = Member.objects.filter(circuit__in=rows).select_related("circuit", "evse")
    stations = set(Station.objects.values_list("device_id", flat=True))
    chargers = [_falls_back(member) for member in members if member.evse.device_id in stations]
    bounds = [bound for bound in bounds_of([as_core(row) for row in rows], chargers) if not bound.after]
    exceeded = Room(bounds, {charger.key: charger.fallback_ma for charger in chargers}).exceeded()
    if exceeded:
        worst = next(row for row in rows if row.pk == exceeded[0].circuit)
        raise FallbacksTooHigh(
            f"What the stations on {worst.name} take when they hear nothing is more than its limit. "
            "Lower the fallback currents, or raise the limit.",
            circuit=str(worst.uid),
        )


def _falls_back(member: Member) -> Charger:
    own = member.circuit.fallback_ma if member.fallback_ma is None else member.fallback_ma
    wired = tuple(int(line) for line in member.lines)[: member.evse.phases]
    phases = max(1, min(member.evse.phases, len(wired) or 3))
    return Charger(
        key=member.pk,
        circuit=member.circuit_id,
        max_ma=member.evse.max_current_ma,
        lines=wired or (1, 2, 3),
        phases=phases,
        voltage_mv=member.evse.voltage_mv,
        fallback_ma=min(own, member.evse.max_current_ma),
    )


def _check(row: Circuit, fields: Mapping[str, Any]) -> None:
    _in_range(fields)
    if not row.name.strip():
        raise Invalid("A circuit needs a name.", name="empty")
    if row.limit_ma is None and row.limit_w is None:
        raise NoLimit()
    parent, seen = row.parent, {row.pk}
    while parent is not None:
        if parent.pk in seen or parent.location_id != row.location_id:
            raise WrongParent()
        seen.add(parent.pk)
        parent = parent.parent


def _in_range(fields: Mapping[str, Any]) -> None:
    for name, (least, most) in RANGES.items():
        value = fields.get(name)
        if value is not None and not least <= value <= most:
            raise Invalid(f"Between {least} and {most}.", **{name: f"{least} to {most}"})


def _may(by: User, location: Location) -> None:
    if not can(by, "power.manage", location):
        raise Forbidden()


def _note(by: User, act: str, circuit: Circuit, now: datetime, changes: Mapping[str, Any]) -> None:
    audit.record(actor=by, act=act, now=now, subject=circuit.name, changes=dict(changes))
    hurry()


def _said(value: object) -> object:
    """As the audit log can keep it."""
    return value if isinstance(value, str | int | bool | type(None)) else str(value)

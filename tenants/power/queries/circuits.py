"""Circuits, and who may see them."""

from uuid import UUID

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse, Location

from ..models import Alarm, Circuit, Member


def root_keys() -> list[int]:
    """Keys of the sites' roots that are switched on."""
    return list(Circuit.objects.filter(parent=None, enabled=True).order_by("pk").values_list("pk", flat=True))


def tree(root: Circuit) -> list[Circuit]:
    """The root and all circuits below it, parents first."""
    children: dict[int | None, list[Circuit]] = {}
    for row in Circuit.objects.filter(location=root.location_id).order_by("pk"):
        children.setdefault(row.parent_id, []).append(row)
    found = [root]
    for row in found:
        found += [child for child in children.get(row.pk, []) if child.pk != root.pk]
    return found


def root_of(circuit: Circuit) -> Circuit:
    """The circuit at the top."""
    while circuit.parent is not None:
        circuit = circuit.parent
    return circuit


def page(*, viewer: User, after: str | None, limit: int) -> Page[Circuit]:
    """Newest first. Forbidden without the right to see stations."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    return newest_first(Circuit.objects.select_related("location", "parent", "series"), after=after, limit=limit)


def find(*, uid: UUID, viewer: User, permission: str = "station.view") -> Circuit:
    """NotFound for everybody without the right to see it; Forbidden for who may see but not `permission`."""
    row = Circuit.objects.select_related("location", "parent", "series").filter(uid=uid).first()
    if row is None or not can(viewer, "station.view", row):
        raise NotFound("There is no such circuit.")
    if not can(viewer, permission, row):
        raise Forbidden()
    return row


def member(*, circuit: Circuit, evse: UUID) -> Member:
    """The EVSE as it hangs on this very circuit. NotFound."""
    row = Member.objects.select_related("evse", "circuit").filter(circuit=circuit, evse__uid=evse).first()
    if row is None:
        raise NotFound("There is no such EVSE on this circuit.")
    return row


def alarms(*, viewer: User, still: bool, after: str | None, limit: int) -> Page[Alarm]:
    """Newest first; `still`: only those that are open. Forbidden."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    rows = Alarm.objects.select_related("circuit", "member__evse")
    return newest_first(rows.filter(cleared_at=None) if still else rows, after=after, limit=limit)


def roots_at(places: list[Location]) -> list[Circuit]:
    """The circuits at the top at these places, in their order."""
    rows = Circuit.objects.filter(parent=None, location__in=places).select_related("location", "series")
    rank = {place.pk: index for index, place in enumerate(places)}
    return sorted(rows, key=lambda row: (rank[row.location_id], row.pk))


def at(place: Location) -> list[Circuit]:
    """All circuits of a place."""
    return list(Circuit.objects.filter(location=place).select_related("location").order_by("pk"))


def hung(evse: Evse) -> Member | None:
    """How an EVSE hangs on a circuit; None where it does not."""
    return Member.objects.filter(evse=evse).select_related("circuit").first()

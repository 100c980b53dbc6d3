"""Places, and the EVSEs at them that may hang on a circuit."""

from uuid import UUID

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse, Location
from tenants.stations.models import Station


def page(*, viewer: User, after: str | None, limit: int) -> Page[Location]:
    """Places with at least one EVSE that a device serves, newest first. Forbidden."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    there = Evse.objects.exclude(device_id=None).values("location")
    return newest_first(Location.objects.filter(pk__in=there), after=after, limit=limit)


def find(*, uid: UUID, viewer: User) -> Location:
    """NotFound for everybody without the right to see stations."""
    found = Location.objects.filter(uid=uid).first()
    if found is None or not can(viewer, "station.view", found):
        raise NotFound("There is no such site.")
    return found


def evses(location: Location) -> list[Evse]:
    """All that a device serves, with the circuit that they hang on."""
    rows = Evse.objects.filter(location=location).exclude(device_id=None)
    return list(rows.select_related("power__circuit", "location").order_by("pk"))


def names(location: Location) -> dict[str, str]:
    """Device id → what the stations of a place call themselves."""
    there = Evse.objects.filter(location=location).exclude(device_id=None).values("device_id")
    return dict(Station.objects.filter(device_id__in=there).values_list("device_id", "station_id"))


def evse(*, uid: UUID) -> Evse:
    """NotFound."""
    found = Evse.objects.filter(uid=uid).exclude(device_id=None).first()
    if found is None:
        raise NotFound("There is no such EVSE.")
    return found

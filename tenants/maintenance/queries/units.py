"""Units: an EVSE, or a device as a whole, and what people call it."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from saas.kit.errors import NotFound
from tenants.accounts.permissions import Someone, can
from tenants.sites.models import Evse
from tenants.stations.models import Station

RELATED = ("location", "listing")


def evse_at(device_id: str, number: int) -> Evse | None:
    """The EVSE of a unit; of a device as a whole its first one."""
    rows = Evse.objects.select_related("location").filter(device_id=device_id).order_by("device_evse")
    return rows.filter(device_evse=number).first() if number else rows.first()


def find(*, uid: UUID, viewer: Someone) -> Evse:
    """An EVSE that maintenance may be about. NotFound."""
    row = Evse.objects.select_related(*RELATED).filter(uid=uid).first()
    if row is None or not can(viewer, "maintenance.view"):
        raise NotFound("There is no such EVSE.")
    return row


def names(device_ids: Iterable[str]) -> dict[str, str]:
    """Device → what people call it: an OCPP id, else the title of its listing, else its place."""
    wanted = {device for device in device_ids if device}
    rows = Evse.objects.select_related(*RELATED).filter(device_id__in=wanted).order_by("-device_evse")
    own = {row.device_id or "": listed(row) for row in rows}
    return own | dict(Station.objects.filter(device_id__in=wanted).values_list("device_id", "station_id"))


def title(evse: Evse) -> str:
    """What people call an EVSE: as a driver does, else by its station's OCPP id and number. May ask the database."""
    if hasattr(evse, "listing"):
        return str(evse.listing.title)
    station = Station.objects.filter(device_id=evse.device_id).values_list("station_id", flat=True).first()
    return f"{station}/{evse.device_evse}" if station else evse.location.name


def titles(evses: Iterable[Evse]) -> dict[int, str]:
    """The same for many at once, by key."""
    rows = list(evses)
    wanted = {row.device_id for row in rows if row.device_id}
    stations = dict(Station.objects.filter(device_id__in=wanted).values_list("device_id", "station_id"))
    found = {row.pk: stations.get(row.device_id or "") for row in rows if not hasattr(row, "listing")}
    return {row.pk: f"{name}/{row.device_evse}" if (name := found.get(row.pk)) else listed(row) for row in rows}


def listed(evse: Evse) -> str:
    """What drivers know it by."""
    try:
        return str(evse.listing.title)
    except ObjectDoesNotExist:
        return evse.location.name

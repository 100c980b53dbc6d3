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
    own = {row.device_id or "": title(row) for row in rows}
    return own | dict(Station.objects.filter(device_id__in=wanted).values_list("device_id", "station_id"))


def title(evse: Evse) -> str:
    """What drivers know it by."""
    try:
        return str(evse.listing.title)
    except ObjectDoesNotExist:
        return evse.location.name

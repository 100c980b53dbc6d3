"""Stations for the people who may see them."""

from uuid import UUID

from django.db.models import Count

from saas.kit.errors import Forbidden, NotFound
from saas.kit.pagination import Page, newest_first
from tenants.accounts.models import User
from tenants.accounts.permissions import can
from tenants.sites.models import Evse, Location

from ..models import ConnectorStatus, Item, Station, StationPolicy, Variable

COSTS = "TariffCostCtrlr/Enabled[Cost]"


def all_of_tenant() -> list[Station]:
    """The tenant's OCPP stations, by their identity."""
    return list(Station.objects.select_related("location").order_by("station_id"))


def page(*, viewer: User, after: str | None, limit: int) -> Page[Station]:
    """Newest first. Forbidden without the right to see stations."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    return newest_first(Station.objects.select_related("location"), after=after, limit=limit)


def find(*, name: str | UUID, viewer: User) -> Station:
    """By uid, or by the station's own OCPP id (upper and lower case differ).

    NotFound for everybody without the right to see it.
    """
    rows = Station.objects.select_related("location")
    found = (rows.filter(uid=uid).first() if (uid := _uid(name)) else None) or rows.filter(station_id=name).first()
    if found is None or not can(viewer, "station.view", found):
        raise NotFound("There is no such station.")
    return found


def evses_of(station: Station) -> list[Evse]:
    """The EVSEs that the station serves, by number."""
    return list(Evse.objects.filter(device_id=station.device_id).order_by("device_evse").prefetch_related("connectors"))


def connectors_of(station: Station) -> list[ConnectorStatus]:
    """What each connector said last; EVSE 0 is the station as a whole."""
    return list(station.connectors.order_by("evse", "connector"))


def connectors_by_status() -> dict[int, list[tuple[str, int]]]:
    """Key of a station → how many of its connectors say what, of all stations of the tenant."""
    rows = ConnectorStatus.objects.filter(evse__gt=0).values_list("station_id", "status").order_by("station_id")
    found: dict[int, list[tuple[str, int]]] = {}
    for station, status, count in rows.annotate(count=Count("id")).order_by("station_id", "status"):
        found.setdefault(station, []).append((status, count))
    return found


def policy() -> StationPolicy:
    """The tenant's rules for stations; the defaults while nobody has changed them."""
    return StationPolicy.objects.select_related("auto_location").order_by("id").first() or StationPolicy()


def policy_for(*, viewer: User) -> StationPolicy:
    """The same, for who may see stations. Forbidden."""
    if not can(viewer, "station.view"):
        raise Forbidden()
    return policy()


def locations() -> list[Location]:
    """Places where stations may stand: those that everybody may see the address of."""
    return list(Location.objects.filter(private=False).order_by("name", "id"))


def location(*, uid: UUID) -> Location:
    """NotFound when there is none."""
    found = Location.objects.filter(uid=uid).first()
    if found is None:
        raise NotFound("There is no such place.")
    return found


def profile_of(device_id: str) -> int | None:
    """The security profile by which the station came last; None when it never did."""
    return Station.objects.filter(device_id=device_id).values_list("security_profile", flat=True).first()


def shows_costs(device_id: str) -> bool:
    """The station says that it shows its drivers what a session costs so far (OCPP 2.0.1, TariffCostCtrlr)."""
    said = Variable.objects.filter(station__device_id=device_id, key=COSTS).values_list("value", flat=True).first()
    return (said or "").lower() == "true"


def certificate_holder(serial: str) -> str | None:
    """The device that we signed this certificate for, by its serial number in hexadecimal; None: for none of them."""
    rows = Item.objects.filter(kind=Item.Kind.CERTIFICATE, key=serial, data__has_key="pem")
    return rows.values_list("station__device_id", flat=True).first()


def _uid(name: str | UUID) -> UUID | None:
    try:
        return name if isinstance(name, UUID) else UUID(name)
    except ValueError:
        return None

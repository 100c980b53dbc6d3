"""Setting up places and their equipment."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import available_timezones

from django.db import transaction
from timezonefinder import TimezoneFinder

from saas.kit.errors import Invalid
from tenants.accounts.models import Organisation

from .geography import public_position
from .models import Connector, Evse, Location
from .signals import renewed

_finder: list[TimezoneFinder] = []
LINE_V = 230
LEAST_A = 6  # IEC 61851: less is a pause
# What a connector may carry on one line, W; more is on three. Direct current is made of three lines at the grid.
ONE_LINE_W: dict[str, int] = {
    Connector.Standard.TYPE_1: 1_000_000,  # has one line
    Connector.Standard.NACS: 20_000,
    **dict.fromkeys(Connector.DIRECT, 0),
}
COMMONLY_W = 7_400


@dataclass(frozen=True)
class Place:
    """An address as somebody typed it, and the pin they set. `timezone` empty: worked out from the pin."""

    address: str
    city: str
    country: str
    latitude: float
    longitude: float
    postal_code: str = ""
    timezone: str = ""
    name: str = ""


@transaction.atomic
def create_location(
    *, place: Place, private: bool = True, organisation: Organisation | None = None, now: datetime
) -> Location:
    """A place. Its public position is fixed here, once. Raises Invalid for a pin or zone that does not exist."""
    _check(place)
    public = public_position(place.latitude, place.longitude)
    return Location.objects.create(
        organisation=organisation,
        name=place.name or place.city,
        address=place.address,
        city=place.city,
        postal_code=place.postal_code,
        country=place.country.upper(),
        latitude=place.latitude,
        longitude=place.longitude,
        h3_cell=public.cell,
        public_latitude=public.latitude if private else place.latitude,
        public_longitude=public.longitude if private else place.longitude,
        timezone=place.timezone or zone_at(place.latitude, place.longitude),
        private=private,
    )


@transaction.atomic
def create_evse(
    *,
    location: Location,
    connector: str,
    max_power_w: int,
    now: datetime,
    device_id: str | None = None,
    device_evse: int = 1,
    max_current_ma: int | None = None,
    phases: int | None = None,
) -> Evse:
    """An EVSE with one connector (OCPI ConnectorType). Lines and current that nobody names follow from its power.

    Raises Invalid for an unknown connector or no power.
    """
    if connector not in Connector.Standard.values:
        raise Invalid(f"There is no connector {connector}.", connector=f"one of {', '.join(Connector.Standard.values)}")
    if not 0 < max_power_w <= 1_000_000:
        raise Invalid("The power must lie between 1 W and 1 MW.", max_power_w=max_power_w)
    lines = phases or lines_of(connector, max_power_w)
    evse = Evse.objects.create(
        location=location,
        device_id=device_id,
        device_evse=device_evse,
        max_current_ma=max_current_ma or current_of(max_power_w, lines),
        phases=lines,
        status=Evse.Status.UNKNOWN,
        status_at=now,
    )
    Connector.objects.create(evse=evse, standard=connector, max_power_w=max_power_w)
    return evse


def lines_of(connector: str, max_power_w: int) -> int:
    """On how many lines of the grid such an outlet draws: 1 or 3."""
    return 3 if max_power_w > ONE_LINE_W.get(connector, COMMONLY_W) else 1


def current_of(max_power_w: int, lines: int) -> int:
    """What an outlet of such a power is built for, mA per line: 22 kW on three lines are 32 A."""
    volts = LINE_V * lines
    return max(LEAST_A, (2 * max_power_w + volts) // (2 * volts)) * 1000


@transaction.atomic
def renew_evse(*, evse: Evse, now: datetime) -> Evse:
    """A new EVSE in the place of one whose history must stay as it is, with the same device and connectors."""
    sockets = list(evse.connectors.all())
    names = ("location", "device_id", "device_evse", "status", "status_at", "use", "faults")
    limits = ("max_current_ma", "voltage_mv", "phases")
    values = {name: getattr(evse, name) for name in (*names, *limits)}
    evse.device_id = None
    evse.save(update_fields=["device_id"])
    new = Evse.objects.create(**values)
    for socket in sockets:
        Connector.objects.create(evse=new, standard=socket.standard, max_power_w=socket.max_power_w)
    renewed.send(Evse, old=evse, new=new)
    return new


def zone_at(latitude: float, longitude: float) -> str:
    """The IANA time zone of a point. Invalid in the open sea."""
    if not _finder:
        _finder.append(TimezoneFinder(in_memory=False))
    zone = _finder[0].timezone_at(lat=latitude, lng=longitude)
    if zone is None:
        raise Invalid("There is no time zone at this point. Move the pin.", latitude=latitude, longitude=longitude)
    return str(zone)


def _check(place: Place) -> None:
    wrong: dict[str, object] = {}
    if not -90 <= place.latitude <= 90 or not -180 <= place.longitude <= 180:
        wrong["position"] = "latitude -90 to 90, longitude -180 to 180"
    if not place.address.strip():
        wrong["address"] = "is missing"
    if len(place.country) != 2 or not place.country.isalpha():
        wrong["country"] = "two letters of ISO 3166"
    if place.timezone and place.timezone not in available_timezones():
        wrong["timezone"] = "not in the IANA list"
    if wrong:
        raise Invalid("The place is not complete.", **wrong)

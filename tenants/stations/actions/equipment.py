"""The EVSEs of a station: as an operator describes them, or as the station names them; and their status."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from saas.devices import queries as registry
from saas.devices.models import Device
from tenants.charging.actions.changes import tell_status
from tenants.sites import status as evse_status
from tenants.sites.actions import create_evse
from tenants.sites.models import Evse

from ..models import ConnectorStatus, Station
from ..signals import told as connector_told

Status = Evse.Status
# OCPP 1.6 and 2.0.1 connector status → OCPI EVSE status.
STATUSES = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.AVAILABLE,
    "Finishing": Status.AVAILABLE,
    "Occupied": Status.CHARGING,
    "Charging": Status.CHARGING,
    "SuspendedEV": Status.CHARGING,
    "SuspendedEVSE": Status.CHARGING,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.INOPERATIVE,
    "Faulted": Status.OUTOFORDER,
}
# Of the connectors of an EVSE the first of these that one of them has; of the station as a whole only the last two.
RANK = (Status.CHARGING, Status.RESERVED, Status.AVAILABLE, Status.INOPERATIVE, Status.OUTOFORDER)
WHOLE = (Status.INOPERATIVE, Status.OUTOFORDER)
FAULTED = "ocpp"
FAULTS = (FAULTED, "station_fault", "reported")  # a fault as told here, and the same one as it comes through the broker
MOST_EVSES = 64
LONGEST_QUEUE = timedelta(days=7)  # what stations say later than that was not kept by them: their clock is wrong


@dataclass(frozen=True)
class Outlet:
    """An EVSE of a station: its connector (OCPI ConnectorType) and what it can deliver."""

    connector: str
    max_power_w: int


UNSAID = Outlet("IEC_62196_T2", 22_000)  # of a station that was let in without a word about its outlets


def equip(station: Station, outlets: Sequence[Outlet], now: datetime) -> None:
    """EVSEs that are not there yet, as described, then as the station has named them; with what it said of them.

    A station that was refused and is let in again keeps those it had.
    """
    for number, outlet in enumerate(outlets, 1):
        _make(station, number, outlet, now)
    named = sorted(set(station.connectors.filter(evse__gt=0).values_list("evse", flat=True)))
    for number in named:
        make_evse(station=station, number=number, now=now)
        show(station=station, number=number, now=now)


def make_evse(*, station: Station, number: int, now: datetime) -> None:
    """An EVSE that a station uses and that nobody described: like the others of the station, and offered by nobody.

    Nothing for one that waits or has no place, nor for numbers that no station has.
    """
    active = registry.get(station.device_id).state == Device.State.ACTIVE
    if not active or station.location is None or not 0 < number <= MOST_EVSES:
        return
    like = Evse.objects.filter(device_id=station.device_id, connectors__isnull=False).order_by("device_evse").first()
    socket = like.connectors.first() if like else None
    _make(station, number, Outlet(socket.standard, socket.max_power_w) if socket else UNSAID, now)


def told(*, station: Station, evse: int, connector: int, at: datetime, now: datetime, said: Mapping[str, str]) -> None:
    """A connector's status in OCPP's words: `status`, and what else the station says of it. Older news, and a word that
    is none, change nothing.
    """
    at = plausible(at, now)
    if said["status"] not in STATUSES or not _newest(station, evse, connector, at, said):
        return
    if evse:
        make_evse(station=station, number=evse, now=now)
    show(station=station, number=evse, now=now)
    connector_told.send(Station, station=station, evse=evse, said=said, at=at, now=now)


def show(*, station: Station, number: int, now: datetime) -> None:
    """The status of an EVSE as its connectors, and the station as a whole, said it last; 0: of all."""
    changed = []
    for evse in evse_status.lock(device_id=station.device_id, device_evse=number):
        use, at = _use(station, evse.device_evse)
        if use is None or at is None:
            continue
        if use == Status.OUTOFORDER:
            changed += evse_status.raise_fault([evse], FAULTED, at)
            continue
        changed += evse_status.set_use([evse], use, at)
        if FAULTED in evse.faults:  # the broker's word of the same fault may come later than its end
            for fault in FAULTS:
                changed += evse_status.clear_fault([evse], fault, at)
    tell_status(evses=changed, now=now)


def plausible(at: datetime, now: datetime) -> datetime:
    """The station's clock, unless it says 1970 or tomorrow: such a status would keep later ones out."""
    return at if now - LONGEST_QUEUE < at <= now else now


def _newest(station: Station, evse: int, connector: int, at: datetime, said: Mapping[str, str]) -> bool:
    """Keep it, unless there is newer news."""
    rows = ConnectorStatus.objects.select_for_update()
    before = rows.filter(station=station, evse=evse, connector=connector).first()
    if before is not None and before.at > at:
        return False
    news = {**said, "at": at}
    ConnectorStatus.objects.update_or_create(station=station, evse=evse, connector=connector, defaults=news)
    return True


def _use(station: Station, number: int) -> tuple[str | None, datetime | None]:
    rows = list(ConnectorStatus.objects.filter(station=station, evse__in=(0, number)))
    whole = [row for row in rows if row.evse == 0 and STATUSES.get(row.status) in WHOLE]
    rows_of_it = whole or [row for row in rows if row.evse == number] or rows
    uses = {STATUSES[row.status] for row in rows_of_it if row.status in STATUSES}
    use = next((status for status in RANK if status in uses), None)
    return use, max((row.at for row in rows), default=None)


def _make(station: Station, number: int, outlet: Outlet, now: datetime) -> None:
    if station.location is None or Evse.objects.filter(device_id=station.device_id, device_evse=number).exists():
        return
    try:
        with transaction.atomic():
            create_evse(
                location=station.location, connector=outlet.connector, max_power_w=outlet.max_power_w,
                device_id=station.device_id, device_evse=number, now=now,
            )  # fmt: skip
    except IntegrityError:
        return  # made by another message at the same moment

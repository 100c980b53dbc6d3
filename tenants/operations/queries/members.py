"""The devices of a tenant as operations see them: stations and adapters alike."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from saas.devices import queries as registry
from saas.devices.models import Device
from saas.kit.errors import NotFound
from saas.tenancy.queries import current
from tenants.charging.models import Session
from tenants.sites.models import Evse
from tenants.stations.models import Station

from ..models import Group, GroupDevice
from .groups import below

ADAPTER_VENDOR, ADAPTER_MODEL = "Wattlane", "adapter"
BUSY = (Session.State.STARTING, Session.State.CHARGING)


@dataclass(frozen=True)
class Member:
    """A device that may be in a group. `protocol` is OCPP's sub-protocol, empty for an adapter."""

    device_id: str
    kind: str
    name: str
    vendor: str
    model: str
    firmware: str
    protocol: str
    online: bool
    charging: bool
    location_id: int | None
    place: str
    station: Station | None

    @property
    def is_station(self) -> bool:
        return self.kind == Device.Kind.STATION


def everything() -> list[Member]:
    """Every device of the current tenant that is let in, by name."""
    return _members([d for d in registry.of_tenant(current()) if d.state == Device.State.ACTIVE])


def of_ids(device_ids: Iterable[str]) -> dict[str, Member]:
    """Those of the current tenant's devices that are let in, by id."""
    wanted = set(device_ids)
    rows = Device.objects.filter(device_id__in=wanted, tenant=current(), state=Device.State.ACTIVE)
    return {member.device_id: member for member in _members(list(rows))}


def member_of(device_id: str) -> Member | None:
    """One of the current tenant's devices that are let in."""
    return of_ids([device_id]).get(device_id)


def resolve(names: Iterable[str]) -> list[str]:
    """Device ids of names: device ids, or stations' own OCPP ids. NotFound for one that is not here."""
    wanted = list(dict.fromkeys(names))
    members = everything() if wanted else []
    known = {m.station.station_id: m.device_id for m in members if m.station} | {
        m.device_id: m.device_id for m in members
    }
    if missing := [name for name in wanted if name not in known]:
        raise NotFound(f"There is no device {missing[0]} here.", device=missing[0])
    return list(dict.fromkeys(known[name] for name in wanted))


def firmware_of(device_ids: Iterable[str]) -> dict[str, str]:
    """Device → the version that it reports."""
    wanted = list(device_ids)
    own = Device.objects.filter(device_id__in=wanted, kind=Device.Kind.ADAPTER).values_list("device_id", "firmware")
    return dict(own) | dict(Station.objects.filter(device_id__in=wanted).values_list("device_id", "firmware"))


def members_of(group: Group, among: list[Member] | None = None) -> list[Member]:
    """The devices of a group and of all groups below it, by name; as they are now. `among`: everything, known."""
    groups = below(group)
    named = set(GroupDevice.objects.filter(group__in=groups).values_list("device_id", flat=True))
    rules = [rule for rule in map(_rule, groups) if rule]
    there = everything() if among is None else among
    return [m for m in there if m.device_id in named or any(rule(m) for rule in rules)]


def matches(pattern: str, text: str) -> bool:
    """Whether `pattern`, in which `*` stands for anything, fits; empty fits all. Case does not matter."""
    return not pattern or fnmatchcase(text.casefold(), pattern.casefold())


def charging_among(members: Iterable[Member]) -> int:
    """How many of them charge now."""
    return sum(member.charging for member in members)


def _rule(group: Group) -> Callable[[Member], bool] | None:
    if group.location_id is None and not group.vendor and not group.model:
        return None
    return lambda member: (
        (group.location_id is None or member.location_id == group.location_id)
        and matches(group.vendor, member.vendor)
        and matches(group.model, member.model)
    )


def _members(devices: list[Device]) -> list[Member]:
    ids = [device.device_id for device in devices]
    stations = {s.device_id: s for s in Station.objects.filter(device_id__in=ids).select_related("location")}
    evses = {e.device_id: e for e in Evse.objects.filter(device_id__in=ids).select_related("location", "listing")}
    busy = _charging(ids)
    made = [_member(d, stations.get(d.device_id), evses.get(d.device_id), d.device_id in busy) for d in devices]
    return sorted(made, key=lambda member: (member.name.casefold(), member.device_id))


def _charging(ids: list[str]) -> set[str]:
    """A session says so, or the connector itself: a session may have begun that we have not heard of."""
    sessions = Session.objects.filter(device_id__in=ids, state__in=BUSY).values_list("device_id", flat=True)
    evses = Evse.objects.filter(device_id__in=ids, use=Evse.Status.CHARGING).values_list("device_id", flat=True)
    return {device_id for device_id in (*sessions, *evses) if device_id}


def _member(device: Device, station: Station | None, evse: Evse | None, charging: bool) -> Member:
    place = (station.location if station else None) or (evse.location if evse else None)
    own = station is not None
    listing = getattr(evse, "listing", None)
    return Member(
        device_id=device.device_id,
        kind=device.kind,
        name=(device.station_id or "") or (listing.title if listing else "") or device.device_id,
        vendor=station.vendor if station else "" if device.kind == Device.Kind.STATION else ADAPTER_VENDOR,
        model=station.model if station else "" if device.kind == Device.Kind.STATION else ADAPTER_MODEL,
        firmware=(station.firmware if station else "") if own else device.firmware,
        protocol=station.protocol if station else "",
        online=device.online,
        charging=charging,
        location_id=place.pk if place else None,
        place=place.name if place else "",
        station=station,
    )

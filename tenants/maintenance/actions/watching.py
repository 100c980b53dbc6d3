"""What the platform notices itself, every few seconds: devices that are away, sites that are, smart charging's alarms.

One look is a handful of statements, however many devices there are: only those that are away are read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from saas.contracts import faults
from saas.devices.models import Device
from saas.tenancy.queries import current
from tenants.power.models import Alarm
from tenants.sites.models import Evse, Location

from ..models import Alert, MaintenancePolicy, Outage
from ..models.alerts import CIRCUIT
from ..queries import rules
from . import outages, raising
from .log import Kind, tell, write
from .raising import Seen

Source, Origin = Alert.Source, Outage.Origin
AWAY = ("offline", "heartbeat_missing")
SITE = "site_offline"
POWER = "power_"


@dataclass(frozen=True)
class Gone:
    """A device that is away: which alert that is, since when, and where it stands."""

    device_id: str
    code: str
    since: datetime
    location: Location
    evses: tuple[Evse, ...]


def watch(*, now: datetime) -> dict[str, int]:
    """One look. How many alerts began, and how many ended."""
    policy = rules.policy()
    with transaction.atomic():
        gone = _gone(policy, now)
        ended = _back({one.device_id: one.code for one in gone}, now)
        began = _away(gone, policy, now) + raising.still_there(now=now)
    outages.end_of_windows(now=now)
    alarms = _alarms(now)
    return {"began": began + alarms, "ended": ended + raising.settle(now=now)}


def _gone(policy: MaintenancePolicy, now: datetime) -> list[Gone]:
    """Devices that serve an EVSE, were heard of once, and have been away for long enough."""
    offline = Q(online=False, last_seen_at__lte=now - timedelta(seconds=policy.offline_after_s))
    silent = Q(online=True, last_seen_at__lte=now - timedelta(seconds=policy.silent_after_s))
    rows = {row.device_id: row for row in _devices().filter(offline | silent)}
    evses: dict[str, list[Evse]] = defaultdict(list)
    for evse in Evse.objects.select_related("location").filter(device_id__in=list(rows)).order_by("device_evse"):
        evses[evse.device_id or ""].append(evse)
    return [_one(rows[name], served) for name, served in sorted(evses.items())]


def _one(device: Device, evses: Sequence[Evse]) -> Gone:
    assert device.last_seen_at is not None
    code = AWAY[device.online]
    return Gone(device.device_id, code, device.last_seen_at, evses[0].location, tuple(evses))


def _devices() -> "QuerySet[Device]":
    return Device.objects.filter(tenant=current(), state=Device.State.ACTIVE, last_seen_at__isnull=False)


def _back(gone: dict[str, str], now: datetime) -> int:
    """Alerts and outages of devices that are here again, and alerts of sites whose devices are."""
    held = Alert.objects.filter(resolved_at=None, code__in=AWAY).values_list("pk", "device_id", "code")
    over = [pk for pk, device_id, code in held if gone.get(device_id) != code]
    for outage in Outage.objects.select_related("evse__location").filter(ended_at=None, origin=Origin.OFFLINE):
        if outage.device_id not in gone:
            _returned(outage.evse, now)
    count = raising.clear_all(Alert.objects.filter(pk__in=over), at=now, now=now) if over else 0
    return count + _sites_back(now)


def _returned(evse: Evse, now: datetime) -> None:
    outages.note_status(evse=evse, status=evse.status, at=now, now=now)
    outages.follow(evse=evse, origin=outages.DOWN.get(Evse.Status(evse.status)), at=now, now=now)


def _sites_back(now: datetime) -> int:
    """A site's alert ends with the last of its members."""
    sites = Alert.objects.filter(resolved_at=None, code=SITE)
    return raising.clear_all(sites.exclude(members__resolved_at=None), at=now, now=now) if sites else 0


def _away(gone: list[Gone], policy: MaintenancePolicy, now: datetime) -> int:
    """Alerts and outages of those that were not known to be away. Many of one site at once are one alert."""
    known = set(Alert.objects.filter(resolved_at=None, code__in=AWAY).values_list("device_id", flat=True))
    fresh = [one for one in gone if one.device_id not in known]
    for one in fresh:
        for evse in one.evses:
            _left(evse, one.since, now)
    by_place = _by_place(gone)
    began = 0
    for place, there in by_place.items():
        new = [one for one in there if one in fresh]
        if new:
            began += _at_site(there, new, now) if _is_storm(place, there, policy) else _each(new, now)
    return began


def _left(evse: Evse, since: datetime, now: datetime) -> None:
    origin = outages.DOWN.get(Evse.Status(evse.status), Origin.OFFLINE)
    if outages.follow(evse=evse, origin=origin, at=since, now=now) is not None:
        outages.note_status(evse=evse, status=Evse.Status.UNKNOWN, at=since, now=now)


def _by_place(gone: Iterable[Gone]) -> dict[int, list[Gone]]:
    found: dict[int, list[Gone]] = defaultdict(list)
    for one in gone:
        found[one.location.pk].append(one)
    return found


def _is_storm(place: int, there: Collection[Gone], policy: MaintenancePolicy) -> bool:
    """So many, and at least half of what stands there."""
    if len(there) < max(2, policy.storm_units):
        return False
    devices = Evse.objects.filter(location=place).exclude(device_id=None).values("device_id").distinct().count()
    return 2 * len(there) >= devices


def _each(new: Iterable[Gone], now: datetime) -> int:
    count = 0
    for one in new:
        raising.report(seen=_seen(one), now=now)
        count += 1
    return count


def _at_site(there: Sequence[Gone], new: Sequence[Gone], now: datetime) -> int:
    """The site's alert, and an alert of each unit below it that says nothing by itself."""
    place = there[0].location
    whole = _site_alert(place, min(one.since for one in there), now)
    made = Alert.objects.bulk_create(
        [raising.new_alert(_seen(one), one.evses[0], now, group=whole) for one in new], ignore_conflicts=True
    )
    joined = Alert.objects.filter(location=place, code__in=AWAY, resolved_at=None)
    count = joined.update(group=whole)
    last = max(one.since for one in there)
    Alert.objects.filter(pk=whole.pk).update(count=count, last_at=last)
    write(whole, Kind.GROUPED, now, text=str(count))
    return len(made)


def _site_alert(place: Location, since: datetime, now: datetime) -> Alert:
    of_place = Alert.objects.filter(device_id="", location=place, code=SITE)
    held = of_place.filter(resolved_at=None).first()
    if held is None and (held := raising.of_just_now(of_place, now)) is not None:
        raising.go_on(held, now)
    if held is not None:
        return held
    fault = faults.PLATFORM[SITE]
    whole = Alert(
        location=place, code=SITE, source=Source.PLATFORM, mrec=fault.mrec, severity=fault.severity, cause=fault.cause,
        broken=fault.broken, first_at=since, last_at=since, opened_at=now,
    )  # fmt: skip
    whole.silence = rules.silence_of(whole, rules.silences(now))
    whole.save()
    write(whole, Kind.OPENED, now)
    tell(whole, now)
    return whole


def _seen(one: Gone) -> Seen:
    return Seen(one.device_id, 0, one.code, Source.PLATFORM, faults.PLATFORM[one.code], one.since)


def _alarms(now: datetime) -> int:
    """Alarms of smart charging, open and gone since last time."""
    rows = Alarm.objects.filter(cleared_at=None).select_related("member__evse", "circuit__location")
    there = {_alarm_unit(row): row for row in rows}
    held = Alert.objects.filter(resolved_at=None, source=Source.POWER)
    known = {(row.device_id, row.device_evse, row.code): row.pk for row in held}
    for unit in there.keys() - known.keys():
        raising.report(seen=_alarm_seen(unit, there[unit]), now=now)
    over = [pk for unit, pk in known.items() if unit not in there]
    if over:
        with transaction.atomic():
            raising.clear_all(Alert.objects.filter(pk__in=over), at=now, now=now)
    return len(there.keys() - known.keys())


def _alarm_unit(row: Alarm) -> tuple[str, int, str]:
    """The charger; of a circuit as a whole the circuit's own name on the wire."""
    if row.member is not None:
        return row.member.evse.device_id or "", row.member.evse.device_evse, f"{POWER}{row.kind}"
    return f"{CIRCUIT}{row.circuit_id}", 0, f"{POWER}{row.kind}"


def _alarm_seen(unit: tuple[str, int, str], row: Alarm) -> Seen:
    detail = {name: str(value) for name, value in row.detail.items()} | {"circuit": row.circuit.name}
    place = row.circuit.location if row.member is None else None
    return Seen(*unit, Source.POWER, faults.PLATFORM[unit[2]], row.raised_at, detail, place)

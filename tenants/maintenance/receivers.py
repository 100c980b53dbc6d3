"""What maintenance hears of the apps below it. Everything in the transaction that stored the fact."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.utils import timezone

from saas.contracts import faults
from saas.contracts.advice import WARNING
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices.models import Device
from tenants.charging.actions.samples import moment
from tenants.charging.models import Session
from tenants.sites.models import Evse
from tenants.stations.models import Station

from . import reading, words
from .actions import outages, raising, starts
from .actions.raising import Seen
from .models import Alert, Outage, WorkOrder
from .queries import rules

Source = Alert.Source
STATION_FAULT = "station_fault"  # as the gateway calls it; the words of the station stand in `detail`


class Place(NamedTuple):
    """The unit that a fault is at, and who says so."""

    device_id: str
    evse: int
    source: str


def status_changed(sender: object, *, evse: Evse, before: str, at: datetime, **_: Any) -> None:
    """An outage begins or ends, and the history has one more line."""
    now = timezone.now()
    outages.note_status(evse=evse, status=evse.status, at=at, now=now)
    origin = outages.DOWN.get(Evse.Status(evse.status))
    if origin is not None or before in outages.DOWN:
        outages.follow(evse=evse, origin=origin, at=at, now=now)


def renewed(sender: object, *, old: Evse, new: Evse, **_: Any) -> None:
    """The device of an EVSE goes on under a new one: so does what is open there."""
    for rows in (Alert.objects.filter(resolved_at=None), Outage.objects.filter(ended_at=None), WorkOrder.objects):
        rows.filter(evse=old).update(evse=new)


def faulted(
    sender: object, *, device: Device, evses: list[Evse], event: Event, at: datetime, now: datetime, **_: Any
) -> None:
    """A fault event, or its end. News that is older than the end is counted nowhere."""
    code, station = event.code or "reported", event.code == STATION_FAULT
    source = Source.OCPP if station else Source.ADAPTER
    if event.type == wire.EV_CLEARED:
        codes = () if station else (code,)
        raising.clear(
            device_id=device.device_id, device_evse=event.evse, at=at, now=now, sources=(source,), codes=codes
        )
    elif any(_active(evse, code) for evse in evses):
        told = words.parts_of(event.detail or "")
        meaning = (
            reading.of_status(told or {"errorCode": event.reason or ""}, rules.vendor_codes())
            if station
            else reading.of_adapter(code, event.reason or "")
        )
        new = _report(Place(device.device_id, event.evse, source), meaning, at, now)
        for evse in evses if new else ():
            outages.classify(evse=evse, now=now)


def noticed(sender: object, *, device: Device, event: Event, now: datetime, **_: Any) -> None:
    """Warnings: a connector that works and names an error; an update that failed; an adapter that is warm."""
    at, told = moment(device, event.ts_ms, now), words.parts_of(event.detail or "")
    if told.get("errorCode"):
        meaning = reading.of_status(told, rules.vendor_codes())
        _report(Place(device.device_id, event.evse, Source.OCPP), _mild(meaning), at, now)
    elif event.code == wire.NOTICE_OTA and (event.reason or "").partition(":")[0] in ("failed", "rolled_back"):
        _platform(device.device_id, 0, "firmware_failed", at, now, why=event.reason or "")
    elif event.code == wire.NOTICE_DERATING:
        _derates(device.device_id, event, at, now)


def connector_told(
    sender: object, *, station: Station, evse: int, said: Mapping[str, str], at: datetime, now: datetime, **_: Any
) -> None:
    """A connector without an error ends what it had. Faults themselves come by events, which are never lost."""
    if said["status"] != "Faulted" and said.get("error_code", "") in ("", "NoError"):
        raising.clear(device_id=station.device_id, device_evse=evse, at=at, now=now, sources=(Source.OCPP,))


def heard(sender: object, *, station: Station, action: str, payload: dict[str, Any], now: datetime, **_: Any) -> None:
    """Monitored events and security events."""
    if action == "NotifyEvent":
        own = rules.vendor_codes()
        for data in payload.get("eventData") or ():
            _monitored(station.device_id, reading.of_event(data, own), now)
    elif action == "SecurityEventNotification":
        _report(Place(station.device_id, 0, Source.SECURITY), reading.of_security(payload), now, now)


def refused(
    sender: object, *, device: Device, evse: int, reason: str, by_device: bool, now: datetime, **_: Any
) -> None:
    """A start that did not come to be."""
    starts.refused(device_id=device.device_id, device_evse=evse, reason=reason, by_device=by_device, now=now)


def began(sender: object, *, session: Session, now: datetime, **_: Any) -> None:
    """A start that worked."""
    starts.worked(device_id=session.device_id, device_evse=session.evse.device_evse, now=now)


def ended(sender: object, *, session: Session, now: datetime, **_: Any) -> None:
    """Why a transaction ended, in the station's word."""
    word = str(session.evidence.get("word") or "")
    fault = faults.STOPS.get(word)
    if fault is not None:
        meaning = reading.Meaning(word, fault, {"session": str(session.uid)})
        place = Place(session.device_id, session.evse.device_evse, Source.STOP)
        _report(place, meaning, session.ended_at or now, now)


def _monitored(device_id: str, found: reading.Monitored | None, now: datetime) -> None:
    if found is None:
        return
    if found.over:
        codes = (found.meaning.code,)
        raising.clear(device_id=device_id, device_evse=found.evse, at=now, now=now, codes=codes)
    else:
        _report(Place(device_id, found.evse, Source.EVENT), found.meaning, now, now)


def _derates(device_id: str, event: Event, at: datetime, now: datetime) -> None:
    """A charger that is warm offers less; at its full rating again, that is over."""
    percent = (event.reason or "").rstrip(" %")
    if percent == "100":
        rows = Alert.objects.filter(device_id=device_id, code="derating", resolved_at=None, last_at__lte=at)
        raising.clear_all(rows, at=at, now=now)
    elif percent:
        _platform(device_id, event.evse, "derating", at, now, why=f"{percent} %")


def _platform(device_id: str, evse: int, code: str, at: datetime, now: datetime, *, why: str) -> None:
    meaning = reading.Meaning(code, faults.PLATFORM[code], {"reason": why})
    _report(Place(device_id, evse, Source.PLATFORM), meaning, at, now)


def _report(place: Place, meaning: reading.Meaning, at: datetime, now: datetime) -> bool:
    if meaning.fault is None:
        return False
    seen = Seen(place.device_id, place.evse, meaning.code, place.source, meaning.fault, at, meaning.detail)
    return raising.report(seen=seen, now=now)


def _mild(meaning: reading.Meaning) -> reading.Meaning:
    """An error of a connector that works: it is not broken, and nothing is critical."""
    fault = meaning.fault
    if fault is None:
        return meaning
    severity = faults.MAJOR if fault.severity == faults.CRITICAL else fault.severity
    code = f"{WARNING}{meaning.code}"[:80]
    return meaning._replace(code=code, fault=fault._replace(broken=False, severity=severity))


def _active(evse: Evse, code: str) -> bool:
    raised, cleared = evse.faults.get(code, (-1, -1))
    return bool(raised > cleared)

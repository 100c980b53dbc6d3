"""What stations say besides boots, statuses, tokens, meters and transactions: kept, and answered in OCPP's words."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from saas.contracts import rpc
from saas.devices.models import Device
from saas.kit.time import from_ms

from .. import protocol, signals
from ..errors import UnexpectedMessage
from ..models import Notice, Station

# Answers that OCPP wants to be more than empty, where nobody here knows better.
ANSWERS: dict[str, dict[str, Any]] = {
    "DataTransfer": {"status": "UnknownVendorId"},
    "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
    "GetCertificateStatus": {"status": "Failed"},
    "NotifyEVChargingNeeds": {"status": "Rejected"},
    "NotifyEVChargingSchedule": {"status": "Accepted"},
    "SignCertificate": {"status": "Rejected"},
}


@dataclass(frozen=True)
class Said:
    """One message of a station. `at`: when it reached the gateway."""

    station: Station
    action: str
    payload: dict[str, Any]
    at: datetime
    now: datetime


@transaction.atomic
def heard(*, device: Device, heard: rpc.Heard, now: datetime) -> dict[str, Any]:
    """Keep what a station says; the payload that it is answered with. UnexpectedMessage for what stations do not say.

    A receiver of signals.heard that returns a payload knows the answer better than the table here.
    """
    if heard.action not in protocol.TOLD[protocol.version_of(heard.protocol)]:
        raise UnexpectedMessage(f"A station does not say {heard.action[:50]}.", action=heard.action)
    station = station_of(device, heard.protocol)
    said = Said(station, heard.action, heard.payload, from_ms(heard.ts_ms), now)
    answer = _kept(said)
    told = signals.heard.send(sender=Station, station=station, action=heard.action, payload=heard.payload, now=now)
    return next((better for _, better in told if isinstance(better, dict)), answer)


def station_of(device: Device, protocol: str = "") -> Station:
    """The row of a station, made when it says something for the first time."""
    named = {"station_id": device.station_id or "", "protocol": protocol[:10]}
    return Station.objects.get_or_create(device_id=device.device_id, defaults=named)[0]


def _kept(said: Said) -> dict[str, Any]:
    Notice.objects.create(
        station=said.station, kind=said.action, payload=said.payload, at=said.at, received_at=said.now
    )
    return dict(ANSWERS.get(said.action, {}))

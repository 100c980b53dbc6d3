"""What stations say besides boots, statuses, tokens, meters and transactions: kept, and answered in OCPP's words."""

from datetime import datetime
from typing import Any

from django.db import transaction

from saas.contracts import rpc
from saas.devices.models import Device
from saas.kit.time import from_ms

from .. import protocol, signals
from ..errors import UnexpectedMessage
from ..models import Station
from .effects import TOLD, Said, moment, storable

TIMES = ("timestamp", "generatedAt", "timeBase")  # where a message says its own


@transaction.atomic
def heard(*, device: Device, heard: rpc.Heard, now: datetime) -> dict[str, Any]:
    """Keep what a station says; the payload that it is answered with. UnexpectedMessage for what stations do not say.

    A receiver of signals.heard that returns a payload knows the answer better than the table of effects.
    """
    if heard.action not in protocol.TOLD[protocol.version_of(heard.protocol)]:
        raise UnexpectedMessage(f"A station does not say {heard.action[:50]}.", action=heard.action)
    station, payload = station_of(device, heard.protocol), storable(heard.payload)
    words = Said(station, heard.action, payload, _time(payload, from_ms(heard.ts_ms)), now)
    answer = TOLD[heard.action](words)
    told = signals.heard.send(sender=Station, station=station, action=heard.action, payload=payload, now=now)
    for _receiver, better in told:
        returned: object = better  # the stubs think that receivers return texts
        if isinstance(returned, dict):
            return returned
    return answer


def station_of(device: Device, protocol: str = "") -> Station:
    """The row of a station, made when it says something for the first time."""
    named = {"station_id": device.station_id or "", "protocol": protocol[:10]}
    return Station.objects.get_or_create(device_id=device.device_id, defaults=named)[0]


def _time(payload: dict[str, Any], otherwise: datetime) -> datetime:
    said = next((payload[name] for name in TIMES if name in payload), None)
    return moment(said, otherwise) if said else otherwise

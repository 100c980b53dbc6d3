"""Passwords that are sent to stations: the registry must know the new one before the station comes back with it."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from saas.devices.station_passwords import expect

from ..models import Station


def expect_passwords(*, station: Station, action: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Called for every call that is sent. A call that sets no password changes nothing.

    The present password opens as well until the new one was used: a station that refuses the call keeps its own.
    """
    for secret in _passwords(action, payload):
        expect(device_id=station.device_id, secret=secret, now=now)


def _passwords(action: str, payload: Mapping[str, Any]) -> Iterator[str]:
    if action == "ChangeConfiguration" and payload.get("key") == "AuthorizationKey":
        yield str(payload["value"])
    if action == "SetVariables":
        for item in payload["setVariableData"]:
            names = item["component"]["name"], item["variable"]["name"]
            if names == ("SecurityCtrlr", "BasicAuthPassword") and item.get("attributeType", "Actual") == "Actual":
                yield str(item["attributeValue"])

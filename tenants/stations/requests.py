"""What one wants of a station, said in the words of the version that it speaks: (action, payload) for actions.send.

`protocol` is Station.protocol everywhere. In OCPP 1.6 an EVSE is a connector. Moments are aware datetimes, energy
limits and rates in the unit named (W or A). Pure.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from saas.kit.errors import Invalid
from saas.kit.time import iso

from .keys import Key, parse
from .protocol import version_of

Unit = Literal["W", "A"]
Purpose = Literal["station_max", "tx_default", "tx"]


class Request(NamedTuple):
    """What actions.send takes."""

    action: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Period:
    """From `start_s` after the schedule's start on, at most `limit` (W or A, one decimal)."""

    start_s: int
    limit: float
    phases: int | None = None


@dataclass(frozen=True)
class Token:
    """A card as stations are told of it. `status`: Accepted, Blocked, Expired, Invalid, ConcurrentTx.

    `status` None, in a differential update: the token leaves the list.
    """

    id_tag: str
    status: str | None = "Accepted"
    kind: str = "ISO14443"
    parent: str = ""
    expires_at: datetime | None = None


# A message that a station can be asked for: action and word in 1.6 (the security whitepaper's where it needs it), word
# in 2.0.1.
TRIGGERS: Mapping[str, tuple[str, str, str]] = {
    "boot": ("TriggerMessage", "BootNotification", "BootNotification"),
    "heartbeat": ("TriggerMessage", "Heartbeat", "Heartbeat"),
    "status": ("TriggerMessage", "StatusNotification", "StatusNotification"),
    "meter": ("TriggerMessage", "MeterValues", "MeterValues"),
    "transaction": ("TriggerMessage", "MeterValues", "TransactionEvent"),
    "firmware": ("TriggerMessage", "FirmwareStatusNotification", "FirmwareStatusNotification"),
    "diagnostics": ("TriggerMessage", "DiagnosticsStatusNotification", "LogStatusNotification"),
    "log": ("ExtendedTriggerMessage", "LogStatusNotification", "LogStatusNotification"),
    "certificate": ("ExtendedTriggerMessage", "SignChargePointCertificate", "SignChargingStationCertificate"),
}
_PURPOSES: Mapping[Purpose, tuple[str, str]] = {
    "station_max": ("ChargePointMaxProfile", "ChargingStationMaxProfile"),
    "tx_default": ("TxDefaultProfile", "TxDefaultProfile"),
    "tx": ("TxProfile", "TxProfile"),
}


def reset(protocol: str, *, hard: bool = False, evse: int | None = None) -> Request:
    """Restart: hard at once, soft when nobody charges (1.6: after ending what runs). `evse` alone only in 2.0.1."""
    if _old(protocol):
        return Request("Reset", {"type": "Hard" if hard else "Soft"})
    return Request("Reset", {"type": "Immediate" if hard else "OnIdle", **_given(evseId=evse)})


def unlock(protocol: str, *, evse: int, connector: int = 1) -> Request:
    """Let go of the cable."""
    if _old(protocol):
        return Request("UnlockConnector", {"connectorId": evse})
    return Request("UnlockConnector", {"evseId": evse, "connectorId": connector})


def availability(protocol: str, *, operative: bool, evse: int = 0, connector: int | None = None) -> Request:
    """Take in or out of service; EVSE 0: the whole station."""
    word = "Operative" if operative else "Inoperative"
    if _old(protocol):
        return Request("ChangeAvailability", {"connectorId": evse, "type": word})
    place = {"evse": {"id": evse, **_given(connectorId=connector)}} if evse else {}
    return Request("ChangeAvailability", {"operationalStatus": word, **place})


def trigger(protocol: str, *, message: str, evse: int | None = None) -> Request:
    """Ask for a message, a key of TRIGGERS. Invalid for another."""
    if message not in TRIGGERS:
        raise Invalid(f"There is no message {message[:40]}.", name=f"one of {', '.join(TRIGGERS)}")
    action, old, new = TRIGGERS[message]
    if _old(protocol):
        return Request(action, {"requestedMessage": old, **_given(connectorId=evse)})
    return Request("TriggerMessage", {"requestedMessage": new, **({"evse": {"id": evse}} if evse else {})})


def clear_cache(protocol: str) -> Request:
    """Forget which cards were let in lately."""
    return Request("ClearCache", {})


def get_configuration(protocol: str, *, keys: Sequence[str] = (), request_id: int | None = None) -> Request:
    """Some keys (see keys.parse), or everything: in 2.0.1 a report, which comes later and in parts."""
    if _old(protocol):
        return Request("GetConfiguration", {"key": list(keys)} if keys else {})
    if not keys:
        asked = {"requestId": request_id or new_id(), "reportBase": "FullInventory"}
        return Request("GetBaseReport", asked)
    return Request("GetVariables", {"getVariableData": [_variable(parse(key)) for key in keys]})


def set_configuration(protocol: str, *, values: Mapping[str, str]) -> list[Request]:
    """One request per key in 1.6, one for all in 2.0.1."""
    if _old(protocol):
        return [Request("ChangeConfiguration", {"key": key, "value": value}) for key, value in values.items()]
    data = [{**_variable(parse(key)), "attributeValue": value} for key, value in values.items()]
    return [Request("SetVariables", {"setVariableData": data})] if data else []


def update_firmware(
    protocol: str,
    *,
    location: str,
    retrieve_at: datetime,
    install_at: datetime | None = None,
    certificate: str = "",
    signature: str = "",
    retries: int | None = None,
    retry_s: int | None = None,
    request_id: int | None = None,
) -> Request:
    """Fetch and install an image. `certificate` (PEM) and `signature` (base64): signed, as the whitepaper wants it."""
    again = _given(retries=retries, retryInterval=retry_s)
    if _old(protocol) and not signature:
        return Request("UpdateFirmware", {"location": location, "retrieveDate": iso(retrieve_at), **again})
    firmware = {
        "location": location,
        "retrieveDateTime": iso(retrieve_at),
        **_given(installDateTime=iso(install_at) if install_at else None),
        **_given(signingCertificate=certificate or None, signature=signature or None),
    }
    action = "SignedUpdateFirmware" if _old(protocol) else "UpdateFirmware"
    return Request(action, {"requestId": request_id or new_id(), "firmware": firmware, **again})


def get_log(
    protocol: str,
    *,
    location: str,
    security: bool = False,
    since: datetime | None = None,
    until: datetime | None = None,
    retries: int | None = None,
    retry_s: int | None = None,
    request_id: int | None = None,
) -> Request:
    """Put diagnostics, or the security log, to an address (see actions.new_upload)."""
    again = _given(retries=retries, retryInterval=retry_s)
    begin, end = iso(since) if since else None, iso(until) if until else None
    if _old(protocol) and not security:
        return Request("GetDiagnostics", {"location": location, **again, **_given(startTime=begin, stopTime=end)})
    log = {"remoteLocation": location, **_given(oldestTimestamp=begin, latestTimestamp=end)}
    kind = "SecurityLog" if security else "DiagnosticsLog"
    return Request("GetLog", {"logType": kind, "requestId": request_id or new_id(), "log": log, **again})


def charging_profile(
    protocol: str,
    *,
    id: int,
    purpose: Purpose,
    stack_level: int,
    unit: Unit,
    periods: Sequence[Period],
    starts_at: datetime | None = None,
    duration_s: int | None = None,
    valid_from: datetime | None = None,
    valid_to: datetime | None = None,
    transaction_id: str = "",
    least_rate: float | None = None,
) -> dict[str, Any]:
    """A profile for set_charging_profile: absolute when `starts_at` is given, else from the transaction's start."""
    old = _old(protocol)
    schedule = {
        **_given(duration=duration_s, startSchedule=iso(starts_at) if starts_at else None),
        "chargingRateUnit": unit,
        "chargingSchedulePeriod": [
            {"startPeriod": p.start_s, "limit": p.limit, **_given(numberPhases=p.phases)} for p in periods
        ],
        **_given(minChargingRate=least_rate),
    }
    return {
        "chargingProfileId" if old else "id": id,
        **_given(transactionId=_transaction(transaction_id, old)),
        "stackLevel": stack_level,
        "chargingProfilePurpose": _PURPOSES[purpose][0 if old else 1],
        "chargingProfileKind": "Absolute" if starts_at else "Relative",
        **_given(validFrom=iso(valid_from) if valid_from else None, validTo=iso(valid_to) if valid_to else None),
        "chargingSchedule": schedule if old else [{"id": 1, **schedule}],
    }


def set_charging_profile(protocol: str, *, evse: int, profile: Mapping[str, Any]) -> Request:
    """Lay a profile on an EVSE; 0: on the station."""
    if _old(protocol):
        return Request("SetChargingProfile", {"connectorId": evse, "csChargingProfiles": dict(profile)})
    return Request("SetChargingProfile", {"evseId": evse, "chargingProfile": dict(profile)})


def clear_charging_profile(
    protocol: str,
    *,
    id: int | None = None,
    evse: int | None = None,
    purpose: Purpose | None = None,
    stack_level: int | None = None,
) -> Request:
    """Take profiles away: the one, or all that fit what is given."""
    word = _PURPOSES[purpose][0 if _old(protocol) else 1] if purpose else None
    if _old(protocol):
        wanted = _given(id=id, connectorId=evse, chargingProfilePurpose=word, stackLevel=stack_level)
        return Request("ClearChargingProfile", wanted)
    fitting = _given(evseId=evse, chargingProfilePurpose=word, stackLevel=stack_level)
    criteria = {"chargingProfileCriteria": fitting} if fitting and id is None else {}
    return Request("ClearChargingProfile", {**_given(chargingProfileId=id), **criteria})


def get_composite_schedule(protocol: str, *, evse: int, duration_s: int, unit: Unit | None = None) -> Request:
    """What all profiles together allow from now on."""
    place = {"connectorId": evse} if _old(protocol) else {"evseId": evse}
    return Request("GetCompositeSchedule", {**place, "duration": duration_s, **_given(chargingRateUnit=unit)})


def reserve(
    protocol: str,
    *,
    id: int,
    evse: int,
    id_tag: str,
    expires_at: datetime,
    kind: str = "ISO14443",
    parent: str = "",
    parent_kind: str = "Central",
) -> Request:
    """Keep an EVSE for a token; EVSE 0: any of the station."""
    if _old(protocol):
        held = {"connectorId": evse, "expiryDate": iso(expires_at), "idTag": id_tag, "reservationId": id}
        return Request("ReserveNow", {**held, **_given(parentIdTag=parent or None)})
    group = {"groupIdToken": {"idToken": parent, "type": parent_kind}} if parent else {}
    held = {"id": id, "expiryDateTime": iso(expires_at), "idToken": {"idToken": id_tag, "type": kind}}
    return Request("ReserveNow", {**held, **_given(evseId=evse or None), **group})


def cancel_reservation(protocol: str, *, id: int) -> Request:
    """Give it free again."""
    return Request("CancelReservation", {"reservationId": id})


def get_local_list_version(protocol: str) -> Request:
    """Which list the station holds; 0: none."""
    return Request("GetLocalListVersion", {})


def send_local_list(protocol: str, *, version: int, tokens: Sequence[Token], full: bool) -> Request:
    """The whole list, or what changed since the last."""
    kind = "Full" if full else "Differential"
    if _old(protocol):
        entries = [_old_entry(token) for token in tokens]
        return Request(
            "SendLocalList", {"listVersion": version, "updateType": kind, **_some("localAuthorizationList", entries)}
        )
    entries = [_new_entry(token) for token in tokens]
    return Request(
        "SendLocalList", {"versionNumber": version, "updateType": kind, **_some("localAuthorizationList", entries)}
    )


def data_transfer(protocol: str, *, vendor: str, message: str = "", data: str = "") -> Request:
    """A message of the vendor's own."""
    return Request("DataTransfer", {"vendorId": vendor, **_given(messageId=message or None, data=data or None)})


def new_id() -> int:
    """A number for a request, a reservation or a profile: positive, and unlikely to be in use."""
    return secrets.randbelow(2**31 - 1) + 1


def _old(protocol: str) -> bool:
    return version_of(protocol) == "1.6"


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _some(name: str, items: list[Any]) -> dict[str, Any]:
    return {name: items} if items else {}


def _transaction(text: str, old: bool) -> int | str | None:
    if not text:
        return None
    return int(text) if old else text


def _variable(key: Key) -> dict[str, Any]:
    if not key.component:
        raise Invalid("OCPP 2.0.1 has no plain keys: say Component/Variable.", key=key.name)
    attribute = {} if key.attribute in ("", "Actual") else {"attributeType": key.attribute}
    return {"component": key.component_json(), "variable": key.variable_json(), **attribute}


def _old_entry(token: Token) -> dict[str, Any]:
    if token.status is None:
        return {"idTag": token.id_tag}
    expiry = iso(token.expires_at) if token.expires_at else None
    info = {"status": token.status, **_given(expiryDate=expiry, parentIdTag=token.parent or None)}
    return {"idTag": token.id_tag, "idTagInfo": info}


def _new_entry(token: Token) -> dict[str, Any]:
    named = {"idToken": token.id_tag, "type": token.kind}
    if token.status is None:
        return {"idToken": named}
    expiry = iso(token.expires_at) if token.expires_at else None
    group = {"idToken": token.parent, "type": "Central"} if token.parent else None
    return {
        "idToken": named,
        "idTokenInfo": {"status": token.status, **_given(cacheExpiryDateTime=expiry, groupIdToken=group)},
    }

"""The station's voice in OCPP 2.0.1."""

import uuid
from datetime import UTC, datetime
from typing import Any

from . import limits
from .link import Kept
from .outlet import VOLTS, Outlet, Transaction
from .station import Setting, Station, clear_profiles, put_profile
from .v16 import now, soon

Payload = dict[str, Any]
PROTOCOL_STATUS = {"Available": "Available", "Unavailable": "Unavailable", "Faulted": "Faulted", "Reserved": "Reserved"}
STATES = {"Charging": "Charging", "SuspendedEV": "SuspendedEV", "SuspendedEVSE": "SuspendedEVSE"}
# Why it stopped: (stoppedReason, triggerReason).
STOPPED = {
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "Local": ("Local", "StopAuthorized"),
    "Remote": ("Remote", "RemoteStop"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "UnlockCommand": ("Remote", "UnlockCommand"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "Reboot": ("Reboot", "ResetCommand"),
    "Other": ("Other", "AbnormalCondition"),
}
BOOTED = {"RemoteReset": "RemoteReset", "FirmwareUpdate": "FirmwareUpdate", "Triggered": "Triggered"}
# Component.Variable: value, read only.
SETTINGS = {
    "AuthCtrlr.Enabled": ("true", False),
    "AuthCtrlr.AuthorizeRemoteStart": ("false", False),
    "AuthCtrlr.LocalAuthorizeOffline": ("true", False),
    "AuthCtrlr.LocalPreAuthorize": ("false", False),
    "DeviceDataCtrlr.ItemsPerMessage.GetReport": ("50", True),
    "DeviceDataCtrlr.ItemsPerMessage.GetVariables": ("50", True),
    "LocalAuthListCtrlr.Enabled": ("true", False),
    "LocalAuthListCtrlr.Entries": ("0", True),
    "LocalAuthListCtrlr.ItemsPerMessage": ("100", True),
    "OCPPCommCtrlr.HeartbeatInterval": ("60", False),
    "OCPPCommCtrlr.NetworkConfigurationPriority": ("1", False),
    "OCPPCommCtrlr.OfflineThreshold": ("60", False),
    "ReservationCtrlr.Enabled": ("true", False),
    "SampledDataCtrlr.TxUpdatedInterval": ("5", False),
    "SampledDataCtrlr.TxUpdatedMeasurands": ("Energy.Active.Import.Register,Power.Active.Import", False),
    "SecurityCtrlr.BasicAuthPassword": ("", False),
    "SecurityCtrlr.OrganizationName": ("Wattlane", False),
    "SecurityCtrlr.SecurityProfile": ("1", True),
    "SmartChargingCtrlr.Enabled": ("true", False),
    "SmartChargingCtrlr.Entries.ChargingProfiles": ("0", True),
    "SmartChargingCtrlr.PeriodsPerSchedule": ("24", True),
    "SmartChargingCtrlr.ProfileStackLevel": ("8", True),
    "SmartChargingCtrlr.RateUnit": ("A,W", True),
    "TxCtrlr.EVConnectionTimeOut": ("60", False),
    "TxCtrlr.StopTxOnInvalidId": ("true", False),
    "TxCtrlr.TxStartPoint": ("PowerPathClosed", True),
    "TxCtrlr.TxStopPoint": ("PowerPathClosed", True),
}
SECRET = "SecurityCtrlr.BasicAuthPassword"


class Voice201:
    """Says and hears OCPP 2.0.1."""

    def __init__(self, station: Station) -> None:
        self._station, self._call, self._keep = station, station.link.call, station.link.keep
        station.settings |= {name: Setting(value, readonly) for name, (value, readonly) in SETTINGS.items()}
        station.settings["HeartbeatInterval"] = station.settings["OCPPCommCtrlr.HeartbeatInterval"]
        station.settings["MeterValueSampleInterval"] = station.settings["SampledDataCtrlr.TxUpdatedInterval"]

    async def boot(self, reason: str) -> tuple[str, int]:
        row = self._station.row
        about = {"vendorName": row.vendor, "model": row.model, "firmwareVersion": self._station.firmware}
        about["serialNumber"] = (row.serial_number or row.station)[:25]
        said = await self._call("BootNotification", {"reason": BOOTED.get(reason, "PowerUp"), "chargingStation": about})
        if said["status"] == "Accepted" and said["interval"]:
            self._station.settings["HeartbeatInterval"].value = str(said["interval"])
        return said["status"], said["interval"]

    async def heartbeat(self) -> None:
        await self._call("Heartbeat", {})

    async def status(self, outlet: Outlet, status: str) -> None:
        word = PROTOCOL_STATUS.get(status, "Occupied")
        where = {"evseId": outlet.number, "connectorId": 1}
        await self._call("StatusNotification", {"timestamp": now(), "connectorStatus": word, **where})
        transaction = outlet.transaction
        if transaction and status in STATES and status != transaction.state:
            transaction.state = status
            self._event(outlet, transaction, "Updated", "ChargingStateChanged")

    async def authorize(self, id_tag: str) -> bool:
        said = await self._call("Authorize", {"idToken": _token(id_tag)})
        return bool(said["idTokenInfo"]["status"] == "Accepted")

    def started(self, outlet: Outlet, transaction: Transaction, reason: str) -> None:
        transaction.id, transaction.state = str(uuid.uuid4()), "Charging"
        more: Payload = {"idToken": _token(transaction.id_tag)}
        if transaction.reservation is not None:
            more["reservationId"] = transaction.reservation
        self._event(outlet, transaction, "Started", reason, more)

    def sampled(self, outlet: Outlet, transaction: Transaction) -> None:
        self._event(outlet, transaction, "Updated", "MeterValuePeriodic", sample="Sample.Periodic")

    def stopped(self, outlet: Outlet, transaction: Transaction, reason: str) -> None:
        stopped, trigger = STOPPED.get(reason, ("Other", "AbnormalCondition"))
        more: Payload = {"idToken": _token(transaction.id_tag)} if stopped == "Local" else {}
        self._event(outlet, transaction, "Ended", trigger, more, sample="Transaction.End", stopped=stopped)

    async def firmware(self, status: str, request: int | None) -> None:
        named = {"requestId": request} if request is not None else {}
        await self._call("FirmwareStatusNotification", {"status": status, **named})

    async def log(self, status: str, request: int | None) -> None:
        named = {"requestId": request} if request is not None else {}
        await self._call("LogStatusNotification", {"status": status, **named})

    async def answer(self, action: str, payload: Payload) -> Payload:
        """KeyError for what this station does not know."""
        return HEARD[action](self._station, payload)

    def _event(
        self, outlet: Outlet, transaction: Transaction, kind: str, trigger: str, more: Payload | None = None,
        *, sample: str = "Transaction.Begin", stopped: str = "",
    ) -> None:  # fmt: skip
        info: Payload = {"transactionId": transaction.id, "chargingState": transaction.state or "Charging"}
        if stopped:
            info |= {"stoppedReason": stopped, "chargingState": "Idle"}
        if transaction.remote_start_id is not None and kind == "Started":
            info["remoteStartId"] = transaction.remote_start_id
        payload = {
            "eventType": kind, "timestamp": now(), "triggerReason": trigger, "seqNo": transaction.seq,
            "offline": not self._station.link.connected, "transactionInfo": info,
            "evse": {"id": outlet.number, "connectorId": 1},
            "meterValue": [{"timestamp": now(), "sampledValue": sampled_values(outlet, sample)}], **(more or {}),
        }  # fmt: skip
        transaction.seq += 1

        def judged(answer: Payload) -> None:
            status = answer.get("idTokenInfo", {}).get("status", "Accepted")
            if status != "Accepted" and outlet.transaction is transaction:
                self._station.stop(outlet, "DeAuthorized")

        self._keep(Kept("TransactionEvent", lambda: payload, judged))


def sampled_values(outlet: Outlet, context: str) -> list[Payload]:
    """What the outlet measures now."""
    figures = (
        ("Energy.Active.Import.Register", "Wh", outlet.register_wh),
        ("Power.Active.Import", "W", outlet.power_w),
        ("Current.Import", "A", outlet.current_ma / 1000),
        ("Voltage", "V", VOLTS),
    )
    return [
        {"measurand": name, "unitOfMeasure": {"unit": unit}, "value": value, "context": context}
        for name, unit, value in figures
    ]


def _token(id_tag: str) -> Payload:
    """A remote start brings the platform's own token back; cards are ISO 14443."""
    return {"idToken": id_tag, "type": "Central" if id_tag.startswith("WL") else "ISO14443"}


def _word(yes: bool) -> Payload:
    return {"status": "Accepted" if yes else "Rejected"}


def _name(data: Payload) -> str:
    parts = (data["component"]["name"], data["variable"]["name"], data["variable"].get("instance"))
    return ".".join(part for part in parts if part)


def _get_variables(station: Station, payload: Payload) -> Payload:
    return {"getVariableResult": [_got(station, data) for data in payload["getVariableData"]]}


def _got(station: Station, data: Payload) -> Payload:
    setting, where = station.settings.get(_name(data)), {"component": data["component"], "variable": data["variable"]}
    if setting is None:
        known = any(name.startswith(data["component"]["name"] + ".") for name in SETTINGS)
        return {"attributeStatus": "UnknownVariable" if known else "UnknownComponent", **where}
    if _name(data) == SECRET:
        return {"attributeStatus": "Rejected", **where}
    return {"attributeStatus": "Accepted", "attributeValue": setting.value, **where}


def _set_variables(station: Station, payload: Payload) -> Payload:
    return {"setVariableResult": [_set(station, data) for data in payload["setVariableData"]]}


def _set(station: Station, data: Payload) -> Payload:
    setting, where = station.settings.get(_name(data)), {"component": data["component"], "variable": data["variable"]}
    if setting is None:
        return {"attributeStatus": "UnknownVariable", **where}
    value = data["attributeValue"]
    if setting.readonly or (setting.value.isdecimal() and not value.isdecimal()):
        return {"attributeStatus": "Rejected", **where}
    setting.value = value
    if _name(data) == SECRET:
        station.link.password = value
    return {"attributeStatus": "Accepted", **where}


def _report(station: Station, payload: Payload) -> Payload:
    station.later(_notify(station, payload["requestId"]))
    return {"status": "Accepted"}


async def _notify(station: Station, request: int) -> None:
    """The device model in parts of ten variables."""
    names = [name for name in SETTINGS if name != SECRET]
    for number, at in enumerate(range(0, len(names), 10)):
        part = [_reported(station, name) for name in names[at : at + 10]]
        await station.link.call("NotifyReport", {
            "requestId": request, "generatedAt": now(), "seqNo": number, "tbc": at + 10 < len(names),
            "reportData": part,
        })  # fmt: skip


def _reported(station: Station, name: str) -> Payload:
    component, variable, *instance = name.split(".")
    setting = station.settings[name]
    kind = "boolean" if setting.value in ("true", "false") else "integer" if setting.value.isdecimal() else "string"
    return {
        "component": {"name": component},
        "variable": {"name": variable, **({"instance": instance[0]} if instance else {})},
        "variableAttribute": [{"value": setting.value, "mutability": "ReadOnly" if setting.readonly else "ReadWrite"}],
        "variableCharacteristics": {"dataType": kind, "supportsMonitoring": False},
    }


def _start(station: Station, payload: Payload) -> Payload:
    evse = payload.get("evseId")
    if "chargingProfile" in payload and evse:
        put_profile(station, limits.of_201(evse, payload["chargingProfile"]))
    return _word(station.remote_start(evse, payload["idToken"]["idToken"], payload["remoteStartId"]))


def _reset(station: Station, payload: Payload) -> Payload:
    station.reset(payload["type"] == "Immediate")
    return {"status": "Accepted"}


def _unlock(station: Station, payload: Payload) -> Payload:
    here = station.outlets.get(payload["evseId"])
    if here is None or payload["connectorId"] != 1:
        return {"status": "UnknownConnector"}
    return {"status": "OngoingAuthorizedTransaction" if here.transaction else "Unlocked"}


def _availability(station: Station, payload: Payload) -> Payload:
    evse = payload["evse"]["id"] if "evse" in payload else None
    return {"status": station.availability(evse, payload["operationalStatus"] == "Operative")}


def _reserve(station: Station, payload: Payload) -> Payload:
    until = datetime.fromisoformat(payload["expiryDateTime"]).timestamp()
    parent = payload.get("groupIdToken", {}).get("idToken", "")
    said = station.reserve(payload.get("evseId"), payload["id"], payload["idToken"]["idToken"], parent, until)
    return {"status": said if said in ("Accepted", "Faulted", "Occupied", "Unavailable") else "Rejected"}


def _send_local_list(station: Station, payload: Payload) -> Payload:
    if payload["updateType"] == "Differential" and payload["versionNumber"] <= station.list_version:
        return {"status": "VersionMismatch"}
    if payload["updateType"] == "Full":
        station.local_list.clear()
    for entry in payload.get("localAuthorizationList", []):
        tag = entry["idToken"]["idToken"].casefold()
        if "idTokenInfo" in entry:
            station.local_list[tag] = entry["idTokenInfo"]
        else:
            station.local_list.pop(tag, None)
    station.list_version = payload["versionNumber"]
    return {"status": "Accepted"}


def _set_profile(station: Station, payload: Payload) -> Payload:
    profile = limits.of_201(payload["evseId"], payload["chargingProfile"])
    here = station.outlets.get(payload["evseId"])
    if profile.purpose == "TxProfile" and (here is None or here.transaction is None):
        return {"status": "Rejected", "statusInfo": {"reasonCode": "TxNotFound"}}
    put_profile(station, profile)
    return {"status": "Accepted"}


def _clear_profile(station: Station, payload: Payload) -> Payload:
    wish = payload.get("chargingProfileCriteria", {})

    def wanted(profile: limits.Profile) -> bool:
        if "chargingProfileId" in payload:
            return profile.id == payload["chargingProfileId"]
        pairs = (("evseId", profile.evse), ("chargingProfilePurpose", profile.purpose), ("stackLevel", profile.stack))
        return all(wish.get(name, value) == value for name, value in pairs)

    return {"status": "Accepted" if clear_profiles(station, wanted) else "Unknown"}


def _get_profiles(station: Station, payload: Payload) -> Payload:
    chosen = [p for p in station.profiles.values() if payload.get("evseId", p.evse) == p.evse]
    if not chosen:
        return {"status": "NoProfiles"}
    station.later(_report_profiles(station, payload["requestId"], chosen))
    return {"status": "Accepted"}


async def _report_profiles(station: Station, request: int, chosen: list[limits.Profile]) -> None:
    for left, profile in zip(range(len(chosen) - 1, -1, -1), chosen, strict=True):
        await station.link.call("ReportChargingProfiles", {
            "requestId": request, "chargingLimitSource": "CSO", "evseId": profile.evse, "tbc": left > 0,
            "chargingProfile": [profile.raw],
        })  # fmt: skip


def _composite(station: Station, payload: Payload) -> Payload:
    here = station.outlets.get(payload["evseId"])
    if here is None:
        return {"status": "Rejected"}
    limit = station.limit_ma(here)
    period = {"startPeriod": 0, "limit": (here.most_ma if limit is None else limit) / 1000}
    schedule = {
        "evseId": here.number, "duration": payload["duration"], "scheduleStart": now(), "chargingRateUnit": "A",
        "chargingSchedulePeriod": [period],
    }  # fmt: skip
    return {"status": "Accepted", "schedule": schedule}


def _trigger(station: Station, payload: Payload) -> Payload:
    voice, number = station.voice, payload.get("evse", {}).get("id")
    chosen = [o for o in station.outlets.values() if number in (None, 0, o.number)]
    work = {
        "BootNotification": lambda: [voice.boot("Triggered")],
        "Heartbeat": lambda: [voice.heartbeat()],
        "StatusNotification": lambda: [voice.status(o, o.status()) for o in chosen],
        "MeterValues": lambda: [_meter_now(station, o) for o in chosen],
        "FirmwareStatusNotification": lambda: [voice.firmware("Idle", None)],
        "LogStatusNotification": lambda: [voice.log("Idle", None)],
    }.get(payload["requestedMessage"])
    if work is None:
        return {"status": "NotImplemented"}
    for one in work():
        station.later(soon(one))
    return {"status": "Accepted"}


async def _meter_now(station: Station, outlet: Outlet) -> None:
    values = [{"timestamp": now(), "sampledValue": sampled_values(outlet, "Trigger")}]
    await station.link.call("MeterValues", {"evseId": outlet.number, "meterValue": values})


def _update(station: Station, payload: Payload) -> Payload:
    firmware = payload["firmware"]
    delay = datetime.fromisoformat(firmware["retrieveDateTime"]).timestamp() - datetime.now(UTC).timestamp()
    station.later(station.update(firmware["location"], payload["requestId"], delay))
    return {"status": "Accepted"}


def _get_log(station: Station, payload: Payload) -> Payload:
    station.later(station.upload(payload["log"]["remoteLocation"], payload["requestId"]))
    return {"status": "Accepted", "filename": f"{station.row.station}.log"}


def _transaction_status(station: Station, payload: Payload) -> Payload:
    named = payload.get("transactionId")
    running = {here.transaction.id for here in station.outlets.values() if here.transaction}
    return {"messagesInQueue": station.link.waiting > 0, **({"ongoingIndicator": named in running} if named else {})}


HEARD: dict[str, Any] = {
    "CancelReservation": lambda s, p: _word(s.cancel_reservation(p["reservationId"])),
    "ChangeAvailability": _availability,
    "ClearCache": lambda _s, _p: _word(True),
    "ClearChargingProfile": _clear_profile,
    "DataTransfer": lambda _s, _p: {"status": "UnknownVendorId"},
    "GetBaseReport": _report,
    "GetChargingProfiles": _get_profiles,
    "GetCompositeSchedule": _composite,
    "GetInstalledCertificateIds": lambda _s, _p: {"status": "NotFound"},
    "GetLocalListVersion": lambda s, _p: {"versionNumber": s.list_version},
    "GetLog": _get_log,
    "GetReport": _report,
    "GetTransactionStatus": _transaction_status,
    "GetVariables": _get_variables,
    "RequestStartTransaction": _start,
    "RequestStopTransaction": lambda s, p: _word(s.remote_stop(p["transactionId"])),
    "ReserveNow": _reserve,
    "Reset": _reset,
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _set_profile,
    "SetVariables": _set_variables,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
    "UpdateFirmware": _update,
}

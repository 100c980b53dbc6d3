"""The station's voice in OCPP 1.6J."""

import asyncio
from datetime import UTC, datetime
from typing import Any

from . import limits
from .link import Kept
from .outlet import VOLTS, Outlet, Transaction
from .station import Setting, Station, clear_profiles, put_profile

Payload = dict[str, Any]
SETTINGS = {
    "AllowOfflineTxForUnknownId": ("false", False),
    "AuthorizationKey": ("", False),
    "AuthorizeRemoteTxRequests": ("false", False),
    "ChargeProfileMaxStackLevel": ("8", True),
    "ChargingScheduleAllowedChargingRateUnit": ("Current,Power", True),
    "ChargingScheduleMaxPeriods": ("24", True),
    "ConnectionTimeOut": ("60", False),
    "GetConfigurationMaxKeys": ("50", True),
    "HeartbeatInterval": ("60", False),
    "LocalAuthListEnabled": ("true", False),
    "LocalAuthListMaxLength": ("1000", True),
    "LocalAuthorizeOffline": ("true", False),
    "LocalPreAuthorize": ("false", False),
    "MaxChargingProfilesInstalled": ("20", True),
    "MeterValueSampleInterval": ("5", False),
    "MeterValuesSampledData": ("Energy.Active.Import.Register,Power.Active.Import,Current.Import,Voltage", False),
    "NumberOfConnectors": ("2", True),
    "SecurityProfile": ("1", False),
    "SendLocalListMaxLength": ("100", True),
    "SupportedFeatureProfiles": (
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger", True
    ),
}  # fmt: skip


def now() -> str:
    """The time as OCPP writes it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Voice16:
    """Says and hears OCPP 1.6."""

    def __init__(self, station: Station) -> None:
        self._station, self._call, self._keep = station, station.link.call, station.link.keep
        station.settings |= {name: Setting(value, readonly) for name, (value, readonly) in SETTINGS.items()}
        station.settings["NumberOfConnectors"].value = str(station.row.outlets)

    async def boot(self, reason: str) -> tuple[str, int]:
        row = self._station.row
        said = await self._call("BootNotification", {
            "chargePointVendor": row.vendor, "chargePointModel": row.model, "firmwareVersion": self._station.firmware,
            "chargePointSerialNumber": row.serial_number or row.station,
        })  # fmt: skip
        if said["status"] == "Accepted":
            self._station.settings["HeartbeatInterval"].value = str(said["interval"])
        return said["status"], said["interval"]

    async def heartbeat(self) -> None:
        await self._call("Heartbeat", {})

    async def status(self, outlet: Outlet, status: str) -> None:
        code = outlet.fault or "NoError"
        await self._call("StatusNotification", {
            "connectorId": outlet.number, "status": status, "errorCode": code, "timestamp": now()
        })  # fmt: skip

    async def authorize(self, id_tag: str) -> bool:
        said = await self._call("Authorize", {"idTag": id_tag})
        return bool(said["idTagInfo"]["status"] == "Accepted")

    def started(self, outlet: Outlet, transaction: Transaction, _reason: str) -> None:
        payload = {
            "connectorId": outlet.number, "idTag": transaction.id_tag, "meterStart": transaction.meter_start_wh,
            "timestamp": now(),
        }  # fmt: skip
        if transaction.reservation is not None:
            payload["reservationId"] = transaction.reservation

        def named(answer: Payload) -> None:
            transaction.id = str(answer["transactionId"])
            if answer["idTagInfo"]["status"] != "Accepted" and outlet.transaction is transaction:
                self._station.stop(outlet, "DeAuthorized")

        self._keep(Kept("StartTransaction", lambda: payload, named))

    def sampled(self, outlet: Outlet, transaction: Transaction) -> None:
        values = {"timestamp": now(), "sampledValue": sampled_values(outlet)}
        self._keep(Kept("MeterValues", lambda: {
            "connectorId": outlet.number, "transactionId": int(transaction.id or 0), "meterValue": [values]
        }))  # fmt: skip

    def stopped(self, outlet: Outlet, transaction: Transaction, reason: str) -> None:
        payload = {"meterStop": outlet.register_wh, "timestamp": now(), "reason": reason, "idTag": transaction.id_tag}
        if reason != "Local":
            del payload["idTag"]
        self._keep(Kept("StopTransaction", lambda: {**payload, "transactionId": int(transaction.id or 0)}))

    async def firmware(self, status: str, _request: int | None) -> None:
        await self._call("FirmwareStatusNotification", {"status": status})

    async def log(self, status: str, request: int | None) -> None:
        if request is None:
            word = status.replace("UploadFailure", "UploadFailed")
            await self._call("DiagnosticsStatusNotification", {"status": word})
        else:
            await self._call("LogStatusNotification", {"status": status, "requestId": request})

    async def answer(self, action: str, payload: Payload) -> Payload:
        """KeyError for what this station does not know."""
        return HEARD[action](self._station, payload)


def sampled_values(outlet: Outlet) -> list[Payload]:
    """What the outlet measures now."""
    figures = (
        ("Energy.Active.Import.Register", "Wh", str(outlet.register_wh)),
        ("Power.Active.Import", "W", str(outlet.power_w)),
        ("Current.Import", "A", f"{outlet.current_ma / 1000:.1f}"),
        ("Voltage", "V", str(VOLTS)),
    )
    return [{"measurand": name, "unit": unit, "value": value} for name, unit, value in figures]


def _word(yes: bool) -> Payload:
    return {"status": "Accepted" if yes else "Rejected"}


def _remote_start(station: Station, payload: Payload) -> Payload:
    if "chargingProfile" in payload and "connectorId" in payload:
        put_profile(station, limits.of_16(payload["connectorId"], payload["chargingProfile"]))
    return _word(station.remote_start(payload.get("connectorId"), payload["idTag"]))


def _reset(station: Station, payload: Payload) -> Payload:
    station.reset(payload["type"] == "Hard")
    return _word(True)


def _unlock(station: Station, payload: Payload) -> Payload:
    here = station.outlets.get(payload["connectorId"])
    if here is None:
        return {"status": "NotSupported"}
    if here.transaction:
        station.stop(here, "UnlockCommand")
    return {"status": "Unlocked"}


def _get_configuration(station: Station, payload: Payload) -> Payload:
    wanted = payload.get("key") or list(station.settings)
    known = [name for name in wanted if name in station.settings and name != "AuthorizationKey"]
    settings = [(name, station.settings[name]) for name in known]
    return {
        "configurationKey": [{"key": name, "readonly": one.readonly, "value": one.value} for name, one in settings],
        "unknownKey": [name for name in wanted if name not in station.settings],
    }


def _change_configuration(station: Station, payload: Payload) -> Payload:
    setting = station.settings.get(payload["key"])
    if setting is None:
        return {"status": "NotSupported"}
    if setting.readonly or (setting.value.isdecimal() and not payload["value"].isdecimal()):
        return {"status": "Rejected"}
    setting.value = payload["value"]
    if payload["key"] == "AuthorizationKey":
        station.link.password = key_of(payload["value"])
    return {"status": "Accepted"}


def key_of(value: str) -> str:
    """The password behind an AuthorizationKey, which operators write in hexadecimal."""
    try:
        return bytes.fromhex(value).decode()
    except ValueError:
        return value


def _send_local_list(station: Station, payload: Payload) -> Payload:
    entries = payload.get("localAuthorizationList", [])
    if payload["updateType"] == "Differential" and payload["listVersion"] <= station.list_version:
        return {"status": "VersionMismatch"}
    if payload["updateType"] == "Full":
        station.local_list.clear()
    for entry in entries:
        if "idTagInfo" in entry:
            station.local_list[entry["idTag"].casefold()] = entry["idTagInfo"]
        else:
            station.local_list.pop(entry["idTag"].casefold(), None)
    station.list_version = payload["listVersion"]
    return {"status": "Accepted"}


def _set_profile(station: Station, payload: Payload) -> Payload:
    profile = limits.of_16(payload["connectorId"], payload["csChargingProfiles"])
    here = station.outlets.get(payload["connectorId"])
    if profile.purpose == "TxProfile" and (here is None or here.transaction is None):
        return {"status": "Rejected"}
    put_profile(station, profile)
    return {"status": "Accepted"}


def _clear_profile(station: Station, payload: Payload) -> Payload:
    def wanted(profile: limits.Profile) -> bool:
        pairs = (("id", profile.id), ("connectorId", profile.evse), ("chargingProfilePurpose", profile.purpose),
                 ("stackLevel", profile.stack))  # fmt: skip
        return all(payload.get(name, value) == value for name, value in pairs)

    return {"status": "Accepted" if clear_profiles(station, wanted) else "Unknown"}


def _composite(station: Station, payload: Payload) -> Payload:
    here = station.outlets.get(payload["connectorId"])
    if here is None:
        return {"status": "Rejected"}
    limit = station.limit_ma(here)
    period = {"startPeriod": 0, "limit": (here.most_ma if limit is None else limit) / 1000}
    schedule = {"chargingRateUnit": "A", "duration": payload["duration"], "chargingSchedulePeriod": [period]}
    return {"status": "Accepted", "connectorId": here.number, "scheduleStart": now(), "chargingSchedule": schedule}


def _trigger(station: Station, payload: Payload) -> Payload:
    voice, number = station.voice, payload.get("connectorId")
    chosen = [o for o in station.outlets.values() if number in (None, 0, o.number)]
    work = {
        "BootNotification": lambda: [voice.boot("Triggered")],
        "Heartbeat": lambda: [voice.heartbeat()],
        "StatusNotification": lambda: [voice.status(o, o.status()) for o in chosen],
        "MeterValues": lambda: [_meter_now(station, o) for o in chosen],
        "FirmwareStatusNotification": lambda: [voice.firmware("Idle", None)],
        "DiagnosticsStatusNotification": lambda: [voice.log("Idle", None)],
        "LogStatusNotification": lambda: [voice.log("Idle", 0)],
    }.get(payload["requestedMessage"])
    if work is None:
        return {"status": "NotImplemented"}
    for one in work():
        station.later(soon(one))
    return {"status": "Accepted"}


async def soon(work: Any) -> None:
    """After the answer that is being given."""
    await asyncio.sleep(0.1)
    await work


async def _meter_now(station: Station, outlet: Outlet) -> None:
    values = [{"timestamp": now(), "sampledValue": sampled_values(outlet)}]
    await station.link.call("MeterValues", {"connectorId": outlet.number, "meterValue": values})


def _reserve(station: Station, payload: Payload) -> Payload:
    until = datetime.fromisoformat(payload["expiryDate"]).timestamp()
    said = station.reserve(
        payload["connectorId"], payload["reservationId"], payload["idTag"], payload.get("parentIdTag", ""), until
    )
    return {"status": said if said in ("Accepted", "Faulted", "Occupied", "Unavailable") else "Rejected"}


def _update(station: Station, payload: Payload) -> Payload:
    delay = datetime.fromisoformat(payload["retrieveDate"]).timestamp() - datetime.now(UTC).timestamp()
    station.later(station.update(payload["location"], None, delay))
    return {}


def _diagnostics(station: Station, payload: Payload) -> Payload:
    station.later(station.upload(payload["location"], None))
    return {"fileName": f"{station.row.station}.log"}


def _get_log(station: Station, payload: Payload) -> Payload:
    station.later(station.upload(payload["log"]["remoteLocation"], payload["requestId"]))
    return {"status": "Accepted", "filename": f"{station.row.station}.log"}


HEARD: dict[str, Any] = {
    "CancelReservation": lambda s, p: _word(s.cancel_reservation(p["reservationId"])),
    "ChangeAvailability": lambda s, p: {"status": s.availability(p["connectorId"], p["type"] == "Operative")},
    "ChangeConfiguration": _change_configuration,
    "ClearCache": lambda _s, _p: _word(True),
    "ClearChargingProfile": _clear_profile,
    "DataTransfer": lambda _s, _p: {"status": "UnknownVendorId"},
    "ExtendedTriggerMessage": _trigger,
    "GetCompositeSchedule": _composite,
    "GetConfiguration": _get_configuration,
    "GetDiagnostics": _diagnostics,
    "GetLocalListVersion": lambda s, _p: {"listVersion": s.list_version},
    "GetLog": _get_log,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": lambda s, p: _word(s.remote_stop(str(p["transactionId"]))),
    "ReserveNow": _reserve,
    "Reset": _reset,
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _set_profile,
    "TriggerMessage": _trigger,
    "UnlockConnector": _unlock,
    "UpdateFirmware": _update,
}

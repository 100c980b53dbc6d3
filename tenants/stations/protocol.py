"""The standard's own words: which calls a central system may make, and what their payloads must look like. Pure.

The JSON schemas are those of the `ocpp` package. The gateway judges once more, with rules that no schema can say.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs

from .errors import BrokenPayload, UnknownAction

VERSIONS: Mapping[str, str] = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1"}  # of the sub-protocol
_FOLDERS = {"1.6": "v16", "2.0.1": "v201"}
_SUFFIX = {"1.6": "", "2.0.1": "Request"}

# What the central system may ask: core, firmware, local list, reservation, smart charging, trigger, security.
CALLS: Mapping[str, tuple[str, ...]] = {
    "1.6": (
        "CancelReservation", "CertificateSigned", "ChangeAvailability", "ChangeConfiguration", "ClearCache",
        "ClearChargingProfile", "DataTransfer", "DeleteCertificate", "ExtendedTriggerMessage", "GetCompositeSchedule",
        "GetConfiguration", "GetDiagnostics", "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog",
        "InstallCertificate", "RemoteStartTransaction", "RemoteStopTransaction", "ReserveNow", "Reset",
        "SendLocalList", "SetChargingProfile", "SignedUpdateFirmware", "TriggerMessage", "UnlockConnector",
        "UpdateFirmware",
    ),
    "2.0.1": (
        "CancelReservation", "CertificateSigned", "ChangeAvailability", "ClearCache", "ClearChargingProfile",
        "ClearDisplayMessage", "ClearVariableMonitoring", "CostUpdated", "CustomerInformation", "DataTransfer",
        "DeleteCertificate", "GetBaseReport", "GetChargingProfiles", "GetCompositeSchedule", "GetDisplayMessages",
        "GetInstalledCertificateIds", "GetLocalListVersion", "GetLog", "GetMonitoringReport", "GetReport",
        "GetTransactionStatus", "GetVariables", "InstallCertificate", "PublishFirmware", "RequestStartTransaction",
        "RequestStopTransaction", "ReserveNow", "Reset", "SendLocalList", "SetChargingProfile", "SetDisplayMessage",
        "SetMonitoringBase", "SetMonitoringLevel", "SetNetworkProfile", "SetVariableMonitoring", "SetVariables",
        "TriggerMessage", "UnlockConnector", "UnpublishFirmware", "UpdateFirmware",
    ),
}  # fmt: skip

# What a station may tell besides boot, status, tokens, meters and transactions, which have ways of their own.
TOLD: Mapping[str, tuple[str, ...]] = {
    "1.6": (
        "DataTransfer", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "LogStatusNotification",
        "SecurityEventNotification", "SignCertificate", "SignedFirmwareStatusNotification",
    ),
    "2.0.1": (
        "ClearedChargingLimit", "DataTransfer", "FirmwareStatusNotification", "Get15118EVCertificate",
        "GetCertificateStatus", "LogStatusNotification", "NotifyChargingLimit", "NotifyCustomerInformation",
        "NotifyDisplayMessages", "NotifyEVChargingNeeds", "NotifyEVChargingSchedule", "NotifyEvent",
        "NotifyMonitoringReport", "NotifyReport", "PublishFirmwareStatusNotification", "ReportChargingProfiles",
        "ReservationStatusUpdate", "SecurityEventNotification", "SignCertificate",
    ),
}  # fmt: skip


def version_of(protocol: str) -> str:
    """1.6 or 2.0.1; of a station that has not said it yet, the older."""
    return VERSIONS.get(protocol, "1.6")


def check(protocol: str, action: str, payload: Mapping[str, Any]) -> None:
    """Raises UnknownAction (details: the actions there are) or BrokenPayload (details: path and rule)."""
    version = version_of(protocol)
    if action not in CALLS[version]:
        raise UnknownAction(f"OCPP {version} has no call {action[:50]} to a station.", actions=list(CALLS[version]))
    judge = _validator(version, f"{action}{_SUFFIX[version]}")
    if judge.is_valid(payload):
        return
    wrong = next(iter(judge.iter_errors(payload)))
    path = "/" + "/".join(str(part) for part in wrong.instance_path)
    raise BrokenPayload(wrong.message[:300], path=path[:200], rule=str(wrong.schema_path[-1]))


@cache
def schema(version: str, name: str) -> dict[str, Any]:
    """The schema as published; `name` is that of the file, such as ResetRequest."""
    text = (files("ocpp") / _FOLDERS[version] / "schemas" / f"{name}.json").read_text(encoding="utf-8-sig")
    found: dict[str, Any] = json.loads(text)
    return found


def request_schema(protocol: str, action: str) -> dict[str, Any]:
    """The schema of a call's payload."""
    version = version_of(protocol)
    return schema(version, f"{action}{_SUFFIX[version]}")


@cache
def _validator(version: str, name: str) -> Any:
    return jsonschema_rs.validator_for(schema(version, name), validate_formats=True, ignore_unknown_formats=True)

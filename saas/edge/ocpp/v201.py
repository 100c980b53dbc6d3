"""OCPP 2.0.1: messages of a station to facts, questions and answers; commands to calls. Pure.

`translate` expects a payload that passed `schemas.check_request("2.0.1", …)` (whole numbers may still be written
`3.0`), or one that `typed.read` made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command

from . import common, typed
from .common import Telling, field
from .facts import instant_ms, number
from .meter import reading_201
from .station import (
    CannotTranslate,
    Handler,
    OutCall,
    Plan,
    State,
    nothing,
    status_in,
    tag_of,
    transaction_of,
)
from .v201_transactions import id_token_info, transaction_event

VERSION = "2.0.1"
SUBPROTOCOL = "ocpp2.0.1"
Payload = dict[str, Any]


def translate(action: str, payload: Payload, state: State, now_ms: int) -> Plan:
    """What follows from a station's call. KeyError for an action that no station sends: see ACTIONS."""
    if type(payload) is dict and action in typed.ACTIONS[VERSION]:
        payload = typed.converted(VERSION, action, payload)
    return _HANDLERS[action](payload, state, now_ms)


def calls(command: Command, state: State) -> list[OutCall]:
    """The calls that carry out a command. Raises CannotTranslate; an empty list means there is nothing to do."""
    if command.type not in _COMMANDS:
        raise CannotTranslate(wire.REFUSE_COMMAND)
    return _COMMANDS[command.type](command, state)


def _boot(payload: Payload, state: State, now_ms: int) -> Plan:
    station = payload["chargingStation"]
    question = rpc.Boot(
        device=state.device,
        protocol=SUBPROTOCOL,
        vendor=station["vendorName"],
        model=station["model"],
        serial_number=station.get("serialNumber", ""),
        firmware=station.get("firmwareVersion", ""),
        reason=payload["reason"],
    )
    return common.boot(state, question, payload, now_ms)


def _status(payload: Payload, state: State, _now_ms: int) -> Plan:
    report = rpc.StatusReport(
        device=state.device,
        evse=int(payload["evseId"]),
        connector=int(payload["connectorId"]),
        status=payload["connectorStatus"],
        ts_ms=instant_ms(payload["timestamp"]),
        error_code="OtherError" if payload["connectorStatus"] == "Faulted" else "NoError",
    )
    return common.status_changed(state, report, payload)


def _authorize(payload: Payload, state: State, _now_ms: int) -> Plan:
    question = rpc.Authorise(
        device=state.device,
        id_tag=payload["idToken"]["idToken"],
        kind=payload["idToken"]["type"],
        certificate=payload.get("certificate", ""),
        hashes=payload.get("iso15118CertificateHashData", []),
    )
    return Plan(state=state, question=question, answer=_authorized)


def _authorized(result: rpc.Authorised) -> Payload:
    answer: Payload = {"idTokenInfo": id_token_info(result)}
    if result.certificate is not None:
        answer["certificateStatus"] = result.certificate
    return answer


def _meter_values(payload: Any, state: State, _now_ms: int) -> Plan:
    """They belong to the transaction that runs at the EVSE; their names do not change with it."""
    evse = payload.evseId
    numbers = common.meter_stream(state.device, evse, None)
    session = state.transaction_at(evse)
    facts = common.samples(state, evse, session, payload.meterValue, numbers=numbers, reading=reading_201)
    return Plan(state=state.with_register(evse, common.register_of(facts)), facts=facts, answer=nothing)


def _first_event(payload: Payload) -> str:
    """Device model monitoring: the notice names the first variable and its value."""
    first = payload["eventData"][0]
    return f"{first['component']['name']}.{first['variable']['name']}={first['actualValue']}"


# Those with an answer of their own here may be answered while nobody is there to hear them: statuses are stored as
# facts, requests are turned down. Of reports and security events no part may be lost.
_TOLD: tuple[Telling, ...] = (
    Telling("ClearedChargingLimit", field("chargingLimitSource"), {}),
    Telling("DataTransfer", field("vendorId"), {"status": "Rejected"}),
    Telling("FirmwareStatusNotification", field("status"), {}),
    Telling("Get15118EVCertificate", field("action"), {"status": "Failed", "exiResponse": ""}),
    Telling("GetCertificateStatus", field(), {"status": "Failed"}),
    Telling("LogStatusNotification", field("status"), {}),
    Telling("NotifyChargingLimit", field("chargingLimit", "chargingLimitSource"), {}),
    Telling("NotifyCustomerInformation", field("requestId")),
    Telling("NotifyDisplayMessages", field("requestId")),
    Telling("NotifyEVChargingNeeds", field("evseId"), {"status": "Rejected"}),
    Telling("NotifyEVChargingSchedule", field("evseId"), {"status": "Accepted"}),
    Telling("NotifyEvent", _first_event),
    Telling("NotifyMonitoringReport", field("requestId")),
    Telling("NotifyReport", field("requestId")),
    Telling("PublishFirmwareStatusNotification", field("status"), {}),
    Telling("ReportChargingProfiles", field("requestId")),
    Telling("ReservationStatusUpdate", field("reservationUpdateStatus")),
    Telling("SecurityEventNotification", field("type")),
    Telling("SignCertificate", field("certificateType"), {"status": "Rejected"}),
)
_HANDLERS: Mapping[str, Handler] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "Heartbeat": common.heartbeat,
    "MeterValues": _meter_values,
    "StatusNotification": _status,
    "TransactionEvent": transaction_event,
    **{what.action: common.telling(VERSION, what) for what in _TOLD},
}
ACTIONS = frozenset(_HANDLERS)


def _activate(command: Command, _state: State) -> list[OutCall]:
    request = {
        "remoteStartId": number("remoteStartId", command.id, bits=31),
        "idToken": {"idToken": tag_of(command), "type": "Central"},
        "evseId": command.evse,
    }
    return [OutCall("RequestStartTransaction", request)]


def _stop(command: Command, state: State) -> list[OutCall]:
    return [OutCall("RequestStopTransaction", {"transactionId": transaction_of(command, state)})]


def _unlock(command: Command, _state: State) -> list[OutCall]:
    connector = int((command.data or {}).get("connector", 1))
    request = {"evseId": command.evse, "connectorId": connector}
    return [OutCall("UnlockConnector", request, status_in("Unlocked"))]


def _limit(command: Command, _state: State) -> list[OutCall]:
    schedule = {
        "id": command.evse + 1,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": (command.current_ma or 0) / 1000}],
    }
    profile = {
        "id": command.evse + 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": [schedule],
    }
    return [OutCall("SetChargingProfile", {"evseId": command.evse, "chargingProfile": profile})]


def _config(command: Command, _state: State) -> list[OutCall]:
    """Keys of `data` are `Component.Variable`."""
    wanted = [(key.partition("."), str(value)) for key, value in (command.data or {}).items()]
    if not wanted or not all(variable for (_, _, variable), _ in wanted):
        raise CannotTranslate(wire.REFUSE_FORMAT)
    data = [
        {"component": {"name": component}, "variable": {"name": variable}, "attributeValue": value}
        for (component, _, variable), value in wanted
    ]
    return [OutCall("SetVariables", {"setVariableData": data}, _first_refused)]


def _first_refused(payload: Payload) -> str | None:
    statuses = (str(result["attributeStatus"]) for result in payload["setVariableResult"])
    return next((status for status in statuses if status not in ("Accepted", "RebootRequired")), None)


_COMMANDS: Mapping[str, Callable[[Command, State], list[OutCall]]] = {
    wire.CMD_PERMIT: lambda _command, _state: [],  # the platform enforces it: a station has no permits
    wire.CMD_ACTIVATE: _activate,
    wire.CMD_STOP: _stop,
    wire.CMD_LIMIT: _limit,
    wire.CMD_UNLOCK: _unlock,
    wire.CMD_CONFIG: _config,
}

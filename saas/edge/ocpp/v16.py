"""OCPP 1.6J: messages of a station to facts, questions and answers; commands to calls. Pure.

`translate` expects a payload that passed `schemas.check_request("1.6", …)`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, Event

from . import common
from .facts import evse_of, instant_ms, of_turn, stamped, transaction_id
from .meter import samples_16
from .station import (
    CannotTranslate,
    Handler,
    OutCall,
    Plan,
    Running,
    State,
    Wait,
    nothing,
    status_in,
    tag_of,
    transaction_of,
)

VERSION = "1.6"
SUBPROTOCOL = "ocpp1.6"
Payload = dict[str, Any]


def translate(action: str, payload: Payload, state: State, now_ms: int) -> Plan:
    """What follows from a station's call. KeyError for an action that no station sends: see ACTIONS."""
    return _HANDLERS[action](payload, state, now_ms)


def calls(command: Command, state: State) -> list[OutCall]:
    """The calls that carry out a command. Raises CannotTranslate; an empty list means there is nothing to do."""
    if command.type not in _COMMANDS:
        raise CannotTranslate(wire.REFUSE_COMMAND)
    return _COMMANDS[command.type](command, state)


def id_tag_info(result: rpc.Authorised) -> Payload:
    """IdTagInfo of an answer."""
    return common.token_info(result, group="parentIdTag", group_value=result.parent)


def _boot(payload: Payload, state: State, now_ms: int) -> Plan:
    question = rpc.Boot(
        device=state.device,
        protocol=SUBPROTOCOL,
        vendor=payload["chargePointVendor"],
        model=payload["chargePointModel"],
        serial_number=payload.get("chargePointSerialNumber") or payload.get("chargeBoxSerialNumber", ""),
        firmware=payload.get("firmwareVersion", ""),
    )
    return common.boot(state, question, payload, now_ms)


def _status(payload: Payload, state: State, now_ms: int) -> Plan:
    report = rpc.StatusReport(
        device=state.device,
        evse=payload["connectorId"],
        status=payload["status"],
        ts_ms=instant_ms(payload["timestamp"]) if "timestamp" in payload else now_ms,
        error_code=payload["errorCode"],
        info=payload.get("info") or payload.get("vendorErrorCode", ""),
    )
    return common.status_changed(state, report, payload)


def _authorize(payload: Payload, state: State, _now_ms: int) -> Plan:
    question = rpc.Authorise(device=state.device, id_tag=payload["idTag"])
    return Plan(state=state, question=question, answer=lambda result: {"idTagInfo": id_tag_info(result)})


def _start(payload: Payload, state: State, _now_ms: int) -> Plan:
    transaction, evse = transaction_id(state.device, payload), payload["connectorId"]
    numbers = of_turn(state.device, "StartTransaction", payload)
    started = Event(
        **stamped(numbers, instant_ms(payload["timestamp"]), evse),
        type=wire.EV_STARTED,
        session=str(transaction),
        energy_wh=payload["meterStart"],
        id_tag=payload["idTag"],
    )
    running = Running(evse, payload["idTag"], flowing=True)
    return Plan(
        state=state.with_register(evse, payload["meterStart"]).with_running(str(transaction), running),
        facts=(started,),
        question=rpc.Authorise(device=state.device, id_tag=payload["idTag"]),
        wait=Wait.COMMITTED,
        answer=lambda result: {"transactionId": transaction, "idTagInfo": id_tag_info(result)},
    )


def _stop(payload: Payload, state: State, _now_ms: int) -> Plan:
    session = _session(payload)
    running = state.running.get(session or "")
    evse = running.evse if running else evse_of(int(session or 0))
    reason = payload.get("reason", "Local")
    numbers = common.meter_stream(state.device, evse, session)
    samples = common.samples(state, evse, session, _entries(payload.get("transactionData", [])), numbers)
    stopped = Event(
        **stamped(of_turn(state.device, "StopTransaction", payload), instant_ms(payload["timestamp"]), evse),
        type=wire.EV_STOPPED,
        session=session,
        energy_wh=payload["meterStop"],
        reason=common.STOP_REASONS[reason],
        code=reason,
        id_tag=payload.get("idTag"),
    )
    after = state.with_register(evse, payload["meterStop"]) if running else state
    return Plan(
        state=after.without_running(session or ""),
        plain=samples,
        facts=(stopped,),
        question=rpc.Authorise(device=state.device, id_tag=payload["idTag"]) if "idTag" in payload else None,
        wait=Wait.COMMITTED,
        answer=lambda result: {"idTagInfo": id_tag_info(result)} if result else {},
    )


def _meter_values(payload: Payload, state: State, _now_ms: int) -> Plan:
    session, evse = _session(payload), payload["connectorId"]
    numbers = common.meter_stream(state.device, evse, session)
    facts = common.samples(state, evse, session, _entries(payload["meterValue"]), numbers)
    after = state.with_register(evse, common.register_of(facts))
    if session and session not in state.running:
        after = after.with_running(session, Running(evse, flowing=True))
    return Plan(state=after, facts=facts, answer=nothing)


def _entries(entries: list[Payload]) -> list[common.Entry]:
    return [
        common.Entry(instant_ms(entry["timestamp"]), entry["sampledValue"], samples_16(entry["sampledValue"]))
        for entry in entries
    ]


def _session(payload: Payload) -> str | None:
    """The transaction's name on the wire; None for the 0 and -1 of stations that never got an id."""
    given = payload.get("transactionId", 0)
    return str(given) if given > 0 else None


# Messages that are accepted and stored as a notice: action, the field that says most, the answer.
_NOTICES: tuple[tuple[str, str, Payload], ...] = (
    ("DataTransfer", "vendorId", {"status": "UnknownVendorId"}),
    ("DiagnosticsStatusNotification", "status", {}),
    ("FirmwareStatusNotification", "status", {}),
    ("LogStatusNotification", "status", {}),
    ("SecurityEventNotification", "type", {}),
    ("SignCertificate", "", {"status": "Rejected"}),
    ("SignedFirmwareStatusNotification", "status", {}),
)
_HANDLERS: Mapping[str, Handler] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "Heartbeat": common.heartbeat,
    "MeterValues": _meter_values,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
    **{notice[0]: common.noting(*notice) for notice in _NOTICES},
}
ACTIONS = frozenset(_HANDLERS)


def _activate(command: Command, _state: State) -> list[OutCall]:
    return [OutCall("RemoteStartTransaction", {"connectorId": command.evse, "idTag": tag_of(command)})]


def _stop_command(command: Command, state: State) -> list[OutCall]:
    transaction = transaction_of(command, state)
    if not transaction.isdecimal():
        raise CannotTranslate(wire.REFUSE_FORMAT)
    return [OutCall("RemoteStopTransaction", {"transactionId": int(transaction)})]


def _unlock(command: Command, _state: State) -> list[OutCall]:
    return [OutCall("UnlockConnector", {"connectorId": command.evse}, status_in("Unlocked"))]


def _limit(command: Command, _state: State) -> list[OutCall]:
    schedule = {
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [{"startPeriod": 0, "limit": (command.current_ma or 0) / 1000}],
    }
    profile = {
        "chargingProfileId": command.evse + 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": schedule,
    }
    return [OutCall("SetChargingProfile", {"connectorId": command.evse, "csChargingProfiles": profile})]


def _config(command: Command, _state: State) -> list[OutCall]:
    verdict = status_in("Accepted", "RebootRequired")
    pairs = (command.data or {}).items()
    return [OutCall("ChangeConfiguration", {"key": key, "value": str(value)}, verdict) for key, value in pairs]


_COMMANDS: Mapping[str, Callable[[Command, State], list[OutCall]]] = {
    wire.CMD_PERMIT: lambda _command, _state: [],  # the platform enforces it: a station has no permits
    wire.CMD_ACTIVATE: _activate,
    wire.CMD_STOP: _stop_command,
    wire.CMD_LIMIT: _limit,
    wire.CMD_UNLOCK: _unlock,
    wire.CMD_CONFIG: _config,
}

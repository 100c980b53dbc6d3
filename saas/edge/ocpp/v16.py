"""OCPP 1.6J: messages of a station to facts, questions and answers; commands to calls. Pure.

`translate` expects a payload that passed `schemas.check_request("1.6", …)`, or one that `typed.read` made.
"""

from collections.abc import Callable, Mapping
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, Event

from . import common, typed
from .common import Telling, field
from .facts import evse_of, instant_ms, number, of_turn, stamped, text_of, transaction_id
from .meter import reading_16
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
MAX_TAG = 20
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


# Words that 1.6 does not have.
_STATUS_16: Mapping[str, str] = {
    "Unknown": "Invalid",
    "NoCredit": "Blocked",
    "NotAllowedTypeEVSE": "Invalid",
    "NotAtThisLocation": "Invalid",
    "NotAtThisTime": "Invalid",
}


def id_tag_info(result: rpc.Authorised) -> Payload:
    """IdTagInfo of an answer, without empty fields. A group with a name too long for 1.6 is left out."""
    found: Payload = {"status": _STATUS_16.get(result.status, result.status)}
    if result.expires_ms is not None:
        found["expiryDate"] = text_of(result.expires_ms)
    if result.parent and len(result.parent) <= MAX_TAG:
        found["parentIdTag"] = result.parent
    return found


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
        info=", ".join(text for text in (payload.get("info"), payload.get("vendorErrorCode")) if text),
    )
    return common.status_changed(state, report, payload)


def _authorize(payload: Payload, state: State, _now_ms: int) -> Plan:
    question = rpc.Authorise(device=state.device, id_tag=payload["idTag"])
    return Plan(state=state, question=question, answer=lambda result: {"idTagInfo": id_tag_info(result)})


def _start(payload: Payload, state: State, _now_ms: int) -> Plan:
    transaction, evse = _numbered(payload, state), payload["connectorId"]
    numbers = of_turn(state.device, "StartTransaction", payload)
    started = Event(
        **stamped(numbers, instant_ms(payload["timestamp"]), evse),
        type=wire.EV_STARTED,
        session=str(transaction),
        energy_wh=payload["meterStart"],
        id_tag=payload["idTag"],
        reservation=payload.get("reservationId"),
    )
    running = Running(evse, payload["idTag"], flowing=True)
    after = state.with_start(transaction, _content(payload, state))
    return Plan(
        state=after.with_register(evse, payload["meterStart"]).with_running(str(transaction), running),
        facts=(started,),
        question=rpc.Authorise(
            device=state.device, id_tag=payload["idTag"], purpose="start", evse=evse, transaction=str(transaction)
        ),
        wait=Wait.COMMITTED,
        answer=lambda result: {"transactionId": transaction, "idTagInfo": id_tag_info(result)},
    )


def _numbered(payload: Payload, state: State) -> int:
    """The same id for the same start. Another one of the same second, as of a clock that stands still, gets its own."""
    usual = transaction_id(state.device, payload)
    content = _content(payload, state)
    if state.starts.get(usual, content) == content:
        return usual
    return transaction_id(state.device, payload, of_content=True)


def _content(payload: Payload, state: State) -> int:
    return number(state.device, payload)


def _stop(payload: Payload, state: State, _now_ms: int) -> Plan:
    session = _session(payload.get("transactionId"))
    running = state.running.get(session or "")
    evse = running.evse if running else evse_of(int(session or 0))
    reason = payload.get("reason", "Local")
    numbers = common.meter_stream(state.device, evse, session)
    values = typed.part(VERSION, "StopTransaction", "transactionData", payload.get("transactionData"))
    samples = common.samples(state, evse, session, values or (), numbers=numbers, reading=reading_16)
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
        question=_stopper(state, payload, evse, session) if "idTag" in payload else None,
        wait=Wait.COMMITTED,
        answer=lambda result: {"idTagInfo": id_tag_info(result)} if result else {},
    )


def _stopper(state: State, payload: Payload, evse: int, session: str | None) -> rpc.Authorise:
    return rpc.Authorise(
        device=state.device, id_tag=payload["idTag"], purpose="stop", evse=evse, transaction=session or ""
    )


def _meter_values(payload: Any, state: State, _now_ms: int) -> Plan:
    """Values without a transaction belong to the one that runs at the connector; their names do not change with it."""
    session, evse = _session(payload.transactionId), payload.connectorId
    numbers = common.meter_stream(state.device, evse, session)
    belongs = session or state.transaction_at(evse)
    facts = common.samples(state, evse, belongs, payload.meterValue, numbers=numbers, reading=reading_16)
    after = state.with_register(evse, common.register_of(facts))
    if session and session not in state.running:
        after = after.with_running(session, Running(evse, flowing=True))
    return Plan(state=after, facts=facts, answer=nothing)


def _session(given: int | None) -> str | None:
    """The transaction's name on the wire; None for the 0 and -1 of stations that never got an id."""
    return str(given) if given is not None and given > 0 else None


# Statuses may be answered while nobody is there to hear them: they are stored as facts. Security events are not.
_TOLD: tuple[Telling, ...] = (
    Telling("DataTransfer", field("vendorId"), {"status": "Rejected"}),
    Telling("DiagnosticsStatusNotification", field("status"), {}),
    Telling("FirmwareStatusNotification", field("status"), {}),
    Telling("LogStatusNotification", field("status"), {}),
    Telling("SecurityEventNotification", field("type")),
    Telling("SignCertificate", field(), {"status": "Rejected"}),
    Telling("SignedFirmwareStatusNotification", field("status"), {}),
)
_HANDLERS: Mapping[str, Handler] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "Heartbeat": common.heartbeat,
    "MeterValues": _meter_values,
    "StartTransaction": _start,
    "StatusNotification": _status,
    "StopTransaction": _stop,
    **{what.action: common.telling(VERSION, what) for what in _TOLD},
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

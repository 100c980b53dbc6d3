"""OCPP 2.0.1: messages of a station to facts, questions and answers; commands to calls. Pure.

`translate` expects a payload that passed `schemas.check_request("2.0.1", …)`; whole numbers may still be written `3.0`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command, Event

from . import common
from .common import Telling, field
from .facts import instant_ms, number, of_turn, stamped, text_of
from .meter import samples_201
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

VERSION = "2.0.1"
SUBPROTOCOL = "ocpp2.0.1"
Payload = dict[str, Any]


def translate(action: str, payload: Payload, state: State, now_ms: int) -> Plan:
    """What follows from a station's call. KeyError for an action that no station sends: see ACTIONS."""
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


def id_token_info(result: rpc.Authorised) -> Payload:
    """IdTokenInfo of an answer, without empty fields."""
    found: Payload = {"status": result.status}
    if result.expires_ms is not None:
        found["cacheExpiryDateTime"] = text_of(result.expires_ms)
    if result.parent is not None:
        found["groupIdToken"] = {"idToken": result.parent, "type": result.parent_kind}
    if result.message is not None:
        found["personalMessage"] = result.message
    if result.evses:
        found["evseId"] = result.evses
    return found


def _transaction_event(payload: Payload, state: State, _now_ms: int) -> Plan:
    session, tag = payload["transactionInfo"]["transactionId"], _token(payload)
    before = state.running.get(session)
    evse = int(payload["evse"]["id"]) if "evse" in payload else (before.evse if before else 0)
    named = (before.evse == 0 and evse != 0) or (before.id_tag is None and tag is not None) if before else False
    name = (state.device, session, int(payload["seqNo"]), payload["eventType"], payload["timestamp"])
    turns = _turns(payload, before)
    kind = _kind(payload, before, tag, named=named, gaps=turns is None)
    running = Running(evse, tag or (before.id_tag if before else None), _flowing(before, kind), turns)
    samples = common.samples(
        state,
        evse,
        session if running.flowing or kind == wire.EV_STOPPED else None,
        _entries(payload.get("meterValue", [])),
        lambda place, _entry: of_turn(*name, place),
    )
    registers: list[int | None] = [fact.energy_wh for fact in samples]
    registers = registers or [state.registers.get(evse)]
    event = []
    if kind:
        stamp = stamped(of_turn(*name, "event"), instant_ms(payload["timestamp"]), evse)
        event = [_event(payload, kind, stamp, running, registers, gaps=turns is None)]
    return Plan(
        state=_after(payload, state.with_register(evse, common.register_of(samples)), evse, running),
        facts=(*samples, *event) if kind == wire.EV_STOPPED else (*event, *samples),
        question=_shown(payload, state, evse) if tag else None,
        wait=Wait.COMMITTED,
        answer=lambda result: _event_answer(payload, result),
    )


def _shown(payload: Payload, state: State, evse: int) -> rpc.Authorise:
    """The question for the token of a transaction: it starts one, unless the message says that it stops it."""
    stops = payload["eventType"] == "Ended" or payload["triggerReason"] == "StopAuthorized"
    return rpc.Authorise(
        device=state.device,
        id_tag=payload["idToken"]["idToken"],
        kind=payload["idToken"]["type"],
        purpose="stop" if stops else "start",
        evse=evse,
        transaction=payload["transactionInfo"]["transactionId"],
    )


def _event_answer(payload: Payload, result: rpc.Authorised | None) -> Payload:
    """With word of the token, where one was shown; a start button's (NoAuthorization) needs no asking."""
    if result is not None:
        return {"idTokenInfo": id_token_info(result)}
    return {"idTokenInfo": {"status": "Accepted"}} if "idToken" in payload else {}


def _turns(payload: Payload, before: Running | None) -> int | None:
    """The next seqNo, if none is missing up to this message; a station may begin to count anywhere."""
    seq_no = int(payload["seqNo"])
    if payload["eventType"] == "Started":
        return seq_no + 1
    if before is None or before.turns is None or seq_no > before.turns:
        return None
    return max(before.turns, seq_no + 1)


def _token(payload: Payload) -> str | None:
    token = payload.get("idToken")
    return (token["idToken"] or None) if token and token["type"] != "NoAuthorization" else None


def _kind(payload: Payload, before: Running | None, tag: str | None, *, named: bool, gaps: bool) -> str | None:
    """The event that this message means, if any.

    A station may open a transaction at the plug, at the token or at the current (TxStartPoint). Energy is taken to
    flow from the first message with a token or with the state Charging. Of a transaction that the gateway does not
    remember, only a token or a change of state says that it begins; saying so twice does no harm, and is needed where
    the EVSE or the token is `named` only later. A transaction through which no energy ever flowed is a plug and an
    unplug, no session; while messages of it are missing (`gaps`) nobody can say that.
    """
    charging = payload["transactionInfo"].get("chargingState") == "Charging"
    flows = before.flowing if before else False
    if payload["eventType"] == "Ended":
        return wire.EV_STOPPED if flows or gaps else wire.EV_UNPLUGGED
    if payload["eventType"] == "Started":
        return wire.EV_STARTED if tag or charging or payload["triggerReason"] == "RemoteStart" else wire.EV_PLUGGED
    if before is None:
        charging = charging and payload["triggerReason"] == "ChargingStateChanged"
    if flows:
        return wire.EV_STARTED if named else None
    return wire.EV_STARTED if tag or charging else None


def _flowing(before: Running | None, kind: str | None) -> bool:
    return kind == wire.EV_STARTED or (kind is None and (before is None or before.flowing))


def _event(
    payload: Payload, kind: str, stamp: dict[str, Any], running: Running, registers: list[int | None], *, gaps: bool
) -> Event:
    """`registers`: of the message's samples in order; a start takes the first, a stop the last."""
    stopped, session = kind == wire.EV_STOPPED, payload["transactionInfo"]["transactionId"]
    word = payload["transactionInfo"].get("stoppedReason", "Local") if stopped else payload["triggerReason"]
    return Event(
        **stamp,
        type=kind,
        session=session if kind in (wire.EV_STARTED, wire.EV_STOPPED) else None,
        energy_wh=registers[-1 if stopped else 0],
        reason=common.STOP_REASONS[word] if stopped else None,
        code=word,
        id_tag=running.id_tag,
        reservation=payload.get("reservationId") if kind == wire.EV_STARTED else None,
        gaps=True if stopped and gaps else None,
    )


# Charging state: the status of the connector, in 1.6 words.
_STATUS_OF: Mapping[str, str] = {
    "Charging": "Charging",
    "EVConnected": "Preparing",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
    "Idle": "Available",
}


def _after(payload: Payload, state: State, evse: int, running: Running) -> State:
    transaction = payload["transactionInfo"]
    ended = payload["eventType"] == "Ended"
    status = "Finishing" if ended else _STATUS_OF.get(transaction.get("chargingState", ""))
    if status and evse:
        state = state.with_status(evse, int(payload.get("evse", {}).get("connectorId", 1)), status)
    if ended:
        return state.without_running(transaction["transactionId"])
    return state.with_running(transaction["transactionId"], running)


def _meter_values(payload: Payload, state: State, _now_ms: int) -> Plan:
    """They belong to the transaction that runs at the EVSE; their names do not change with it."""
    evse = int(payload["evseId"])
    numbers = common.meter_stream(state.device, evse, None)
    facts = common.samples(state, evse, state.transaction_at(evse), _entries(payload["meterValue"]), numbers)
    return Plan(state=state.with_register(evse, common.register_of(facts)), facts=facts, answer=nothing)


def _entries(entries: list[Payload]) -> list[common.Entry]:
    return [
        common.Entry(instant_ms(entry["timestamp"]), entry["sampledValue"], samples_201(entry["sampledValue"]))
        for entry in entries
    ]


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
    "TransactionEvent": _transaction_event,
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

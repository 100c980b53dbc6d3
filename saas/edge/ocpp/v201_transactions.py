"""TransactionEvent of OCPP 2.0.1 to facts, a question and the answer. Pure.

Payloads are typed (see typed.py): fields by the names of OCPP, None for what is not there.
"""

from collections.abc import Mapping
from typing import Any

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event

from . import common
from .facts import Numbers, of_turn, stamped, text_of
from .meter import reading_201
from .station import Plan, Running, State, Wait

Payload = dict[str, Any]


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


def transaction_event(payload: Any, state: State, _now_ms: int) -> Plan:
    """What follows from one TransactionEvent."""
    session, tag = payload.transactionInfo.transactionId, _token(payload)
    before = state.running.get(session)
    evse = payload.evse.id if payload.evse is not None else (before.evse if before else 0)
    named = (before.evse == 0 and evse != 0) or (before.id_tag is None and tag is not None) if before else False
    name = (state.device, session, payload.seqNo, payload.eventType, payload.timestamp.text)
    turns = _turns(payload, before)
    kind = _kind(payload, before, tag, named=named, gaps=turns is None)
    running = Running(evse, tag or (before.id_tag if before else None), _flowing(before, kind), turns)
    facts: tuple[Any, ...] = common.samples(
        state,
        evse,
        session if running.flowing or kind == wire.EV_STOPPED else None,
        payload.meterValue or (),
        numbers=lambda place, _entry: of_turn(*name, place),
        reading=reading_201,
    )
    after = _after(payload, state, common.register_of(facts), running)
    if kind:
        registers = [fact.energy_wh for fact in facts] or [state.registers.get(evse)]
        event = _event(payload, kind, of_turn(*name, "event"), running, registers, gaps=turns is None)
        facts = (*facts, event) if kind == wire.EV_STOPPED else (event, *facts)
    return Plan(
        state=after,
        facts=facts,
        question=_shown(payload, state, evse) if tag else None,
        wait=Wait.COMMITTED,
        later=rpc.Cost(device=state.device, transaction=session) if _costs(payload, state) else None,
        answer=lambda result: _event_answer(payload, result),
    )


def _costs(payload: Any, state: State) -> bool:
    """The end says what it cost; so does what comes before, to a station that shows it (use cases I02 and I03)."""
    return payload.eventType == "Ended" or (state.costs and bool(payload.meterValue))


def _shown(payload: Any, state: State, evse: int) -> rpc.Authorise:
    """The question for the token of a transaction: it starts one, unless the message says that it stops it."""
    stops = payload.eventType == "Ended" or payload.triggerReason == "StopAuthorized"
    return rpc.Authorise(
        device=state.device,
        id_tag=payload.idToken.idToken,
        kind=payload.idToken.type,
        purpose="stop" if stops else "start",
        evse=evse,
        transaction=payload.transactionInfo.transactionId,
    )


def _event_answer(payload: Any, result: Any) -> Payload:
    """With word of the token, where one was shown; a start button's (NoAuthorization) needs no asking."""
    authorised, cost = result if isinstance(result, tuple) else (result, None)
    answer: Payload = {}
    if authorised is not None:
        answer["idTokenInfo"] = id_token_info(authorised)
    elif payload.idToken is not None:
        answer["idTokenInfo"] = {"status": "Accepted"}
    if cost is not None and cost.total is not None:
        answer["totalCost"] = float(cost.total)  # JSON has no other number
    return answer


def _turns(payload: Any, before: Running | None) -> int | None:
    """The next seqNo, if none is missing up to this message; a station may begin to count anywhere."""
    seq_no: int = payload.seqNo
    if payload.eventType == "Started":
        return seq_no + 1
    if before is None or before.turns is None or seq_no > before.turns:
        return None
    return max(before.turns, seq_no + 1)


def _token(payload: Any) -> str | None:
    token = payload.idToken
    return (token.idToken or None) if token is not None and token.type != "NoAuthorization" else None


def _kind(payload: Any, before: Running | None, tag: str | None, *, named: bool, gaps: bool) -> str | None:
    """The event that this message means, if any.

    A station may open a transaction at the plug, at the token or at the current (TxStartPoint). Energy is taken to
    flow from the first message with a token or with the state Charging. Of a transaction that the gateway does not
    remember, only a token or a change of state says that it begins; saying so twice does no harm, and is needed where
    the EVSE or the token is `named` only later. A transaction through which no energy ever flowed is a plug and an
    unplug, no session; while messages of it are missing (`gaps`) nobody can say that.
    """
    charging = payload.transactionInfo.chargingState == "Charging"
    flows = before.flowing if before else False
    if payload.eventType == "Ended":
        return wire.EV_STOPPED if flows or gaps else wire.EV_UNPLUGGED
    if payload.eventType == "Started":
        return wire.EV_STARTED if tag or charging or payload.triggerReason == "RemoteStart" else wire.EV_PLUGGED
    if before is None:
        charging = charging and payload.triggerReason == "ChargingStateChanged"
    if flows:
        return wire.EV_STARTED if named else None
    return wire.EV_STARTED if tag or charging else None


def _flowing(before: Running | None, kind: str | None) -> bool:
    return kind == wire.EV_STARTED or (kind is None and (before is None or before.flowing))


def _event(
    payload: Any, kind: str, numbers: Numbers, running: Running, registers: list[int | None], *, gaps: bool
) -> Event:
    """`registers`: of the message's samples in order; a start takes the first, a stop the last."""
    stopped, session = kind == wire.EV_STOPPED, payload.transactionInfo.transactionId
    word = (payload.transactionInfo.stoppedReason or "Local") if stopped else payload.triggerReason
    return Event(
        **stamped(numbers, payload.timestamp.ms, running.evse),
        type=kind,
        session=session if kind in (wire.EV_STARTED, wire.EV_STOPPED) else None,
        energy_wh=registers[-1 if stopped else 0],
        reason=common.STOP_REASONS[word] if stopped else None,
        code=word,
        id_tag=running.id_tag,
        reservation=payload.reservationId if kind == wire.EV_STARTED else None,
        gaps=True if stopped and gaps else None,
    )


# Charging state: the status of the connector, in 1.6 words.
_STATUS_OF: Mapping[str | None, str] = {
    "Charging": "Charging",
    "EVConnected": "Preparing",
    "SuspendedEV": "SuspendedEV",
    "SuspendedEVSE": "SuspendedEVSE",
    "Idle": "Available",
}


def _after(payload: Any, state: State, register: int | None, running: Running) -> State:
    transaction, evse = payload.transactionInfo, running.evse
    ended = payload.eventType == "Ended"
    status = "Finishing" if ended else _STATUS_OF.get(transaction.chargingState)
    if status and evse:
        connector = payload.evse.connectorId if payload.evse is not None else None
        state = state.with_status(evse, 1 if connector is None else connector, status)
    if ended:
        return state.with_register(evse, register).without_running(transaction.transactionId)
    return state.with_running(transaction.transactionId, running, register)

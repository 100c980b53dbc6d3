"""What both versions' translators share: notices, plugs and faults, samples, reasons, authorisation. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import structlog

from saas.contracts import rpc
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event, Telemetry

from . import schemas
from .facts import Numbers, instant_ms, of_stream, stamped, text_of
from .frames import Fault
from .station import WIRE_STATE, Handler, Plan, State, nothing

log = structlog.get_logger("ocpp")

PLUGGED = {wire.STATE_PLUGGED, wire.STATE_CHARGING}
MAX_TEXT = 200

# OCPP reasons of both versions: the reason on the wire. The station's own word travels in `code`.
STOP_REASONS: Mapping[str, str] = {
    "DeAuthorized": wire.STOP_REMOTE,
    "EmergencyStop": wire.STOP_FAULT,
    "EnergyLimitReached": wire.STOP_ENERGY,
    "EVDisconnected": wire.STOP_UNPLUGGED,
    "GroundFault": wire.STOP_FAULT,
    "HardReset": wire.STOP_FAULT,
    "ImmediateReset": wire.STOP_FAULT,
    "Local": wire.STOP_LOCAL,
    "LocalOutOfCredit": wire.STOP_ENERGY,
    "MasterPass": wire.STOP_REMOTE,
    "Other": wire.STOP_LOCAL,
    "OvercurrentFault": wire.STOP_FAULT,
    "PowerLoss": wire.STOP_POWER_LOSS,
    "PowerQuality": wire.STOP_FAULT,
    "Reboot": wire.STOP_FAULT,
    "Remote": wire.STOP_REMOTE,
    "SOCLimitReached": wire.STOP_ENERGY,
    "SoftReset": wire.STOP_FAULT,
    "StoppedByEV": wire.STOP_LOCAL,
    "TimeLimitReached": wire.STOP_TIME,
    "Timeout": wire.STOP_UNPLUGGED,
    "UnlockCommand": wire.STOP_REMOTE,
}

# The code of a station's fault and of its end: one for all, because OCPP says that a fault is over, never which one.
STATION_FAULT = "station_fault"
# OCPP 1.6 error codes that the wire has a word for: the reason of the fault. The others travel as they are.
FAULT_CODES: Mapping[str, str] = {
    "HighTemperature": wire.FAULT_OVER_TEMPERATURE,
    "OverCurrentFailure": wire.FAULT_OVER_CURRENT,
    "PowerMeterFailure": wire.FAULT_METER,
    "PowerSwitchFailure": wire.FAULT_STUCK_RELAY,
    "UnderVoltage": wire.FAULT_BROWN_OUT,
}


Numbering = Callable[[int, Any], Numbers]  # the place of a `meterValue` in its message, the (typed) value itself
Reading = Callable[[list[Any]], dict[str, int] | None]


def meter_stream(device: str, evse: int, session: str | None) -> Numbering:
    """The numbering of plain meter values."""
    return lambda _place, entry: of_stream(device, "meter", evse, entry.timestamp.ms, [session, entry.sampledValue])


def samples(
    state: State, evse: int, session: str | None, values: Iterable[Any], *, numbers: Numbering, reading: Reading
) -> tuple[Telemetry, ...]:
    """Samples of `meterValue` (typed) as facts. One without energy takes the last register of its EVSE; without any it
    is left out.
    """
    register, found = state.registers.get(evse), []
    for place, entry in enumerate(values):
        figures: dict[str, Any] | None = reading(entry.sampledValue)
        if figures is None:
            continue
        register = figures.pop("energy_wh", register)
        if register is not None:
            boot, seq = numbers(place, entry)
            found.append(
                Telemetry(
                    v=1, boot=boot, seq=seq, ts_ms=entry.timestamp.ms, evse=evse, energy_wh=register, session=session,
                    **figures,
                )
            )  # fmt: skip
    return tuple(found)


def register_of(facts: Sequence[Telemetry]) -> int | None:
    """The last energy register among the facts, in Wh."""
    return facts[-1].energy_wh if facts else None


def notice(state: State, action: str, payload: dict[str, Any], now_ms: int, *, reason: str, evse: int = 0) -> Event:
    """An event that changes no session: what the station said, by name."""
    ts_ms = instant_ms(payload["timestamp"]) if isinstance(payload.get("timestamp"), str) else now_ms
    numbers = of_stream(state.device, "notice", evse, ts_ms, [action, payload])
    return Event(
        **stamped(numbers, ts_ms, evse), type=wire.EV_NOTICE, code=action, reason=reason[:MAX_TEXT] if reason else None
    )


class Telling(msgspec.Struct, frozen=True):
    """A message without business of a session: kept as a notice, and told to the domain, which says the answer.

    `reason` makes the notice's words of the payload. `otherwise`: the answer while nobody can be asked; None where any
    would be a lie (the station is refused with InternalError and may say it again).
    """

    action: str
    reason: Callable[[dict[str, Any]], str]
    otherwise: dict[str, Any] | None = None


def field(*path: str) -> Callable[[dict[str, Any]], str]:
    """The notice's words: one field of the payload, by its path; empty where it is not there."""

    def words(payload: Any) -> str:
        for part in path:
            payload = payload.get(part, "") if isinstance(payload, dict) else ""
        return str(payload) if path else ""

    return words


def telling(version: str, what: Telling) -> Handler:
    """The handler of such a message."""

    def handle(payload: dict[str, Any], state: State, now_ms: int) -> Plan:
        question = rpc.Heard(
            device=state.device, protocol=f"ocpp{version}", action=what.action, payload=payload, ts_ms=now_ms
        )
        return Plan(
            state=state,
            facts=(notice(state, what.action, payload, now_ms, reason=what.reason(payload)),),
            question=question,
            needed=what.otherwise is None,
            answer=lambda result: _lawful(version, what, result),
        )

    return handle


def _lawful(version: str, what: Telling, result: rpc.Response | None) -> dict[str, Any]:
    """The domain's answer, where it is one that the standard allows."""
    answer = dict(what.otherwise or {}) if result is None else result.payload
    try:
        schemas.check_response(version, what.action, answer)
    except Fault as fault:
        log.error("unlawful_answer", action=what.action, reason=str(fault), details=fault.details)
        if what.otherwise is None:
            raise Fault("internal", "The platform has no answer that the standard allows.") from None
        return dict(what.otherwise)
    return answer


def status_changed(state: State, report: rpc.StatusReport, payload: dict[str, Any]) -> Plan:
    """A connector's new status: the platform is told, and plugs and faults become events."""
    before = state.statuses.get((report.evse, report.connector))
    facts = tuple(
        Event(
            **stamped(of_stream(state.device, kind, report.evse, report.ts_ms, payload), report.ts_ms, report.evse),
            type=kind,
            code={wire.EV_FAULT: STATION_FAULT, wire.EV_CLEARED: STATION_FAULT, wire.EV_NOTICE: report.error_code}.get(
                kind, report.status
            ),
            reason=reason,
            detail=_detail(payload) if kind in (wire.EV_FAULT, wire.EV_NOTICE) else None,
        )
        for kind, reason in _changes(before, report.status, report.error_code)
        if _says(state, report, kind)
    )
    after = state.with_status(report.evse, report.connector, report.status)
    return Plan(state=after, facts=facts, question=report, needed=False, answer=nothing)


def _says(state: State, report: rpc.StatusReport, kind: str) -> bool:
    """The station as a whole has no plug; and an EVSE is free once none of its connectors is in use."""
    if kind not in (wire.EV_PLUGGED, wire.EV_UNPLUGGED):
        return True
    others = [
        WIRE_STATE.get(status)
        for (evse, connector), status in state.statuses.items()
        if evse == report.evse and connector != report.connector
    ]
    return report.evse > 0 and (kind == wire.EV_PLUGGED or not PLUGGED.intersection(others))


def _detail(payload: dict[str, Any]) -> str | None:
    """All that a station says of an error, in its own words: `errorCode=…, vendorId=…, vendorErrorCode=…, info=…`."""
    named = [(name, payload.get(name)) for name in ("errorCode", "vendorId", "vendorErrorCode", "info")]
    return ", ".join(f"{name}={value}" for name, value in named if value)[:MAX_TEXT] or None


def heartbeat(_payload: dict[str, Any], state: State, now_ms: int) -> Plan:
    """Heartbeat: the time, at once; the platform hears that the station is there."""
    present = rpc.Presence(device=state.device, online=True)
    return Plan(state=state, tell=present, answer=lambda _result: {"currentTime": text_of(now_ms)})


def _changes(before: str | None, after: str, error_code: str) -> list[tuple[str, str | None]]:
    """Events between two statuses. An unknown past is taken for the other state: telling twice does no harm."""
    was, now = (WIRE_STATE.get(status or "") for status in (before, after))
    found: list[tuple[str, str | None]] = []
    if before in ("Faulted", None) and after != "Faulted":
        found.append((wire.EV_CLEARED, None))
    if after == "Faulted":
        found.append((wire.EV_FAULT, FAULT_CODES.get(error_code, error_code)))
    elif error_code != "NoError":
        found.append((wire.EV_NOTICE, FAULT_CODES.get(error_code, error_code)))
    if now in PLUGGED and was not in PLUGGED:
        found.append((wire.EV_PLUGGED, None))
    if after == "Available" and before != "Available":
        found.append((wire.EV_UNPLUGGED, None))
    return found


def boot(state: State, question: rpc.Boot, payload: dict[str, Any], now_ms: int) -> Plan:
    """BootNotification: the tenant's side says Accepted, Pending or Rejected; a `boot` event is stored."""
    numbers = of_stream(state.device, wire.EV_BOOT, 0, now_ms, payload)
    fact = Event(
        **stamped(numbers, now_ms, 0), type=wire.EV_BOOT, fw=question.firmware or None, reason=question.reason or None
    )
    fresh = State(
        device=state.device,
        registers=state.registers,
        running=state.running,
        firmware=question.firmware or None,
        starts=state.starts,
        costs=state.costs,
    )
    return Plan(state=fresh, facts=(fact,), question=question, answer=booted)


def booted(result: rpc.Booted) -> dict[str, Any]:
    """The answer to BootNotification, the same in both versions."""
    return {"status": result.status, "currentTime": text_of(result.now_ms), "interval": result.interval_s}

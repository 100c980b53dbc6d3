"""What the gateway remembers of a station while it is connected, and what a translator makes of one message. Pure.

Nothing here must survive: a lost state costs the register of samples without energy, the EVSE of a 1.6 stop and the
transaction behind a session until the station next names it, never a fact.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

import msgspec

from saas.contracts.stations import tag_of_session
from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Command

from .facts import Fact

MAX_RUNNING = 64


class Running(msgspec.Struct, frozen=True):
    """A transaction that the station has named and not ended."""

    evse: int
    id_tag: str | None = None
    flowing: bool = False  # the `started` fact was made
    turns: int | None = None  # the next seqNo while all before it were heard in order; None: not so, or not known


class State(msgspec.Struct, frozen=True):
    """`statuses` by (EVSE, connector), in OCPP 1.6 words; `registers`: the last energy register of an EVSE in Wh;
    `running` by transaction id; `starts`: the content of the last starts, by the id that they got (1.6);
    `costs`: the station shows its drivers what a session costs so far (2.0.1).
    """

    device: str
    statuses: Mapping[tuple[int, int], str] = {}
    registers: Mapping[int, int] = {}
    running: Mapping[str, Running] = {}
    firmware: str | None = None
    starts: Mapping[int, int] = {}
    costs: bool = False

    def with_start(self, transaction: int, content: int) -> "State":
        kept = dict(list(self.starts.items())[-MAX_RUNNING + 1 :])
        return msgspec.structs.replace(self, starts={**kept, transaction: content})

    def with_status(self, evse: int, connector: int, status: str) -> "State":
        if self.statuses.get((evse, connector)) == status:
            return self
        return msgspec.structs.replace(self, statuses={**self.statuses, (evse, connector): status})

    def with_register(self, evse: int, energy_wh: int | None) -> "State":
        if energy_wh is None or self.registers.get(evse) == energy_wh:
            return self
        return msgspec.structs.replace(self, registers={**self.registers, evse: energy_wh})

    def with_running(self, transaction: str, running: Running, register: int | None = None) -> "State":
        """`register`: of its EVSE, where one is known."""
        if self.running.get(transaction) == running:
            return self.with_register(running.evse, register)
        kept = self.running
        if len(kept) >= MAX_RUNNING:
            kept = dict(list(kept.items())[-MAX_RUNNING + 1 :])
        registers = self.registers if register is None else {**self.registers, running.evse: register}
        return msgspec.structs.replace(self, registers=registers, running={**kept, transaction: running})

    def without_running(self, transaction: str) -> "State":
        kept = {key: value for key, value in self.running.items() if key != transaction}
        return msgspec.structs.replace(self, running=kept)

    def transaction_at(self, evse: int) -> str | None:
        """The one transaction that runs at an EVSE; None when there is none, or doubt."""
        running = [key for key, one in self.running.items() if one.evse == evse and one.flowing]
        return running[0] if len(running) == 1 else None

    def condition(self) -> str:
        """The station as a whole in the words of `wire.STATES`: the busiest of its EVSEs, a fault first."""
        states = {WIRE_STATE.get(status, wire.STATE_IDLE) for status in self.statuses.values()}
        ranked = (wire.STATE_FAULT, wire.STATE_CHARGING, wire.STATE_PLUGGED)
        return next((state for state in ranked if state in states), wire.STATE_IDLE)


# OCPP status of a connector (1.6 words): the state on the wire.
WIRE_STATE: Mapping[str, str] = {
    "Available": wire.STATE_IDLE,
    "Preparing": wire.STATE_PLUGGED,
    "Occupied": wire.STATE_PLUGGED,
    "Charging": wire.STATE_CHARGING,
    "SuspendedEV": wire.STATE_CHARGING,
    "SuspendedEVSE": wire.STATE_CHARGING,
    "Finishing": wire.STATE_PLUGGED,
    "Reserved": wire.STATE_IDLE,
    "Unavailable": wire.STATE_IDLE,
    "Faulted": wire.STATE_FAULT,
}


class Wait(Enum):
    """What must have become of the facts before the station gets its answer."""

    PUBLISHED = "published"  # the broker's PUBACK; refused by name when it does not come
    COMMITTED = "committed"  # the ingester's acknowledgement; no answer at all when it does not come


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that follows from one call of a station.

    `question` is asked first; `answer` turns its result (None: no question, or not answered and not `needed`) into the
    payload that the station gets. `plain` is published before the facts and not waited for. `tell` is said in the
    background, and lost when nobody hears it. `later` is asked once the facts are committed, and need not be answered:
    `answer` then gets the pair of both results.
    """

    state: State
    answer: Callable[[Any], dict[str, Any]]
    facts: tuple[Fact, ...] = ()
    plain: tuple[Fact, ...] = ()
    question: Any = None
    needed: bool = True
    later: Any = None
    tell: Any = None
    wait: Wait = Wait.PUBLISHED


def status_in(*accepted: str) -> Callable[[dict[str, Any]], str | None]:
    """A verdict on an answer: None when its status means yes, else the station's own word."""
    return lambda payload: None if payload.get("status") in accepted else str(payload.get("status"))


class OutCall(msgspec.Struct, frozen=True):
    """A call that we make to a station. `verdict` of its answer: None for yes, else why not."""

    action: str
    payload: dict[str, Any]
    verdict: Callable[[dict[str, Any]], str | None] = status_in("Accepted")


class CannotTranslate(Exception):
    """The command has no meaning at this station now; the text is the `error` of the reply."""


Handler = Callable[[dict[str, Any], State, int], Plan]  # payload, state, now_ms


def nothing(_result: Any) -> dict[str, Any]:
    """The empty answer."""
    return {}


def tag_of(command: Command) -> str:
    """The token under which a command's session charges."""
    return str((command.data or {}).get("id_tag") or tag_of_session(command.session or ""))


def transaction_of(command: Command, state: State) -> str:
    """The station's transaction that a command means: named, else by its token, else the nameless one at that EVSE."""
    named, tag = (command.data or {}).get("transaction_id"), tag_of(command).lower()
    if named:
        return str(named)
    running = state.running.items()
    matches = [key for key, one in running if one.id_tag is not None and one.id_tag.lower() == tag]
    matches += [key for key, one in running if one.id_tag is None and one.evse == command.evse]
    if not matches:
        raise CannotTranslate(wire.REFUSE_UNKNOWN)
    return matches[0]

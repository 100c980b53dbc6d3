"""One batch, one transaction: marks, facts, the tenants' actions, quarantine."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol

import msgspec
import structlog
from django.db import InterfaceError, InternalError, OperationalError, transaction

from saas.contracts.telemetry import wire
from saas.devices import actions as devices
from saas.devices.models import Device
from saas.kit.errors import Refused
from saas.kit.tenant_context import tenant_schema

from . import store
from .cap import Cap, Chosen
from .marks import Mark
from .port import Message
from .reading import STORED, BootName, Fact, Poison, parts_of, read, received_ms
from .registry import Registry

log = structlog.get_logger("ingester")
DATABASE_AWAY = (OperationalError, InterfaceError, InternalError)  # the last: the server failed, not the message
SEEN_SECONDS = 10.0
CALLS = {
    "event": ("receive_event", "event"),
    "reply": ("receive_reply", "reply"),
    "status": ("receive_status", "status"),
    "telemetry": ("receive_sample", "sample"),
}


class Handler(Protocol):
    """What changes in a tenant when a fact arrives; called inside its schema and our transaction."""

    def receive_event(self, *, device: Device, event: Any, received_at: datetime) -> object: ...
    def receive_reply(self, *, device: Device, reply: Any, received_at: datetime) -> object: ...
    def receive_sample(self, *, device: Device, sample: Any, received_at: datetime) -> object: ...
    def receive_status(self, *, device: Device, status: Any, received_at: datetime) -> object: ...


@dataclass
class Outcome:
    """What a committed batch did. `acks`: how far each (device, boot) is committed; `urgent`: devices to tell now.

    `unlinked`: samples that were told and whose session the tenant does not know; they are stored like any other.
    `clocks`: stored messages of devices whose clock is off. `dropped`: how many of `poisons` were too many to keep.
    """

    acks: dict[BootName, int] = field(default_factory=dict)
    urgent: set[str] = field(default_factory=set)
    stored: int = 0
    repeated: int = 0
    unlinked: int = 0
    clocks: int = 0
    dropped: int = 0
    poisons: list[Poison] = field(default_factory=list)


class Committer:
    """Commits batches; all-or-nothing towards the database, one by one towards the tenants' rules."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._registry = Registry()
        self._seen: dict[str, datetime] = {}
        self._cap = Cap()

    def commit(self, batch: list[Message]) -> Outcome:
        """Store a batch and apply what is new in it. Raises what the database raises: then nothing has happened."""
        outcome = Outcome()
        try:
            with transaction.atomic():
                self._commit(batch, outcome)
                chosen = self._set_aside(outcome.poisons)
        except Exception:
            self._registry.forget()
            raise
        self._settle(chosen, outcome)
        return outcome

    def isolate(self, poison: Poison) -> Outcome:
        """Set one aside that the database refuses."""
        outcome = Outcome(poisons=[poison])
        chosen = self._set_aside(outcome.poisons)
        self._settle(chosen, outcome)
        return outcome

    def tell_dropped(self, now: datetime) -> None:
        """Call often. Notes once a minute how much poison was too much to keep."""
        if told := self._cap.turn(now):
            store.set_aside(told)

    def _set_aside(self, poisons: list[Poison]) -> Chosen:
        chosen = self._cap.choose(poisons)
        if chosen.kept:
            store.set_aside(chosen.kept)
        return chosen

    def _settle(self, chosen: Chosen, outcome: Outcome) -> None:
        self._cap.settle(chosen)
        outcome.dropped = chosen.dropped.total()

    def _commit(self, batch: list[Message], outcome: Outcome) -> None:
        places = [parts_of(message.topic) for message in batch]
        known = self._registry.look_up({place[0] for place in places if place})
        store.lock(known)
        facts = self._read(batch, places, known, outcome)
        fresh = self._number(facts, outcome)
        new = store.insert(fresh) if fresh else set()
        self._apply(facts, fresh, new, outcome)
        outcome.stored = len(fresh)
        outcome.clocks = sum(1 for fact in fresh if fact.clock)

    def _read(
        self, batch: list[Message], places: list[tuple[str, str] | None], known: dict[str, Device | None],
        outcome: Outcome,
    ) -> list[Fact]:  # fmt: skip
        """Facts of the batch in order of arrival; the rest goes to `outcome.poisons`."""
        facts: list[Fact] = []
        for message, place in zip(batch, places, strict=True):
            result = read(message, known[place[0]], place[1]) if place else Poison(message, "unknown_topic")
            if isinstance(result, Fact):
                facts.append(result)
            else:
                outcome.poisons.append(result)
        return facts

    def _number(self, facts: list[Fact], outcome: Outcome) -> list[Fact]:
        """Those that were never committed. Moves the marks, and notes what may be acknowledged."""
        stored = [fact for fact in facts if fact.kind in STORED]
        named = [poison for poison in outcome.poisons if poison.boot]
        marks = store.marks({fact.boot for fact in stored} | {poison.boot for poison in named if poison.boot})
        changed: dict[BootName, Mark] = {}
        fresh = [fact for fact in stored if self._take_fact(fact, marks[fact.boot], changed, outcome)]
        for poison in named:
            self._take_poison(poison, marks, changed, outcome)
        if changed:
            store.save_marks(changed)
        outcome.acks = {boot: mark.seq for boot, mark in marks.items() if mark.seq}
        return fresh

    def _take_fact(self, fact: Fact, mark: Mark, changed: dict[BootName, Mark], outcome: Outcome) -> bool:
        """Whether the mark did not know it yet. Next in line is the common case."""
        body, boot = fact.body, fact.boot
        if fact.kind != "telemetry" or body.seq == 1:  # a station's turn is alone in its boot, and it waits for us
            outcome.urgent.add(boot[0])
        if body.seq == mark.seq + 1 and not mark.starts:
            mark.seq = body.seq
        elif not self._take(fact.source, body.seq, body.low, mark, outcome):
            return False
        changed[boot] = mark
        return True

    def _take_poison(
        self, poison: Poison, marks: dict[BootName, Mark], changed: dict[BootName, Mark], outcome: Outcome
    ) -> None:
        """It counts as committed, so that the device drops it."""
        assert poison.boot is not None
        outcome.urgent.add(poison.boot[0])
        mark = marks[poison.boot]
        if self._take(poison.source, poison.seq or 0, poison.low, mark, outcome):
            changed[poison.boot] = mark

    def _take(self, source: Message, seq: int, low: int | None, mark: Mark, outcome: Outcome) -> bool:
        if mark.has(seq):
            outcome.repeated += 1
            return False
        if mark.full and seq != mark.seq + 1:
            outcome.poisons.append(Poison(source, "too_many_gaps"))
            return False
        mark.add(seq)
        mark.pass_over(min(low or 1, seq))
        return True

    def _apply(self, facts: list[Fact], fresh: list[Fact], new: set[store.Name], outcome: Outcome) -> None:
        """Events and replies that are new, in order; then a device's latest status, a session's first and last sample.

        Sorting by tenant keeps the order inside one. A sample outside a session changes nothing and is not told.
        """
        linked = [fact for fact in fresh if fact.kind == "telemetry" and fact.body.session]
        latest = {(fact.boot[0], fact.body.session): fact for fact in linked}
        first = {(fact.boot[0], fact.body.session): fact for fact in reversed(linked)}
        samples = [*(fact for name, fact in first.items() if fact is not latest[name]), *latest.values()]
        status = {fact.device.device_id: fact for fact in facts if fact.kind == "status"}
        changes = [fact for fact in fresh if fact.kind != "telemetry" and store_name(fact) in new]
        self._note_presence(facts, status)
        told = [*changes, *status.values(), *samples]
        for schema, facts_of_tenant in groupby(sorted(told, key=_schema), _schema):
            with tenant_schema(schema):
                for fact in facts_of_tenant:
                    self._call(fact, outcome)

    def _call(self, fact: Fact, outcome: Outcome) -> None:
        try:
            with transaction.atomic():
                tell(self._handler, fact)
        except DATABASE_AWAY:
            raise
        except Refused as no:
            if fact.kind == "telemetry" and no.code == wire.REFUSE_UNKNOWN:
                outcome.unlinked += 1  # a reading of the meter is true whatever it is for: there is nothing to replay
                return
            outcome.poisons.append(Poison(fact.source, f"{no.code}: {no}", stored=fact.kind in STORED))
        except Exception as bug:
            log.exception("handler_failed", topic=fact.source.topic)
            outcome.poisons.append(
                Poison(fact.source, f"error: {type(bug).__name__}: {bug}", stored=fact.kind in STORED)
            )

    def _note_presence(self, facts: list[Fact], status: dict[str, Fact]) -> None:
        """Keep the registry's presence; tell the dispatcher who came back; note every few seconds who was heard of."""
        for fact in status.values():
            said = fact.body
            devices.seen(
                device_id=fact.device.device_id,
                now=store.received_at(fact),
                online=said.online,
                state=said.state or "",
                firmware=said.fw or "",
            )
            if said.online:
                store.tell_online(fact.device.tenant.schema_name, fact.device.device_id)
        heard = {fact.boot[0]: fact.source.received_at for fact in facts}
        due = {name: at for name, at in heard.items() if self._quiet(name, at)}
        if due:
            devices.heard_of(device_ids=sorted(due), now=max(due.values()))
            self._seen |= due

    def _quiet(self, name: str, at: datetime) -> bool:
        before = self._seen.get(name)
        return before is None or (at - before).total_seconds() >= SEEN_SECONDS


def tell(handler: Handler, fact: Fact) -> None:
    """Call the one action of the fact's kind. A clock that is off gives way to the moment of receipt."""
    method, argument = CALLS[fact.kind]
    body = msgspec.structs.replace(fact.body, ts_ms=received_ms(fact.source.received_at)) if fact.clock else fact.body
    getattr(handler, method)(device=fact.device, received_at=store.received_at(fact), **{argument: body})
    if fact.kind == "status":  # the registry's copy is seconds old: the next message must see this one
        fact.device.online, fact.device.reported_state = fact.body.online, fact.body.state or fact.device.reported_state


def store_name(fact: Fact) -> store.Name:
    """What the fact is called for ever."""
    return *fact.boot, fact.body.seq


def _schema(fact: Fact) -> str:
    schema: str = fact.device.tenant.schema_name
    return schema

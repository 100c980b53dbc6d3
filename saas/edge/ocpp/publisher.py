"""What one station's words become on the broker: facts, committed or merely published, and its retained status."""

import asyncio
import time
from collections.abc import Callable

import structlog

from saas.contracts.telemetry import messages, wire

from .commits import Commits
from .facts import TOPICS, Fact
from .frames import Fault
from .ports import Broker, BrokerAway, published
from .station import Plan, State

log = structlog.get_logger("ocpp")
Sent = list[asyncio.Future[None]]


class Silence(Exception):
    """The station gets no answer, so that it sends the message again."""


def now_ms() -> int:
    """The clock of the gateway."""
    return time.time_ns() // 1_000_000


class Publisher:
    """Of one connection, whose beginning is the boot number of its status."""

    __slots__ = ("_broker", "_device", "_opened_ms", "commits")

    def __init__(self, device: str, broker: Broker) -> None:
        self._device = device
        self._broker = broker
        self._opened_ms = now_ms()
        self.commits = Commits()

    def publish(self, plan: Plan) -> Sent:
        """What the broker has not acknowledged yet. Raises Fault when it takes nothing."""
        sent: Sent = []
        try:
            for fact in plan.facts:
                puback = self._send(fact)
                if not puback.done():
                    sent.append(puback)
        except BrokerAway as away:
            raise Fault("internal", f"Not stored: {away}") from None
        return sent

    async def acknowledged(self, sent: Sent, *, within_s: float) -> None:
        """Wait for the broker. Raises Fault when it does not acknowledge."""
        try:
            await published(sent, within_s=within_s)
        except BrokerAway as away:
            raise Fault("internal", f"Not stored: {away}") from None

    def commit(self, plan: Plan, *, within_s: float, done: Callable[[bool], None]) -> None:
        """Publish in order; `done` tells whether the facts were acknowledged in time. Raises Silence."""
        batch = self.commits.wait(plan.facts, within_s=within_s, done=done)
        try:
            for fact in (*plan.plain, *plan.facts):
                self._send(fact)
        except BrokerAway as away:
            self.commits.forget(batch)
            raise Silence(str(away)) from None
        if batch is None:
            done(True)

    def status(self, state: State, *, online: bool) -> None:
        """Publish the retained status. Lost while the broker is away: it is said again when it is back."""
        status = messages.Status(
            v=1,
            boot=self._opened_ms,
            seq=0,
            ts_ms=now_ms(),
            online=online,
            state=state.condition(),
            fw=state.firmware,
        )
        try:
            self._broker.send(wire.TOPIC_STATUS % self._device, messages.encode(status), retain=True)
        except BrokerAway:
            log.info("status_not_said", device=self._device, online=online)

    def _send(self, fact: Fact) -> asyncio.Future[None]:
        return self._broker.send(TOPICS[type(fact)] % self._device, messages.encode(fact))

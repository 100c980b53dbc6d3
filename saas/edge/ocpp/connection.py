"""One station's conversation: its calls in turn, our calls one at a time."""

import asyncio
import time
from collections import deque
from types import ModuleType
from typing import Any, Protocol

import structlog
from websockets.exceptions import ConnectionClosed

from saas.contracts import rpc
from saas.contracts.telemetry import messages, wire
from saas.edge.mqtt.rpc import NoAnswer, Refusal

from . import frames, schemas
from .calling import Answer, Caller
from .facts import TOPICS, Fact
from .frames import Fault
from .ports import Answers, Broker, BrokerAway, published
from .rawlog import RawLog
from .registration import Registration
from .station import OutCall, Plan, State, Wait

log = structlog.get_logger("ocpp")
MAX_CALLS_WAITING = 32


class Socket(Protocol):
    """The part of a WebSocket that a conversation needs."""

    async def send(self, message: str) -> None: ...
    async def recv(self) -> str | bytes: ...
    async def close(self, code: int = 1000, reason: str = "") -> None: ...


class Services:
    """What all conversations share. Times in seconds: see the defaults."""

    def __init__(self, broker: Broker, answers: Answers, rawlog: RawLog, **times: float) -> None:
        self.broker, self.answers, self.rawlog = broker, answers, rawlog
        self.puback_s = times.get("puback_s", 10.0)
        self.commit_s = times.get("commit_s", 25.0)
        self.call_s = times.get("call_s", 30.0)


class Silence(Exception):
    """The station gets no answer, so that it sends the message again."""


def now_ms() -> int:
    """The clock of the gateway."""
    return time.time_ns() // 1_000_000


class Connection:
    """`state` outlives nothing but the connection; `translator` is the module of the version."""

    def __init__(
        self, socket: Socket, translator: ModuleType, state: State, services: Services, *, registered: bool
    ) -> None:
        self.state = state
        self.device = state.device
        self.opened_ms = now_ms()
        self.translator = translator
        self._version: str = translator.VERSION
        self._socket = socket
        self._services = services
        self._registration = Registration(accepted=registered)
        self._waiting: deque[frames.Call] = deque()
        self._room = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._background: set[asyncio.Task[None]] = set()
        self._caller = Caller(state.device, self._version, self._send)
        self._uncommitted: list[tuple[int, int, asyncio.Future[None]]] = []

    async def converse(self) -> None:
        """Serve the station until its socket closes (the socket's own exception ends it)."""
        try:
            while True:
                await self._received(await self._socket.recv())
        finally:
            self._end()

    async def close(self, reason: str) -> None:
        """End the conversation from our side."""
        await self._socket.close(1000, reason)

    @property
    def call_s(self) -> float:
        """How long a station may take to answer a call, unless the caller says otherwise."""
        return self._services.call_s

    async def call(self, out: OutCall, *, timeout_s: float | None = None, until_ms: int | None = None) -> Answer:
        """The station's answer to our call; calls of several askers go one after the other. Raises CallFailed."""
        self._registration.asked(out.action, out.payload)
        return await self._caller.call(out, timeout_s=timeout_s or self.call_s, until_ms=until_ms)

    def committed(self, boot: int, seq: int) -> None:
        """The ingester says: stored, every message of this boot up to seq."""
        for waiting_boot, waiting_seq, future in self._uncommitted:
            if waiting_boot == boot and waiting_seq <= seq and not future.done():
                future.set_result(None)

    async def _received(self, raw: str | bytes) -> None:
        self._services.rawlog.add(self.device, "in", raw)
        try:
            if isinstance(raw, bytes):
                raise Fault("bad_frame", "OCPP-J uses text frames.")
            frame = frames.parse(raw)
        except Fault as fault:
            await self._refuse(raw, fault)
            return
        if isinstance(frame, frames.Call):
            await self._queue(frame)
        else:
            self._caller.answered(frame)

    async def _refuse(self, raw: str | bytes, fault: Fault) -> None:
        if frames.is_answer(raw):
            log.warning("broken_answer_dropped", device=self.device, reason=str(fault))
            self._caller.broken(fault.message_id, str(fault))
        else:
            await self._send(frames.error(fault, self._version))

    async def _queue(self, call: frames.Call) -> None:
        """In turn, while the socket goes on hearing answers; a station with too many open calls is not read."""
        while len(self._waiting) >= MAX_CALLS_WAITING:
            self._room.clear()
            await self._room.wait()
        self._waiting.append(call)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())

    async def _work(self) -> None:
        while self._waiting:
            call = self._waiting.popleft()
            self._room.set()
            try:
                await self._send(await self._reply(call))
            except Silence as why:
                log.info("not_answered", device=self.device, action=call.action, reason=str(why))
            except ConnectionClosed:
                return

    async def _reply(self, call: frames.Call) -> str:
        try:
            return frames.result(call.id, await self._carry_out(call))
        except Fault as fault:
            fault.message_id = call.id
            return frames.error(fault, self._version)
        except Silence:
            raise
        except Exception:
            log.exception("call_failed", device=self.device, action=call.action)
            return frames.error(Fault("internal", "The platform failed.", message_id=call.id), self._version)

    async def _carry_out(self, call: frames.Call) -> dict[str, Any]:
        self._check(call)
        plan: Plan = self.translator.translate(call.action, call.payload, self.state, now_ms())
        if plan.tell is not None:
            self._tell(plan.tell)
        result, answered = await self._ask(plan)
        await self._publish(plan)
        if not answered:
            raise Silence("nobody answered the question")
        if isinstance(result, rpc.Booted):
            self._registration.accepted = result.status == "Accepted"
        self._became(plan.state)
        return plan.answer(result)

    def _check(self, call: frames.Call) -> None:
        if call.action not in self.translator.ACTIONS:
            known = call.action in schemas.actions(self._version)
            code = "unsupported_action" if known else "unknown_action"
            raise Fault(code, f"{call.action[:50]} is not for a station to ask.")
        schemas.check_request(self._version, call.action, call.payload)
        if not self._registration.allows(call.action):
            raise Fault("security", "The station is not accepted yet: send BootNotification.")

    async def _ask(self, plan: Plan) -> tuple[Any, bool]:
        """The result of the plan's question, and whether the station may be answered.

        Facts that must be committed are published even when nobody answers: the station then says them again.
        """
        if plan.question is None:
            return None, True
        try:
            return await self._services.answers.ask(plan.question), True
        except (NoAnswer, Refusal) as wrong:
            log.warning("question_unanswered", device=self.device, reason=str(wrong))
            if plan.wait is Wait.COMMITTED:
                return None, False
            if plan.needed:
                raise Fault("internal", f"The platform cannot say: {wrong}") from None
            return None, True

    async def _publish(self, plan: Plan) -> None:
        if not plan.facts:
            return
        if plan.wait is Wait.COMMITTED:
            await self._commit(plan.plain, plan.facts)
            return
        try:
            await published([self._send_fact(fact) for fact in plan.facts], within_s=self._services.puback_s)
        except BrokerAway as away:
            raise Fault("internal", f"Not stored: {away}") from None

    async def _commit(self, plain: tuple[Fact, ...], facts: tuple[Fact, ...]) -> None:
        """Publish in order and wait until the facts are acknowledged. Raises Silence."""
        loop = asyncio.get_running_loop()
        waiters = [(fact.boot, fact.seq, loop.create_future()) for fact in facts]
        self._uncommitted += waiters
        try:
            for fact in (*plain, *facts):
                self._send_fact(fact)
            async with asyncio.timeout(self._services.commit_s):
                for _, _, stored in waiters:
                    await stored
        except (BrokerAway, TimeoutError) as why:
            raise Silence(str(why) or "no acknowledgement in time") from None
        finally:
            self._uncommitted = [waiter for waiter in self._uncommitted if waiter not in waiters]

    def _send_fact(self, fact: Fact) -> asyncio.Future[None]:
        return self._services.broker.send(TOPICS[type(fact)] % self.device, messages.encode(fact))

    def _became(self, state: State) -> None:
        before, self.state = self.state, state
        if before.statuses is state.statuses and before.firmware == state.firmware:
            return
        if (before.condition(), before.firmware) != (state.condition(), state.firmware):
            self.say_status(online=True)

    def say_status(self, *, online: bool) -> None:
        """Publish the retained status. Lost while the broker is away: it is said again when it is back."""
        status = messages.Status(
            v=1,
            boot=self.opened_ms,
            seq=0,
            ts_ms=now_ms(),
            online=online,
            state=self.state.condition(),
            fw=self.state.firmware,
        )
        try:
            self._services.broker.send(wire.TOPIC_STATUS % self.device, messages.encode(status), retain=True)
        except BrokerAway:
            log.info("status_not_said", device=self.device, online=online)

    def _tell(self, message: Any) -> None:
        task = asyncio.create_task(self._told(message))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def _told(self, message: Any) -> None:
        try:
            await self._services.answers.ask(message)
        except (NoAnswer, Refusal) as wrong:
            log.info("not_told", device=self.device, reason=str(wrong))

    async def _send(self, frame: str) -> None:
        self._services.rawlog.add(self.device, "out", frame)
        await self._socket.send(frame)

    def _end(self) -> None:
        for task in (*self._background, *([self._worker] if self._worker else [])):
            task.cancel()
        self._caller.end()

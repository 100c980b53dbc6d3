"""One station's conversation: its calls in turn, our calls one at a time.

A call that needs nothing to be waited for is answered at once, in the event loop's own turn. Another one gets a task,
and what comes meanwhile waits behind it; Heartbeats alone are answered out of turn.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from types import ModuleType
from typing import Any

import structlog

from saas.contracts import rpc

from . import frames, schemas, typed
from .calling import Answer, Caller
from .frames import Call, Fault
from .framing import BAD_DATA, Gone
from .publisher import Publisher, Sent, Silence, now_ms
from .registration import Registration
from .services import Services, Socket
from .station import OutCall, Plan, State, Wait

log = structlog.get_logger("ocpp")
MAX_CALLS_WAITING = 32
OUT_OF_TURN = "Heartbeat"
LATE = "no acknowledgement in time"


class Connection:
    """`state` outlives nothing but the connection; `translator` is the module of the version.

    `gone` is called once, with the reason, when the connection has ended.
    """

    __slots__ = (
        "_caller", "_current", "_decoders", "_gone", "_publisher", "_registration", "_services", "_socket", "_telling",
        "_version", "_waiting", "_worker", "device", "state", "translator",
    )  # fmt: skip

    def __init__(
        self,
        socket: Socket,
        translator: ModuleType,
        state: State,
        services: Services,
        *,
        registered: bool,
        gone: Callable[["Connection", str], None],
    ) -> None:
        self.state = state
        self.device = state.device
        self.translator = translator
        self._version: str = translator.VERSION
        self._decoders = typed.decoders(self._version)
        self._socket = socket
        self._services = services
        self._gone = gone
        self._registration = Registration(accepted=registered)
        self._caller = Caller(state.device, self._version, self._send)
        self._current: Call | None = None  # its answer waits for something
        self._waiting: deque[Call] | None = None
        self._worker: asyncio.Task[None] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._publisher = Publisher(state.device, services.broker)

    def received(self, message: bytes, text: bool) -> None:
        """A message of the station."""
        call = typed.read(self._decoders, message) if text else None
        self._services.rawlog.add(self.device, "in", message, harmless=call is not None)
        if call is None:
            self._other(message, text)
        elif self._current is None:
            self._begin(call)
        else:
            self._take(call)

    def _other(self, message: bytes, text: bool) -> None:
        """What has no type: other calls, answers, and whatever breaks a rule."""
        try:
            if not text:
                raise Fault("bad_frame", "OCPP-J uses text frames.")
            frame = frames.parse(message)
        except Fault as fault:
            self._refuse(message, text, fault)
            return
        if isinstance(frame, Call):
            self._take(frame)
        else:
            self._caller.answered(frame)

    def left(self, why: str) -> None:
        """The connection has ended."""
        for task in (self._worker, self._telling):
            if task is not None:
                task.cancel()
        self._caller.end()
        self._gone(self, why)

    def close(self, reason: str) -> None:
        """End the conversation from our side."""
        self._socket.close(1000, reason)

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
        self._publisher.commits.stored(boot, seq)

    def check(self, now: float) -> None:
        """Called about once a second."""
        self._publisher.commits.check(now)

    def _refuse(self, message: bytes, text: bool, fault: Fault) -> None:
        if text and not frames.is_utf8(message):
            self._socket.fail(BAD_DATA, "Text is UTF-8.")
        elif frames.is_answer(message):
            log.warning("broken_answer_dropped", device=self.device, reason=str(fault))
            self._caller.broken(fault.message_id, str(fault))
        else:
            self._say(frames.error(fault, self._version))

    # Calls of the station

    def _take(self, call: Call) -> None:
        """In turn, while the socket goes on hearing answers; a station with too many open calls is not read."""
        if self._current is None:
            self._begin(call)
        elif twin := self._open_call(call.id):
            self._again(call, twin)
        elif call.action == OUT_OF_TURN:
            self._begin(call)
        else:
            self._waiting = self._waiting if self._waiting is not None else deque()
            self._waiting.append(call)
            if len(self._waiting) >= MAX_CALLS_WAITING:
                self._socket.hold()

    def _open_call(self, message_id: str) -> Call | None:
        calls = (self._current, *(self._waiting or ()))
        return next((call for call in calls if call is not None and call.id == message_id), None)

    def _again(self, call: Call, twin: Call) -> None:
        """The id of a call that is still open. Said twice, it is answered once; another call needs another id."""
        if call == twin:
            log.info("repeated_call_dropped", device=self.device, action=call.action, id=call.id)
        else:
            fault = Fault("bad_id", "The message id is that of another open call.", message_id=call.id)
            self._say(frames.error(fault, self._version))

    def _begin(self, call: Call) -> None:
        """Answer at once, or in a task when something must be waited for."""
        try:
            plan = self._plan(call)
            if plan.tell is not None:
                self._tell(plan.tell)
            sent: Sent = []
            if plan.question is None and plan.later is None:
                if plan.wait is Wait.COMMITTED:
                    self._current = call
                    self._commit(plan, lambda stored: self._finish(call, plan, None, stored=stored))
                    return
                sent = self._publisher.publish(plan)
                if not sent:
                    self._conclude(call, plan, None)
                    return
        except Silence as why:
            self._finish(call, plan, None, stored=False, why=str(why))
            return
        except Exception as wrong:
            self._fail(call, wrong)
            return
        self._current = call
        self._worker = asyncio.get_running_loop().create_task(self._work(call, plan, sent))

    async def _work(self, call: Call, plan: Plan, sent: Sent) -> None:
        """Wait for what this call needs."""
        try:
            result = await self._settled(plan, sent)
        except Silence as why:
            self._finish(call, plan, None, stored=False, why=str(why))
        except Exception as wrong:
            self._fail(call, wrong)
            self._next()
        else:
            self._finish(call, plan, result)

    def _finish(self, call: Call, plan: Plan, result: Any, *, stored: bool = True, why: str = LATE) -> None:
        """All has happened that this call waited for, or it will not happen."""
        if stored:
            try:
                self._conclude(call, plan, result)
            except Exception as wrong:
                self._fail(call, wrong)
        else:
            log.info("not_answered", device=self.device, action=call.action, reason=why)
        self._next()

    def _next(self) -> None:
        """Go on with what came meanwhile."""
        self._current = self._worker = None
        while self._waiting and self._current is None:
            self._begin(self._waiting.popleft())
        if not self._waiting:
            self._waiting = None
        self._socket.go_on()

    def _plan(self, call: Call) -> Plan:
        if type(call.payload) is dict:
            self._judge(call)
        if not self._registration.allows(call.action):
            raise Fault("security", "The station is not accepted yet: send BootNotification.")
        plan: Plan = self.translator.translate(call.action, call.payload, self.state, now_ms())
        return plan

    def _judge(self, call: Call) -> None:
        """Raise Fault unless a station may ask this, so."""
        if call.action not in self.translator.ACTIONS:
            known = call.action in schemas.actions(self._version)
            code = "unsupported_action" if known else "unknown_action"
            raise Fault(code, f"{call.action[:50]} is not for a station to ask.")
        schemas.check_request(self._version, call.action, call.payload)

    async def _settled(self, plan: Plan, sent: Sent) -> Any:
        """The result of the plan's question, when all that it waits for has happened. Raises Fault or Silence.

        Facts that must be committed are published even when nobody answers: the station then says them again.
        """
        result, answered = await self._services.ask(plan)
        if plan.wait is Wait.COMMITTED:
            stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
            self._commit(plan, lambda known: None if stored.done() else stored.set_result(known))
            if not await stored:
                raise Silence(LATE)
        else:
            sent = sent or self._publisher.publish(plan)
            await self._publisher.acknowledged(sent, within_s=self._services.puback_s)
        if not answered:
            raise Silence("nobody answered the question")
        return result if plan.later is None else (result, await self._services.ask_if_can(plan.later))

    def _commit(self, plan: Plan, done: Callable[[bool], None]) -> None:
        self._publisher.commit(plan, within_s=self._services.commit_s, done=done)

    def _conclude(self, call: Call, plan: Plan, result: Any) -> None:
        """Remember, and answer."""
        if isinstance(result, rpc.Booted):
            self._registration.accepted = result.status == "Accepted"
        if plan.state is not self.state and call.action != OUT_OF_TURN:
            self._became(plan.state)
        answer = plan.answer(result)
        self._say(frames.result(call.id, answer), harmless=not answer)

    def _fail(self, call: Call, wrong: Exception) -> None:
        if not isinstance(wrong, Fault):
            log.error("call_failed", device=self.device, action=call.action, exc_info=wrong)
            wrong = Fault("internal", "The platform failed.")
        wrong.message_id = call.id
        self._say(frames.error(wrong, self._version))

    # What the platform should know

    def _became(self, state: State) -> None:
        before, self.state = self.state, state
        if before.statuses is state.statuses and before.firmware == state.firmware:
            return
        if (before.condition(), before.firmware) != (state.condition(), state.firmware):
            self.say_status(online=True)

    def say_status(self, *, online: bool) -> None:
        """Say on the broker that the station is here, or gone, and how it is."""
        self._publisher.status(self.state, online=online)

    def _tell(self, message: Any) -> None:
        """In the background, and lost when nobody hears it; not again while nobody heard the last one."""
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._services.tell(message))

    def _say(self, answer: bytes, *, harmless: bool = False) -> None:
        """An answer that nobody waits for any more is dropped."""
        try:
            self._send(answer, harmless=harmless)
        except Gone:
            log.info("answer_dropped", device=self.device)

    def _send(self, frame: bytes, *, harmless: bool = False) -> None:
        self._socket.send(frame)
        self._services.rawlog.add(self.device, "out", frame, harmless=harmless)

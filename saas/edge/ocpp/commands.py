"""Commands of the platform to stations: each is carried out once, and what became of it is said until it is heard.

Ordinary commands mean the same at every device; the translator makes calls of them, and a Reply says how it went. A
command of type `ocpp` is one OCPP call as it stands; `rpc.CallDone` carries the station's own answer to the domain.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import structlog

from saas.contracts import rpc
from saas.contracts.telemetry import messages, wire
from saas.edge.mqtt.rpc import NoAnswer, Refusal

from .calling import CallFailed
from .connection import Connection
from .facts import of_stream, stamped
from .ports import BrokerAway, published
from .publisher import now_ms
from .services import Services
from .station import CannotTranslate, OutCall

log = structlog.get_logger("ocpp")
REMEMBERED = 10_000
WAITING_REPORTS = 2_000  # what nobody wants to hear must not fill the memory
TRANSIENT = ("no_answer", "offline", wire.REFUSE_UNKNOWN)  # a transaction becomes known when the station names it
MUST_GET_THROUGH = (wire.CMD_STOP, wire.CMD_LIMIT)
LONGEST_CALL_S = 600.0
REPORT_PAUSES_S = (0.5, 1, 2, 4, 8, 15, 30)  # about a minute


class OcppData(msgspec.Struct, kw_only=True):
    """`data` of a command of type `ocpp`."""

    action: str
    payload: dict[str, Any]
    timeout_s: float | None = None


class Commands:
    """`station`: the connection of a device, if it is here."""

    def __init__(
        self,
        services: Services,
        station: Callable[[str], Connection | None],
        *,
        pauses_s: tuple[float, ...] = REPORT_PAUSES_S,
    ) -> None:
        self._services = services
        self._station = station
        self._pauses_s = pauses_s
        self._said: OrderedDict[tuple[str, str], messages.Reply | None] = OrderedDict()
        self._reports = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def heard(self, device: str, body: bytes) -> None:
        """A message on the device's `cmd` topic."""
        try:
            command = messages.DECODERS["cmd"].decode(body)
        except msgspec.MsgspecError as wrong:
            log.warning("bad_command", device=device, reason=str(wrong))
            return
        self._begin(self._obey(device, command))

    def end(self) -> None:
        """Drop what is still going on."""
        for task in self._tasks:
            task.cancel()

    async def _obey(self, device: str, command: messages.Command) -> None:
        """A command that comes again gets the same reply again, or none while it is being carried out.

        A stop or a limit that did not get through is not replied to: it is sent again until it expires.
        """
        key, connection = (device, command.id), self._station(device)
        if connection is None:
            return
        if key in self._said:
            await self._reply(device, self._said[key])
            return
        self._remember(key, None)
        if command.type == wire.CMD_OCPP:
            done = await called(connection, command)
            log.info("call_done", device=device, id=command.id, error=done.error, took_ms=done.took_ms)
            await self._report(done)
            return
        error = await carried_out(connection, command)
        log.info("command_done", device=device, type=command.type, id=command.id, error=error)
        if error in TRANSIENT and command.type in MUST_GET_THROUGH:
            self._said.pop(key, None)
            return
        self._said[key] = _reply(device, command, error)
        await self._reply(device, self._said[key])

    async def _reply(self, device: str, reply: messages.Reply | None) -> None:
        if reply is None:
            return
        try:
            sent = self._services.broker.send(wire.TOPIC_REPLY % device, messages.encode(reply))
            await published([sent], within_s=self._services.puback_s)
        except BrokerAway:
            log.warning("reply_not_said", device=device, id=reply.id)

    async def _report(self, done: rpc.CallDone) -> None:
        """Tell the domain, again and again for a minute when nobody hears it."""
        if self._reports >= WAITING_REPORTS:
            log.error("answer_not_told", device=done.device, id=done.id, reason="too many answers wait already")
            return
        self._reports += 1
        try:
            for pause_s in (*self._pauses_s, None):
                if await self._told(done) or pause_s is None:
                    return
                await asyncio.sleep(pause_s)
        finally:
            self._reports -= 1

    async def _told(self, done: rpc.CallDone) -> bool:
        """Also true when asking again is of no use."""
        try:
            await self._services.answers.ask(done)
        except NoAnswer as away:
            log.warning("answer_not_told", device=done.device, id=done.id, reason=str(away))
            return False
        except Refusal as no:
            log.warning("answer_not_wanted", device=done.device, id=done.id, code=no.code, reason=str(no))
            return no.code != "error"
        return True

    def _remember(self, key: tuple[str, str], reply: messages.Reply | None) -> None:
        self._said[key] = reply
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def carried_out(connection: Connection, command: messages.Command) -> str | None:
    """None when every call was accepted, else why not."""
    if command.expires_ms <= now_ms():
        return wire.REFUSE_LATE
    try:
        for out in connection.translator.calls(command, connection.state):
            answer = await connection.call(out, until_ms=command.expires_ms)
            refused = out.verdict(answer.payload)
            if refused:
                return str(refused)
    except (CannotTranslate, CallFailed) as why:
        return str(why)
    return None


async def called(connection: Connection, command: messages.Command) -> rpc.CallDone:
    """Make the one call of a command of type `ocpp`, never a second time."""
    done = rpc.CallDone(device=connection.device, id=command.id)
    try:
        data = msgspec.convert(command.data, OcppData)
    except msgspec.ValidationError as wrong:
        return msgspec.structs.replace(done, error=wire.REFUSE_FORMAT, text=str(wrong))
    timeout_s = min(max(data.timeout_s or connection.call_s, 1.0), LONGEST_CALL_S)
    try:
        answer = await connection.call(
            OutCall(data.action, data.payload), timeout_s=timeout_s, until_ms=command.expires_ms
        )
    except CallFailed as why:
        return msgspec.structs.replace(done, error=str(why), text=why.text, payload=why.payload, took_ms=why.took_ms)
    return msgspec.structs.replace(done, payload=answer.payload, took_ms=answer.took_ms)


def _reply(device: str, command: messages.Command, error: str | None) -> messages.Reply:
    ts_ms = now_ms()
    numbers = of_stream(device, "reply", command.evse, ts_ms, command.id)
    return messages.Reply(**stamped(numbers, ts_ms, command.evse), id=command.id, ok=error is None, error=error)

"""Our calls to one station: one at a time, each with a time-out, answers matched by message id."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from saas.contracts.telemetry import wire

from . import frames, schemas
from .frames import Fault
from .framing import Gone
from .station import OutCall

log = structlog.get_logger("ocpp")
BROKEN = "answer_breaks_schema"


class CallFailed(Exception):
    """The station did not carry out our call.

    The message is a stable code (no_answer, offline, bad_format, answer_breaks_schema, command_expired) or the code of
    the station's own CALLERROR; `text` says more. `payload` is an answer that broke its schema.
    """

    def __init__(self, code: str, text: str = "", *, payload: dict[str, Any] | None = None, took_ms: int = 0) -> None:
        super().__init__(code)
        self.text = text
        self.payload = payload
        self.took_ms = took_ms


class Answer(msgspec.Struct, frozen=True):
    """What the station answered, and how long it took from our call."""

    payload: dict[str, Any]
    took_ms: int


class Caller:
    """`send` puts a frame on the wire, or raises Gone."""

    __slots__ = ("_asked", "_device", "_send", "_turn", "_version")

    def __init__(self, device: str, version: str, send: Callable[[bytes], None]) -> None:
        self._device = device
        self._version = version
        self._send = send
        self._turn = asyncio.Lock()
        self._asked: tuple[str, asyncio.Future[dict[str, Any]]] | None = None

    async def call(self, out: OutCall, *, timeout_s: float, until_ms: int | None = None) -> Answer:
        """The answer to a call; several askers wait for their turn, until `until_ms` at most. Raises CallFailed."""
        self._lawful(out)
        async with self._turn:
            if until_ms is not None and until_ms <= time.time_ns() // 1_000_000:
                raise CallFailed(wire.REFUSE_LATE, "The station was busy with earlier calls.")
            began = time.monotonic()
            try:
                payload = await self._ask(out, timeout_s)
            except CallFailed as failed:
                failed.took_ms = _since(began)
                raise
            took_ms = _since(began)
        self._judge(out, payload, took_ms)
        return Answer(payload, took_ms)

    def answered(self, frame: frames.Result | frames.Refusal) -> None:
        """The station says something back. What nobody asked, or asked too long ago, is dropped."""
        if self._asked is None or self._asked[0] != frame.id or self._asked[1].done():
            log.warning("unknown_answer_dropped", device=self._device, id=frame.id)
        elif isinstance(frame, frames.Result):
            self._asked[1].set_result(frame.payload)
        else:
            self._asked[1].set_exception(CallFailed(frame.code[:60] or "GenericError", frame.text[:255]))

    def broken(self, message_id: str | int, why: str) -> None:
        """The answer to our open call came as a frame that cannot be read."""
        if self._asked and self._asked[0] == message_id and not self._asked[1].done():
            self._asked[1].set_exception(CallFailed(BROKEN, why))

    def end(self) -> None:
        """The station is gone."""
        if self._asked and not self._asked[1].done():
            self._asked[1].set_exception(CallFailed("offline", "The station left before it answered."))

    async def _ask(self, out: OutCall, timeout_s: float) -> dict[str, Any]:
        message_id = str(uuid4())
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._asked = (message_id, answer)
        try:
            async with asyncio.timeout(timeout_s):
                self._send(frames.call(message_id, out.action, out.payload))
                return await answer
        except TimeoutError:
            raise CallFailed("no_answer", f"No answer within {timeout_s:g} seconds.") from None
        except Gone:
            raise CallFailed("offline", "The station left before it answered.") from None
        finally:
            self._asked = None
            answer.cancel()

    def _lawful(self, out: OutCall) -> None:
        if out.action not in schemas.actions(self._version):
            raise CallFailed(wire.REFUSE_FORMAT, f"OCPP {self._version} knows no {out.action[:50]}.")
        try:
            schemas.check_request(self._version, out.action, out.payload)
        except Fault as fault:
            log.warning("bad_call", device=self._device, action=out.action, reason=str(fault), details=fault.details)
            raise CallFailed(wire.REFUSE_FORMAT, _said(fault)) from None

    def _judge(self, out: OutCall, payload: dict[str, Any], took_ms: int) -> None:
        try:
            schemas.check_response(self._version, out.action, payload)
        except Fault as fault:
            log.warning(BROKEN, device=self._device, action=out.action, reason=str(fault), details=fault.details)
            raise CallFailed(BROKEN, _said(fault), payload=payload, took_ms=took_ms) from None


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


def _said(fault: Fault) -> str:
    where = fault.details.get("path", "/")
    return str(fault) if where == "/" else f"{where}: {fault}"

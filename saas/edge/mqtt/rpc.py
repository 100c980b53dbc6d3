"""Questions and answers over the broker: an asyncio client for the gateway, a server with threads for the answers."""

import asyncio
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import structlog

from saas.contracts import rpc

from .link import Link

log = structlog.get_logger("rpc")
Answerer = Callable[[str, Any], Any]
MAX_WAITING = 1000


class NoAnswer(Exception):
    """Nobody answered in time, or the broker is away. Asking again later may succeed."""


class Refusal(Exception):
    """The answer is no. `code` is stable, the message is for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """Asks questions from inside a running event loop. The link is the caller's, and may carry other topics too."""

    def __init__(self, link: Link, *, timeout_s: float = 8.0) -> None:
        self._link = link
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[str, asyncio.Future[bytes]] = {}
        link.on(rpc.ANSWER_FILTER.format(caller=link.client_id), self._heard)

    async def ask(self, question: Any) -> Any:
        """The result of the question's method (see rpc.METHODS). Raises NoAnswer or Refusal."""
        method = rpc.METHOD_OF[type(question)]
        correlation = secrets.token_hex(8)
        topic = rpc.ASK.format(method=method, caller=self._link.client_id, correlation=correlation)
        waiter = self._waiting[correlation] = self._loop.create_future()
        try:
            if not self._link.publish(topic, rpc.encode(question)):
                raise NoAnswer("The broker is away.")
            payload = await asyncio.wait_for(waiter, self._timeout_s)
        except TimeoutError:
            raise NoAnswer(f"No answer to {method} within {self._timeout_s:g} s.") from None
        finally:
            del self._waiting[correlation]
        return _result(method, payload)

    def _heard(self, topic: str, payload: bytes) -> None:
        self._loop.call_soon_threadsafe(self._resolve, topic.rsplit("/", 1)[1], payload)

    def _resolve(self, correlation: str, payload: bytes) -> None:
        waiter = self._waiting.get(correlation)
        if waiter and not waiter.done():
            waiter.set_result(payload)


def _result(method: str, payload: bytes) -> Any:
    answer = rpc.decode_answer(payload)
    if not answer.ok:
        raise Refusal(answer.error or "refused", answer.message or "")
    return rpc.RESULT_DECODERS[method].decode(answer.result)


class Server:
    """Answers questions with `answerer(method, question) -> result struct`, in a few threads.

    `refusals`: exceptions that are an answer (with `code`); any other is logged and answered as `error`. When too many
    questions wait, the newest are dropped: who asks gets NoAnswer and says so.
    """

    def __init__(
        self, link: Link, answerer: Answerer, *, refusals: type[Exception] | tuple[()] = (), threads: int = 4
    ) -> None:
        self._link = link
        self._answerer = answerer
        self._refusals = refusals
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._room = threading.Semaphore(MAX_WAITING)
        link.on(rpc.ASK_FILTER, self._heard)

    def close(self) -> None:
        """Finish what was begun, take nothing new."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _heard(self, topic: str, payload: bytes) -> None:
        if not self._room.acquire(blocking=False):
            log.warning("question_dropped", topic=topic)
            return
        done = self._pool.submit(self._serve, topic, payload)
        done.add_done_callback(lambda _: self._room.release())

    def _serve(self, topic: str, payload: bytes) -> None:
        method, caller, correlation = topic.split("/")[3:6]
        answer = self._answer(method, payload)
        self._link.publish(rpc.ANSWER.format(caller=caller, correlation=correlation), rpc.encode(answer))

    def _answer(self, method: str, payload: bytes) -> rpc.Answer:
        decoder = rpc.QUESTION_DECODERS.get(method)
        if decoder is None:
            return rpc.Answer(ok=False, error="unknown_method", message=f"There is no method {method}.")
        try:
            result = self._answerer(method, decoder.decode(payload))
        except msgspec.MsgspecError as wrong:
            return rpc.Answer(ok=False, error="invalid", message=str(wrong))
        except self._refusals as no:
            return rpc.Answer(ok=False, error=getattr(no, "code", "refused"), message=str(no))
        except Exception:
            log.exception("question_failed", method=method)
            return rpc.Answer(ok=False, error="error", message="The platform failed to answer.")
        return rpc.Answer(ok=True, result=msgspec.Raw(rpc.encode(result)))

"""What the domain should have heard while nobody listened: told again, the newest word of each place alone."""

import asyncio
from collections import OrderedDict
from typing import Any

import msgspec
import structlog

from saas.contracts import rpc
from saas.edge.mqtt.rpc import NoAnswer, Refusal

from .ports import Answers

log = structlog.get_logger("ocpp")
MOST = 10_000
PAUSE_S = 3.0
Key = tuple[object, ...]


class Retelling:
    """Memory is bounded: of too many words the oldest are lost, and logged."""

    def __init__(self, answers: Answers, *, pause_s: float = PAUSE_S) -> None:
        self._answers = answers
        self._pause_s = pause_s
        self._words: OrderedDict[Key, Any] = OrderedDict()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._words)

    def later(self, question: Any) -> None:
        """Nobody answered this: say it again until somebody does."""
        key = _key(question)
        self._words.pop(key, None)
        self._words[key] = question
        if len(self._words) > MOST:
            _, lost = self._words.popitem(last=False)
            log.error("word_lost", device=lost.device, kind=type(lost).__name__)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._tell())

    def heard(self, question: Any) -> None:
        """Somebody answered this: what was to be said of the same thing before is out of date."""
        if self._words:
            self._words.pop(_key(question), None)

    def end(self) -> None:
        """Give up."""
        if self._task is not None:
            self._task.cancel()

    async def _tell(self) -> None:
        while self._words:
            await asyncio.sleep(self._pause_s)
            for key, question in list(self._words.items()):
                if self._words.get(key) is question and not await self._told(key, question):
                    break

    async def _told(self, key: Key, question: Any) -> bool:
        """False when nobody listens still."""
        try:
            await self._answers.ask(question)
        except NoAnswer:
            return False
        except Refusal as no:
            log.warning("word_not_wanted", device=question.device, code=no.code, reason=str(no))
        if self._words.get(key) is question:
            del self._words[key]
        return True


def _key(question: Any) -> Key:
    """What a question is about. A newer status of a connector makes the older one useless; other words all count."""
    if isinstance(question, rpc.StatusReport):
        return question.device, question.evse, question.connector
    return type(question).__name__, msgspec.json.encode(question)

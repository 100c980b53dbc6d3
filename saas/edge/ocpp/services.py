"""What a conversation needs: the socket under it, and what all conversations share."""

from typing import Any, Protocol

import structlog

from saas.edge.mqtt.rpc import NoAnswer, Refusal

from .frames import Fault
from .ports import Answers, Broker
from .rawlog import RawLog
from .retell import Retelling
from .station import Plan, Wait

log = structlog.get_logger("ocpp")


class Socket(Protocol):
    """The part of a WebSocket that a conversation needs."""

    def send(self, message: bytes) -> None:
        """Raises Gone."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Begin to close."""

    def fail(self, code: int, why: str) -> None:
        """Close for a broken rule."""

    def hold(self) -> None:
        """Read no more for now."""

    def go_on(self) -> None:
        """Read again."""


class Services:
    """What all conversations share. Times in seconds: see the defaults."""

    def __init__(self, broker: Broker, answers: Answers, rawlog: RawLog, **times: float) -> None:
        self.broker, self.answers, self.rawlog = broker, answers, rawlog
        self.puback_s = times.get("puback_s", 10.0)
        self.commit_s = times.get("commit_s", 25.0)
        self.call_s = times.get("call_s", 30.0)
        self.keep_alive_s = times.get("keep_alive_s", 30.0)
        self.retelling = Retelling(answers, pause_s=times.get("retell_s", 3.0))

    async def ask(self, plan: Plan) -> tuple[Any, bool]:
        """The result of the plan's question, and whether the station may be answered. Raises Fault."""
        question = plan.question
        if question is None:
            return None, True
        try:
            result = await self.answers.ask(question)
        except (NoAnswer, Refusal) as wrong:
            log.warning("question_unanswered", device=plan.state.device, reason=str(wrong))
            if plan.wait is Wait.COMMITTED:
                return None, False
            if plan.needed:
                raise Fault("internal", f"The platform cannot say: {wrong}") from None
            if isinstance(wrong, NoAnswer):
                self.retelling.later(question)
            return None, True
        self.retelling.heard(question)
        return result, True

    async def ask_if_can(self, question: Any) -> Any:
        """The result; None when nobody says it."""
        try:
            return await self.answers.ask(question)
        except (NoAnswer, Refusal) as wrong:
            log.info("question_unanswered", device=question.device, reason=str(wrong))
            return None

    async def tell(self, message: Any) -> None:
        """Lost when nobody hears it."""
        try:
            await self.answers.ask(message)
        except (NoAnswer, Refusal) as wrong:
            log.info("not_told", device=message.device, reason=str(wrong))

"""What a conversation needs: the socket under it, and what all conversations share."""

from typing import Protocol

from .ports import Answers, Broker
from .rawlog import RawLog
from .retell import Retelling


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

"""The relay, with what belongs to it: how long it may stay closed, how much may flow, pilot and lock."""

from .faults import Sight
from .permit import Permit
from .ports import Board, Mono
from .settings import Settings


class Power:
    def __init__(self, board: Board, mono: Mono, settings: Settings, sight: Sight) -> None:
        self._board = board
        self._mono = mono
        self._settings = settings
        self._sight = sight
        self._deadline_ms = 0  # monotonic: whatever happens to the clock, the relay opens then
        self._asked_ma = 0  # lower limit asked for by a command, 0 for none
        sight.switched_ms = mono.ms()

    def closed(self) -> bool:
        return self._sight.closed

    def time_is_up(self) -> bool:
        return self._mono.ms() >= self._deadline_ms

    def close(self, permit: Permit, left_ms: int) -> None:
        self.follow(permit, left_ms)
        self._sight.closed = True
        self._sight.switched_ms = self._mono.ms()
        self._board.lock(True)
        self._board.offer(self._sight.limit_ma)
        self._board.close_relay()

    def open(self) -> None:
        """At any time, also when it is open already."""
        self._board.open_relay()
        self._board.offer(0)
        self._board.lock(False)
        if self._sight.closed:
            self._sight.closed = False
            self._sight.switched_ms = self._mono.ms()

    def follow(self, permit: Permit, left_ms: int) -> None:
        """The limits of this permit hold from now on."""
        self._deadline_ms = self._mono.ms() + left_ms
        self._set_limit(permit)

    def ask(self, permit: Permit, current_ma: int) -> None:
        """No more than this until the session ends; 0 lifts it. Never above permit and hardware."""
        self._asked_ma = current_ma
        self._set_limit(permit)

    def _set_limit(self, permit: Permit) -> None:
        limits = [self._settings.get("max_current_ma"), permit.current_ma, self._asked_ma]
        self._sight.limit_ma = min([limit for limit in limits if limit])
        if self._sight.closed:
            self._board.offer(self._sight.limit_ma)

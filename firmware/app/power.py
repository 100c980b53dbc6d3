"""The relay, with what belongs to it: how long it may stay closed, how much may flow, pilot and lock."""

from .faults import EASE_MS, Sight
from .permit import Permit
from .ports import Board, Mono
from .settings import Settings

NO_LOAD_MA = 1000  # the relay may break this without wear


class Power:
    def __init__(self, board: Board, mono: Mono, settings: Settings, sight: Sight) -> None:
        self._board = board
        self._mono = mono
        self._settings = settings
        self._sight = sight
        self._deadline_ms = 0  # monotonic: whatever happens to the clock, the relay opens then
        self._granted_ms = 0
        self._limits: tuple[int, int] = (0, 0)  # of the permit, and asked for by a command; 0 for none
        self._eased_ms: int | None = None  # since when the vehicle is asked to stop
        self._ease_until_ms = 0
        self.invited = False
        sight.switched_ms = mono.ms()

    def closed(self) -> bool:
        return self._sight.closed

    def left_ms(self) -> int:
        """Of the paid time, by the monotonic clock. Only while the relay is closed."""
        return self._deadline_ms - self._mono.ms()

    def time_is_up(self) -> bool:
        return self.left_ms() <= 0

    def time_is_nearly_up(self) -> bool:
        """The vehicle should stop now, so that the relay opens on time and without a load."""
        return self.left_ms() <= min(EASE_MS, self._granted_ms // 10)

    def close(self, permit: Permit, left_ms: int, asked_ma: int) -> None:
        self._eased_ms = None
        self.follow(permit, left_ms, asked_ma)
        self._sight.closed = True
        self._sight.switched_ms = self._mono.ms()
        self._board.lock(True)
        self.invited = True
        self._board.offer(self._sight.limit_ma)
        self._board.close_relay()

    def open(self) -> None:
        """At any time, also when it is open already."""
        self.rest()
        self._board.offer(0)
        self._board.lock(False)
        self._eased_ms = None
        self.invited = False

    def rest(self) -> None:
        """The relay opens; the vehicle stays invited and locked."""
        self._board.open_relay()
        if self._sight.closed:
            self._sight.closed = False
            self._sight.switched_ms = self._mono.ms()

    def invite(self) -> None:
        """Tells the vehicle that it may ask for power: it does not before it knows how much there is."""
        if not self.invited:
            self.invited = True
            self._board.offer(self._sight.limit_ma)

    def follow(self, permit: Permit, left_ms: int, asked_ma: int) -> None:
        """The limits of this permit hold from now on; a vehicle that was asked to stop for the end may go on."""
        self._deadline_ms = self._mono.ms() + left_ms
        self._granted_ms = left_ms
        self._eased_ms = None
        self.ask(permit, asked_ma)

    def ask(self, permit: Permit, asked_ma: int) -> None:
        """No more than this; 0 for no limit but the permit's. Never above permit and hardware."""
        self._limits = (permit.current_ma, asked_ma)
        self.adjust()

    def adjust(self) -> None:
        """After a change of temperature or settings."""
        own_ma = self._sight.derating.limit_ma(self._settings.get("max_current_ma"))
        self._sight.limit_ma = min([own_ma] + [limit for limit in self._limits if limit])
        if (self._sight.closed or self.invited) and self._eased_ms is None:
            self._board.offer(self._sight.limit_ma)

    def ease(self, within_ms: int) -> None:
        """Asks the vehicle to stop, once; it has `within_ms` for it."""
        if self._eased_ms is None and self._board.has_pilot():
            self._eased_ms = self._mono.ms()
            self._ease_until_ms = self._eased_ms + within_ms
            self._board.offer(0)

    def eased(self) -> bool:
        return self._eased_ms is not None

    def hurry(self, within_ms: int) -> None:
        """Whatever it was told before: it has no longer than this."""
        self._ease_until_ms = min(self._ease_until_ms, self._mono.ms() + within_ms)

    def may_open(self) -> bool:
        """The vehicle was asked to stop, and has, or had its time."""
        if self._eased_ms is None or self._mono.ms() >= self._ease_until_ms or not self._board.asks():
            return True
        reading = self._sight.reading
        fresh = reading is not None and self._sight.reading_ms > self._eased_ms
        return fresh and reading.current_ma < NO_LOAD_MA  # type: ignore[union-attr]

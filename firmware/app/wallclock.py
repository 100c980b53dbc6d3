"""What time is it? A device has no battery behind its clock, so it must be told, and must doubt what it is told.

Sources: NTP and the platform's acknowledgement (`now_ms`) set the clock. A command's `ts_ms` may be old (it can have
waited at the broker), so it only says "not earlier than this" to a clock that is already set. A leap second, a drift, a
server some seconds wrong are small steps; an hour (a wrong server, summer time by mistake, 1970) is a far one and has
to be confirmed. None of it moves the end of a running session back: that is a monotonic deadline.
"""

from .ports import Mono

EARLIEST_MS = 1704067200000  # 2024-01-01
LATEST_MS = 4102444800000  # 2100-01-01
SLEW_MS = 500  # a step back is spread: at most this much for each report
SMALL_MS = 60_000  # a larger step, in either direction, needs to be confirmed
CONFIRM_MS = 30_000  # … by reports that agree for this long
AGREE_MS = 2_000


class WallClock:
    def __init__(self, mono: Mono, floor_ms: int = 0) -> None:
        """`floor_ms`: a time that has been before this start; an earlier one is doubted from the first word."""
        self._mono = mono
        self._offset = 0
        self._last_ms = 0
        self._floor_ms = floor_ms
        self._doubt: list[int] = []
        self.trusted = False
        self.jumps = 0  # far steps that were believed

    def now_ms(self) -> int:
        """Milliseconds since 1970 UTC, never falling; since the start of the device while nobody has told the time."""
        now = self._mono.ms() + self._offset
        self._last_ms = max(self._last_ms, now)
        return self._last_ms

    def mono_ms(self) -> int:
        return self._mono.ms()

    def set(self, now_ms: int) -> bool:
        """The time by NTP or the platform. False when it was absurd or is still in doubt."""
        if not EARLIEST_MS <= now_ms < LATEST_MS:
            return False
        mono = self._mono.ms()
        step = now_ms - mono - self._offset
        if not self.trusted:
            early = now_ms < self._floor_ms - AGREE_MS
            return self._doubtful(now_ms - mono, mono) if early else self._jump(now_ms - mono)
        if abs(step) > SMALL_MS:
            return self._doubtful(now_ms - mono, mono)
        self._offset += step if step >= 0 else max(step, -SLEW_MS)
        self._doubt = []
        return True

    def hint(self, now_ms: int) -> None:
        """A command was made at this time: it cannot be earlier now."""
        ahead = now_ms - self.now_ms()
        if self.trusted and 0 < ahead <= SMALL_MS:
            self._offset += ahead

    def _jump(self, offset: int) -> bool:
        self._offset = offset
        self._last_ms = 0
        self._doubt = []
        self.jumps += self.trusted
        self.trusted = True
        return True

    def _doubtful(self, offset: int, mono: int) -> bool:
        """A far step is taken only when reports agree for a while: acknowledgements that waited at the broker come in
        a burst and disagree with each other once their age is counted in; a wrong time server disagrees with them."""
        if not self._doubt or abs(self._doubt[0] - offset) > AGREE_MS:
            self._doubt = [offset, mono]
        elif mono - self._doubt[1] >= CONFIRM_MS:
            return self._jump(offset)
        return False

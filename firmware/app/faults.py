"""When power must go: a table of what is watched. A new watch is one line and one small function."""

from .ports import Board, Reading
from .settings import Settings
from .words import W

STUCK_MA = 500  # more than this with the relay open is not noise
SETTLE_MS = 2000  # a relay that was just opened, a filter in the meter
OBEY_MS = 6000  # a vehicle has five seconds to follow a lower limit (IEC 61851-1)
COOL_MC = 10000  # hysteresis of the temperature


class Sight:
    """Everything a watch may look at, at one moment."""

    def __init__(self, board: Board, settings: Settings) -> None:
        self.board = board
        self.settings = settings
        self.closed = False
        self.switched_ms = 0  # when the relay last changed
        self.limit_ma = 0  # what the vehicle may draw
        self.reading: Reading | None = None
        self.reading_ms = 0
        self.now_ms = 0  # monotonic


def _current_ma(sight: Sight) -> int:
    return sight.reading.current_ma if sight.reading else 0


def _over_current(sight: Sight, active: bool) -> bool:
    return sight.closed and _current_ma(sight) * 10 > sight.limit_ma * 11


def _short_circuit(sight: Sight, active: bool) -> bool:
    return sight.closed and _current_ma(sight) * 2 > sight.settings.get("max_current_ma") * 3


def _too_hot(sight: Sight, active: bool) -> bool:
    temperature = sight.board.temperature_mc()
    limit = sight.settings.get("max_temperature_mc") - (COOL_MC if active else 0)
    return temperature is not None and temperature >= limit


def _stuck(sight: Sight, active: bool) -> bool:
    settled = sight.now_ms - sight.switched_ms >= SETTLE_MS and sight.reading_ms > sight.switched_ms
    fresh = sight.now_ms - sight.reading_ms < SETTLE_MS
    return not sight.closed and settled and fresh and _current_ma(sight) > STUCK_MA


def _meter_silent(sight: Sight, active: bool) -> bool:
    since = max(sight.reading_ms, sight.switched_ms)
    silent = sight.now_ms - since >= sight.settings.get("meter_timeout_s") * 1000
    return silent if sight.closed else active and sight.now_ms - sight.reading_ms >= SETTLE_MS


def _opened_case(sight: Sight, active: bool) -> bool:
    return sight.board.tampered()


# code, condition, how long it must hold before power goes, how long it must be gone before the fault is cleared (ms)
WATCHES = (
    (W.FAULT_OVER_CURRENT, _over_current, OBEY_MS, 60000),
    (W.FAULT_OVER_CURRENT, _short_circuit, 0, 60000),
    (W.FAULT_OVER_TEMPERATURE, _too_hot, 0, 10000),
    (W.FAULT_STUCK_RELAY, _stuck, 1000, 10000),
    (W.FAULT_METER, _meter_silent, 0, 2000),
    (W.FAULT_TAMPER, _opened_case, 0, 5000),
)


class Faults:
    def __init__(self) -> None:
        self.active: list[str] = []
        self._since: list[int | None] = [None] * len(WATCHES)  # when the condition was first seen, unbroken
        self._gone: dict[str, int] = {}

    def raise_now(self, code: str) -> bool:
        """False when it is known already."""
        self._gone.pop(code, None)
        if code in self.active:
            return False
        self.active.append(code)
        return True

    def look(self, sight: Sight) -> "tuple[list[str], list[str]]":
        """What has just been raised, and what has just been cleared."""
        present: list[str] = []
        raised: list[str] = []
        for index in range(len(WATCHES)):
            code, condition, hold_ms, _ = WATCHES[index]
            since = self._note(index, condition(sight, code in self.active), sight.now_ms)
            if since is None:
                continue
            present.append(code)
            if sight.now_ms - since >= hold_ms and self.raise_now(code):
                raised.append(code)
        return raised, self._clear(present, sight.now_ms)

    def _note(self, index: int, seen: bool, now_ms: int) -> "int | None":
        if not seen:
            self._since[index] = None
        elif self._since[index] is None:
            self._since[index] = now_ms
        return self._since[index]

    def _clear(self, present: "list[str]", now_ms: int) -> "list[str]":
        cleared: list[str] = []
        for code in list(self.active):
            if code in present:
                self._gone.pop(code, None)
            elif now_ms - self._gone.setdefault(code, now_ms) >= _clear_ms(code):
                self.active.remove(code)
                del self._gone[code]
                cleared.append(code)
        return cleared


def _clear_ms(code: str) -> int:
    for row in WATCHES:
        if row[0] == code:
            return row[3]
    return 0

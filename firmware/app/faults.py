"""When power must go: a table of what is watched. A new watch is one line and one small function."""

from .derating import Derating
from .evidence import Evidence
from .ports import Board, Reading
from .register import Register
from .settings import Settings
from .strain import FULL, Strain
from .words import W

STUCK_MA = 500  # more than this with the relay open is not noise
SETTLE_MS = 2000  # a relay that was just opened, a filter in the meter
OBEY_MS = 6000  # a vehicle has five seconds to follow a lower limit (IEC 61851-1)
COOL_MC = 10000  # hysteresis of the temperature
TOO_LATE_MC = 5000  # so far above the highest temperature the vehicle is not asked any more
EASE_MS = 3000  # a vehicle stops within three seconds when the pilot says so (IEC 61851-1)
BACK_MV = 200  # hysteresis of the supply


class Sight:
    """Everything a watch may look at, at one moment."""

    def __init__(self, board: Board, settings: Settings, last_wh: "int | None" = None) -> None:
        self.board = board
        self.settings = settings
        self.closed = False
        self.switched_ms = 0  # when the relay last changed
        self.limit_ma = 0  # what the vehicle may draw
        self.reading: Reading | None = None
        self.reading_ms = 0
        self.measured_ms = 0  # the first reading since the relay last changed
        self.now_ms = 0  # monotonic
        self.temperature_mc: int | None = None
        self.supply_mv: int | None = None
        self.strain = Strain()
        self.derating = Derating()
        self.evidence = Evidence(last_wh)

    def begin(self, now_ms: int) -> int:
        """A new moment; how long it is after the last one."""
        passed_ms, self.now_ms = (now_ms - self.now_ms if self.now_ms else 0), now_ms
        self.temperature_mc = self.board.temperature_mc()
        self.supply_mv = self.board.supply_mv()
        return passed_ms

    def read(self, reading: Reading, now_ms: int) -> None:
        if self.reading_ms <= self.switched_ms:
            self.measured_ms = now_ms
        self.reading, self.reading_ms = reading, now_ms

    def weigh(self, register: Register, passed_ms: int) -> None:
        """What has piled up since the last moment, from the newest reading of the meter."""
        reading = self.reading
        since_ms = self.now_ms - self.measured_ms if self.reading_ms >= self.switched_ms else 0
        flowing = reading if reading and self.closed and self.reading_ms >= self.switched_ms else None
        self.strain.take(flowing.current_ma if flowing else 0, self.settings.get("max_current_ma"), passed_ms)
        if reading and register.known:
            power_w = flowing.power_w if flowing else 0
            self.evidence.look(register.total_wh, power_w, self.closed, since_ms, self.now_ms, passed_ms)


def _current_ma(sight: Sight) -> int:
    return sight.reading.current_ma if sight.reading else 0


def _disobeyed(sight: Sight, active: bool) -> bool:
    return sight.closed and _current_ma(sight) * 10 > sight.limit_ma * 11


def _strained(sight: Sight, active: bool) -> bool:
    return sight.strain.dose >= FULL


def _nearly_strained(sight: Sight, active: bool) -> bool:
    left_ms = sight.strain.left_ms
    return left_ms is not None and left_ms <= EASE_MS and sight.board.has_pilot()


def _too_hot(sight: Sight, active: bool) -> bool:
    limit = sight.settings.get("max_temperature_mc") - (COOL_MC if active else 0)
    return sight.temperature_mc is not None and sight.temperature_mc >= limit


def _far_too_hot(sight: Sight, active: bool) -> bool:
    limit = sight.settings.get("max_temperature_mc") + TOO_LATE_MC
    return sight.temperature_mc is not None and sight.temperature_mc >= limit


def _stuck(sight: Sight, active: bool) -> bool:
    settled = sight.now_ms - sight.switched_ms >= SETTLE_MS and sight.reading_ms > sight.switched_ms
    fresh = sight.now_ms - sight.reading_ms < SETTLE_MS
    return not sight.closed and settled and fresh and _current_ma(sight) > STUCK_MA


def _does_not_follow(sight: Sight, active: bool) -> bool:
    contact = sight.board.contact()
    return contact is not None and contact != sight.closed


def _meter_silent(sight: Sight, active: bool) -> bool:
    since = max(sight.reading_ms, sight.switched_ms)
    silent = sight.now_ms - since >= sight.settings.get("meter_timeout_s") * 1000
    return silent if sight.closed else active and sight.now_ms - sight.reading_ms >= SETTLE_MS


def _meter_frozen(sight: Sight, active: bool) -> bool:
    return sight.evidence.frozen()


def _weak_supply(sight: Sight, active: bool) -> bool:
    limit = sight.settings.get("min_supply_mv") + (BACK_MV if active else 0)
    return sight.supply_mv is not None and sight.supply_mv < limit


def _weak_mains(sight: Sight, active: bool) -> bool:
    fresh = sight.reading is not None and sight.now_ms - sight.reading_ms < SETTLE_MS
    return fresh and sight.reading.voltage_mv < sight.settings.get("min_voltage_mv")  # type: ignore[union-attr]


def _opened_case(sight: Sight, active: bool) -> bool:
    return sight.board.tampered()


def _unmetered(sight: Sight, active: bool) -> bool:
    return sight.evidence.unmetered()


# code; condition; how long it must hold before power goes; how long it must be gone before the fault is cleared, None:
# until a person clears it; how long the vehicle may take to stop by the pilot before the relay breaks its current (ms)
WATCHES = (
    (W.FAULT_BROWN_OUT, _weak_supply, 0, 10000, 0),
    (W.FAULT_BROWN_OUT, _weak_mains, 1000, 10000, 0),
    (W.FAULT_OVER_CURRENT, _strained, 0, 60000, 0),
    (W.FAULT_OVER_CURRENT, _nearly_strained, 0, 60000, EASE_MS),
    (W.FAULT_OVER_CURRENT, _disobeyed, OBEY_MS, 60000, 1000),
    (W.FAULT_OVER_TEMPERATURE, _far_too_hot, 0, 10000, 0),
    (W.FAULT_OVER_TEMPERATURE, _too_hot, 0, 10000, EASE_MS),
    (W.FAULT_STUCK_RELAY, _stuck, 1000, None, 0),
    (W.FAULT_STUCK_RELAY, _does_not_follow, 1000, None, 0),
    (W.FAULT_METER, _meter_silent, 0, 2000, EASE_MS),
    (W.FAULT_METER, _meter_frozen, 0, 2000, EASE_MS),
    (W.FAULT_TAMPER, _opened_case, 0, 5000, 0),
    (W.FAULT_UNMETERED, _unmetered, 0, 5000, 0),
)
LASTING = tuple([row[0] for row in WATCHES if row[3] is None])
PAUSES = (W.FAULT_BROWN_OUT,)  # power goes, the session stays


class Faults:
    def __init__(self, lasting: "list[str]") -> None:
        """`lasting`: faults of earlier starts that no person has cleared yet."""
        self.active: list[str] = list(lasting)
        self.cut = False  # at this moment something is seen that does not wait for the vehicle
        self._present: list[str] = []
        self._since: list[int | None] = [None] * len(WATCHES)  # when the condition was first seen, unbroken
        self._gone: dict[str, int] = {}

    def raise_now(self, code: str) -> bool:
        """False when it is known already."""
        self._gone.pop(code, None)
        if code in self.active:
            return False
        self.active.append(code)
        return True

    def clear_now(self, code: str) -> bool:
        """A person has looked. False while the cause is still there."""
        if code in self._present:
            return False
        self.active.remove(code)
        return True

    def look(self, sight: Sight) -> "tuple[list[tuple[str, int]], list[str]]":
        """What has just been raised, with the time the vehicle may take to stop, and what has just been cleared."""
        self._present, self.cut = [], False
        raised: list[tuple[str, int]] = []
        for index in range(len(WATCHES)):
            code, condition, hold_ms, _, ease_ms = WATCHES[index]
            since = self._note(index, condition(sight, code in self.active), sight.now_ms)
            if since is None:
                continue
            self._present.append(code)
            if sight.now_ms - since >= hold_ms:
                self.cut = self.cut or not ease_ms
                if self.raise_now(code):
                    raised.append((code, ease_ms))
        return raised, self._clear(sight.now_ms)

    def _note(self, index: int, seen: bool, now_ms: int) -> "int | None":
        if not seen:
            self._since[index] = None
        elif self._since[index] is None:
            self._since[index] = now_ms
        return self._since[index]

    def _clear(self, now_ms: int) -> "list[str]":
        cleared: list[str] = []
        for code in list(self.active):
            gone_ms = _clear_ms(code)
            if code in self._present or gone_ms is None:
                self._gone.pop(code, None)
            elif now_ms - self._gone.setdefault(code, now_ms) >= gone_ms:
                self.active.remove(code)
                del self._gone[code]
                cleared.append(code)
        return cleared


def _clear_ms(code: str) -> "int | None":
    for row in WATCHES:
        if row[0] == code:
            return row[3]
    return 0

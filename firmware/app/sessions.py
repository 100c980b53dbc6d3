"""The life of a session: permit, presence, start, limits, end. The vehicle is asked to stop before the relay opens."""

from .book import Book
from .faults import EASE_MS, LASTING, PAUSES, Faults, Sight
from .memory import Memory, Session
from .permit import Permit
from .ports import Mono
from .power import Power
from .refused import Refused
from .register import Register
from .settings import Settings
from .voice import Voice, known
from .wallclock import WallClock
from .words import W

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

LAST_MS = 1000  # at this power, the paid energy is delivered within so long: the vehicle is asked to stop


class Sessions:
    def __init__(
        self,
        memory: Memory,
        book: Book,
        power: Power,
        faults: Faults,
        sight: Sight,
        register: Register,
        clock: WallClock,
        mono: Mono,
        settings: Settings,
        voice: Voice,
        read_meter: "Callable[[], None]",
    ) -> None:
        self._memory = memory
        self._book = book
        self._power = power
        self._faults = faults
        self._sight = sight
        self._register = register
        self._clock = clock
        self._mono = mono
        self._settings = settings
        self._voice = voice
        self._read_meter = read_meter
        self._jumps = 0  # of the clock, when power began to flow

    # what the platform and people ask for

    def accept(self, permit: Permit) -> None:
        """Stores a permit, or lengthens the running session by one. Raises Refused by name."""
        self._book.check(permit, self._clock)
        for code in self._faults.active:
            if code in LASTING:
                raise Refused(W.REFUSE_FAULT)
        session = self._memory.session
        if session and session.permit.session == permit.session:
            self._extend(session, permit)
        self._book.hold(permit)
        self._voice.event(W.EV_PERMIT, {"session": permit.session})

    def activate(self, name: str, method: str, card: "str | None" = None) -> None:
        """Presence is proved: power as soon as the vehicle is plugged in. Raises Refused by name."""
        running = self._memory.session
        if running and running.permit.session == name and not running.ending:
            return
        permit = self._book.find(name)
        if not self._clock.trusted:
            raise Refused(W.REFUSE_CLOCK)
        permit.check_open(self._clock.now_ms())
        if running:
            raise Refused(W.REFUSE_BUSY)
        self._require_healthy()
        self._memory.session = Session(permit)
        self._memory.session.card = card
        self._memory.dirty = True
        self._power.ask(permit, 0)
        if method == "code":
            self._voice.event(W.EV_PRESENCE, {"session": name, "method": method})
        self._announce_start()

    def call_off(self, name: "str | None") -> None:
        """Ends the session, or throws its permit away before it began. Raises Refused(unknown_session)."""
        session = self._memory.session
        if session and name in (None, session.permit.session):
            self.ask_end(W.STOP_REMOTE)
        else:
            self._book.find(name or "")
            self._book.drop(name or "")

    def limit(self, current_ma: int) -> None:
        """Lowers what the vehicle may draw until the session ends, also over a restart. Raises
        Refused(unknown_session) without a session."""
        session = self._memory.session
        if not session:
            raise Refused(W.REFUSE_UNKNOWN)
        session.limit_ma = current_ma
        self._memory.dirty = True
        self._power.ask(session.permit, current_ma)

    # the end

    def ask_end(self, reason: str, code: "str | None" = None, within_ms: int = EASE_MS) -> None:
        """The session is over as soon as the vehicle has stopped, or has had its time; at once where it does not
        hear. From now on no power cut brings it back."""
        session = self._memory.session
        if session and not session.ending and self._power.closed():
            self._power.ease(within_ms)
            if self._power.eased():
                session.ending, session.ending_code = reason, code
                self._memory.dirty = True
                return
        self.stop(reason, code)

    def stop(self, reason: str, code: "str | None" = None) -> None:
        """Power off; then the session is over for good, and its end is told."""
        self._power.open()
        session = self._memory.session
        if not session:
            return
        self._read_meter()
        self._memory.session = None
        self._book.drop(session.permit.session)
        if session.ending:
            reason, code = session.ending, session.ending_code
            if code:
                self.tell_fault(code)
        if session.meter_start_wh is not None:
            self._voice.event(W.EV_STOPPED, known({"session": session.permit.session, "reason": reason, "code": code}))

    def fault(self, code: str, ease_ms: int) -> None:
        """Power goes; then it is told."""
        self._memory.faults = list(self._faults.active)
        self._memory.dirty = True
        session = self._memory.session
        begun = session is not None and session.meter_start_wh is not None
        if session and begun and ease_ms and not session.ending:
            self._power.ease(ease_ms)
            if self._power.closed() and self._power.eased():
                self._power.hurry(ease_ms)
                session.ending, session.ending_code = W.STOP_FAULT, code
                self._memory.dirty = True
                return
        self._power.open()
        self.tell_fault(code)
        if session and begun and (session.ending or code not in PAUSES):
            self.stop(W.STOP_FAULT, code)

    def tell_fault(self, code: str) -> None:
        unmetered = "%d Wh" % self._sight.evidence.unmetered_wh if code == W.FAULT_UNMETERED else None
        self._voice.event(W.EV_FAULT, known({"code": code, "reason": unmetered}))

    # one step

    def drive(self) -> None:
        session = self._memory.session
        if session and self._power.closed():
            self._drive_flowing(session)
        elif session and self._clock.trusted:
            self._drive_waiting(session)

    def _drive_flowing(self, session: Session) -> None:
        reason = self._end_reason(session)
        if reason:
            self.stop(reason)
        elif session.ending:
            if self._faults.cut or self._power.may_open():
                self.stop(session.ending, session.ending_code)
        elif not self._power.eased() and not self._sight.board.asks():
            self._power.rest()  # the vehicle is full, or pauses
        elif self._energy_is_nearly_up(session):
            self.ask_end_softly(W.STOP_ENERGY)
        elif self._power.time_is_nearly_up():
            self._power.ease(EASE_MS)

    def ask_end_softly(self, reason: str) -> None:
        """Like `ask_end`, but where the vehicle does not hear, power stays to the end."""
        session = self._memory.session
        self._power.ease(EASE_MS)
        if session and self._power.eased():
            session.ending, session.ending_code = reason, None
            self._memory.dirty = True

    def _drive_waiting(self, session: Session) -> None:
        """Presence is proved but the relay is open: no vehicle yet, or power came back in mid-session."""
        begun = session.meter_start_wh is not None
        stopping = [code for code in self._faults.active if code not in PAUSES]
        if session.ending or self._clock.now_ms() >= session.permit.end_ms or session.is_used_up():
            self.stop(W.STOP_TIME if self._power.invited and session.left_ms is not None else W.STOP_POWER_LOSS)
        elif begun and stopping:
            self.stop(W.STOP_FAULT, stopping[0])
        elif begun and not self._sight.board.plugged():
            self.stop(W.STOP_UNPLUGGED)
        elif begun and self._meter_is_stale() and self._faults.raise_now(W.FAULT_METER):
            self.fault(W.FAULT_METER, 0)
        else:
            self._announce_start()
            self._memory.commit()
            self.close_if_due()

    def _end_reason(self, session: Session) -> "str | None":
        permit = session.permit
        # The monotonic deadline holds whatever happens to the clock. A clock that is put right by some seconds may end
        # it sooner, one that jumps by an hour may not: who knows which of the two hours was wrong.
        steady = self._clock.jumps == self._jumps
        if self._power.time_is_up() or (steady and self._clock.now_ms() >= permit.end_ms):
            return W.STOP_TIME
        if permit.energy_wh and self._delivered_wh(session) >= permit.energy_wh:
            return W.STOP_ENERGY
        return None

    def _delivered_wh(self, session: Session) -> int:
        return self._register.total_wh - (session.meter_start_wh or 0)

    def _energy_is_nearly_up(self, session: Session) -> bool:
        limit_wh, reading = session.permit.energy_wh, self._sight.reading
        if not limit_wh or not reading or not reading.power_w:
            return False
        return (limit_wh - self._delivered_wh(session)) * 3_600_000 <= reading.power_w * LAST_MS

    def _extend(self, session: Session, permit: Permit) -> None:
        """By as much as the end moved, whatever the clock says now."""
        more_ms = permit.end_ms - session.permit.end_ms
        if more_ms <= 0 or session.ending:
            raise Refused(W.REFUSE_BUSY)
        permit.check_open(self._clock.now_ms())
        session.permit = permit
        if session.left_ms is not None:
            session.left_ms += more_ms
        left_ms = permit.end_ms - self._clock.now_ms()
        if self._power.closed():
            left_ms = min(left_ms, self._power.left_ms() + more_ms)
        self._power.follow(permit, left_ms, session.limit_ma)

    # the relay

    def _ready(self) -> bool:
        fresh = self._sight.reading is not None and not self._meter_is_stale()
        return self._sight.board.plugged() and fresh and not self._faults.active

    def _meter_is_stale(self) -> bool:
        since = max(self._sight.reading_ms, self._sight.switched_ms)
        return self._mono.ms() - since >= self._settings.get("meter_timeout_s") * 1000

    def _require_healthy(self) -> None:
        if self._meter_is_stale() and self._faults.raise_now(W.FAULT_METER):
            self.fault(W.FAULT_METER, 0)
        if self._faults.active:
            raise Refused(W.REFUSE_FAULT)

    def _announce_start(self) -> None:
        """Invites the vehicle. Once it asks, writes down that the session begins; the relay follows when that is safe
        on the flash."""
        session = self._memory.session
        if not session or not self._ready():
            return
        self._power.ask(session.permit, session.limit_ma)
        self._power.invite()
        if session.meter_start_wh is not None or not self._sight.board.asks():
            return
        session.meter_start_wh = self._register.total_wh
        self._memory.dirty = True
        self._voice.event(W.EV_STARTED, {"session": session.permit.session})

    def close_if_due(self) -> None:
        session = self._memory.session
        if not session or self._power.closed() or session.meter_start_wh is None or not self._ready():
            return
        if not self._sight.board.asks():
            return
        left_ms = session.permit.end_ms - self._clock.now_ms()
        if session.left_ms is not None:  # a clock that tells less than the truth after a power cut lengthens nothing
            left_ms = min(left_ms, session.left_ms)
        if session.ending or not self._clock.trusted or left_ms <= 0:
            return
        if self._clock.now_ms() < session.permit.start_ms:
            return
        self._jumps = self._clock.jumps
        self._power.close(session.permit, left_ms, session.limit_ma)

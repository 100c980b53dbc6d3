"""The adapter: who may have power, for how long, and what must be said about it.

Calls come in from outside: `step` (often), `type_code` (from the keypad), and those of `commands` (from the platform).
Each ends with one commit (`settle`), so that a power cut leaves either all of its effects or none. Power is given only
after the commit and taken away before it.
"""

from .book import Book
from .faults import Faults, Sight
from .files import Files
from .memory import Memory, Session
from .outbox import Outbox
from .permit import Permit
from .ports import Board, Meter, Mono
from .power import Power
from .refused import Refused
from .register import Register
from .sampler import Sampler
from .settings import Settings
from .voice import Voice, known
from .wallclock import WallClock
from .words import W

FIRMWARE = "1.0.0"
CAPACITY = 512


class Adapter:
    def __init__(
        self,
        device: str,
        key: bytes,
        boot: int,
        board: Board,
        meter: Meter,
        mono: Mono,
        files: Files,
        now_ms: int = 0,
        capacity: int = CAPACITY,
    ) -> None:
        """`boot` is a random number of 62 bits, new at each start. Messages of earlier starts are still in `files`.

        `now_ms`: the time, where it is known at the start (a clock chip, a soft reset); else 0.
        """
        board.open_relay()
        self.device = device
        self.board = board
        self.mono = mono
        self.meter = meter
        self.clock = WallClock(mono)
        self.clock.set(now_ms)
        self.outbox = Outbox(files, capacity)
        self.memory = Memory(files, self.outbox)
        self.register = Register(self.memory.base_wh, self.outbox.high_wh)
        self.settings = Settings(self.memory.settings)
        self.book = Book(device, key, self.memory, mono)
        self.voice = Voice(boot, self.clock, self.register, self.memory, self.outbox)
        self.faults = Faults()
        self.sight = Sight(board, self.settings)
        self.power = Power(board, mono, self.settings, self.sight)
        self.sampler = Sampler(self.voice, self.register, self.clock, self.settings, self.sight)
        self._plugged = board.plugged()
        self._lock_told = False
        self.voice.event(W.EV_BOOT, {"fw": FIRMWARE})
        self.memory.commit()

    def state(self) -> str:
        if self.faults.active:
            return W.STATE_FAULT
        if self.power.closed():
            return W.STATE_CHARGING
        return W.STATE_PLUGGED if self._plugged else W.STATE_IDLE

    def step(self) -> None:
        """Looks at everything once. To be called several times a second; never waits."""
        self.sight.now_ms = self.mono.ms()
        self._read_meter()
        self._watch()
        self._follow_plug()
        self._drive()
        session = self.memory.session
        self.sampler.step(session.permit.session if session and self.power.closed() else None)
        self.memory.commit()

    def settle(self) -> None:
        """Ends a call from outside: writes down what it changed, then gives power if that is due."""
        self.memory.commit()
        self._close_if_due()

    def type_code(self, code: str) -> "str | None":
        """The one-time code on the keypad. None when it opened a session, else the reason of the refusal."""
        session = None
        try:
            permit = self.book.by_code(code)
            session = permit.session
            self.activate(session, "code")
        except Refused as refusal:
            self._tell_refusal(session, refusal.reason)
            self.memory.commit()
            return refusal.reason
        self._lock_told = False
        self.settle()
        return None

    def _tell_refusal(self, session: "str | None", reason: str) -> None:
        """A locked keypad is told once: whoever goes on typing must not fill the flash."""
        if reason != W.REFUSE_LOCKED or not self._lock_told:
            self.voice.event(W.EV_REFUSED, known({"session": session, "reason": reason, "method": "code"}))
        self._lock_told = reason == W.REFUSE_LOCKED

    # sessions

    def accept(self, permit: Permit) -> None:
        """Stores a permit, or lengthens the running session by one. Raises Refused by name."""
        self.book.check(permit, self.clock)
        session = self.memory.session
        if session and session.permit.session == permit.session:
            self._extend(session, permit)
        self.book.hold(permit)
        self.voice.event(W.EV_PERMIT, {"session": permit.session})

    def activate(self, name: str, method: str) -> None:
        """Presence is proved: power as soon as the vehicle is plugged in. Raises Refused by name."""
        running = self.memory.session
        if running and running.permit.session == name:
            return
        permit = self.book.find(name)
        if not self.clock.trusted:
            raise Refused(W.REFUSE_CLOCK)
        permit.check_open(self.clock.now_ms())
        if running:
            raise Refused(W.REFUSE_BUSY)
        self._require_healthy()
        self.memory.session = Session(permit)
        self.memory.dirty = True
        self.power.ask(permit, 0)
        if method == "code":
            self.voice.event(W.EV_PRESENCE, {"session": name, "method": method})
        self._announce_start()

    def call_off(self, name: "str | None") -> None:
        """Ends the session, or throws its permit away before it began. Raises Refused(unknown_session)."""
        session = self.memory.session
        if session and name in (None, session.permit.session):
            self.stop(W.STOP_REMOTE)
        else:
            self.book.find(name or "")
            self.book.drop(name or "")

    def stop(self, reason: str, code: "str | None" = None) -> None:
        """Power off first; then the session is over for good, and its end is told."""
        self.power.open()
        session = self.memory.session
        if not session:
            return
        self._read_meter()
        self.memory.session = None
        self.book.drop(session.permit.session)
        if session.meter_start_wh is not None:
            self.voice.event(W.EV_STOPPED, known({"session": session.permit.session, "reason": reason, "code": code}))

    def limit(self, current_ma: int) -> None:
        """Lowers what the vehicle may draw until the session ends. Raises Refused(unknown_session) without one."""
        session = self.memory.session
        if not session:
            raise Refused(W.REFUSE_UNKNOWN)
        self.power.ask(session.permit, current_ma)

    # one step

    def _read_meter(self) -> None:
        reading = self.meter.poll()
        if not reading:
            return
        self.sight.reading = reading
        self.sight.reading_ms = self.mono.ms()
        if self.register.update(reading.counter_wh):
            self.memory.base_wh = self.register.base_wh
            self.memory.dirty = True

    def _watch(self) -> None:
        raised, cleared = self.faults.look(self.sight)
        for code in raised:
            self._fault(code)
        for code in cleared:
            self.voice.event(W.EV_CLEARED, {"code": code})

    def _fault(self, code: str) -> None:
        self.power.open()
        self.voice.event(W.EV_FAULT, {"code": code})
        session = self.memory.session
        if session and session.meter_start_wh is not None:
            self.stop(W.STOP_FAULT, code)

    def _follow_plug(self) -> None:
        plugged = self.board.plugged()
        if plugged == self._plugged:
            return
        self._plugged = plugged
        if not plugged and self.power.closed():
            self.stop(W.STOP_UNPLUGGED)
        self.voice.event(W.EV_PLUGGED if plugged else W.EV_UNPLUGGED)

    def _drive(self) -> None:
        session = self.memory.session
        if session and self.power.closed():
            reason = self._end_reason(session)
            if reason:
                self.stop(reason)
        elif session and self.clock.trusted:
            self._drive_waiting(session)

    def _drive_waiting(self, session: Session) -> None:
        """Presence is proved but the relay is open: no vehicle yet, or power came back in mid-session."""
        begun = session.meter_start_wh is not None
        if self.clock.now_ms() >= session.permit.end_ms:
            self.stop(W.STOP_POWER_LOSS)
        elif begun and self.faults.active:
            self.stop(W.STOP_FAULT, self.faults.active[0])
        elif begun and not self._plugged:
            self.stop(W.STOP_UNPLUGGED)
        elif begun and self._meter_is_stale() and self.faults.raise_now(W.FAULT_METER):
            self._fault(W.FAULT_METER)
        else:
            self._announce_start()
            self.settle()

    def _end_reason(self, session: Session) -> "str | None":
        permit = session.permit
        start_wh = session.meter_start_wh or 0
        # The monotonic deadline holds whatever happens to the clock; a clock that was put right may end it sooner.
        if self.power.time_is_up() or self.clock.now_ms() >= permit.end_ms:
            return W.STOP_TIME
        if permit.energy_wh and self.register.total_wh - start_wh >= permit.energy_wh:
            return W.STOP_ENERGY
        return None

    def _extend(self, session: Session, permit: Permit) -> None:
        if permit.end_ms <= session.permit.end_ms:
            raise Refused(W.REFUSE_BUSY)
        permit.check_open(self.clock.now_ms())
        session.permit = permit
        self.power.follow(permit, permit.end_ms - self.clock.now_ms())

    # the relay

    def _ready(self) -> bool:
        fresh = self.sight.reading is not None and not self._meter_is_stale()
        return self._plugged and fresh and not self.faults.active

    def _meter_is_stale(self) -> bool:
        since = max(self.sight.reading_ms, self.sight.switched_ms)
        return self.mono.ms() - since >= self.settings.get("meter_timeout_s") * 1000

    def _require_healthy(self) -> None:
        if self._meter_is_stale() and self.faults.raise_now(W.FAULT_METER):
            self._fault(W.FAULT_METER)
        if self.faults.active:
            raise Refused(W.REFUSE_FAULT)

    def _announce_start(self) -> None:
        """Writes down that the session begins; the relay follows once that is safe on the flash."""
        session = self.memory.session
        if not session or not self._ready() or session.meter_start_wh is not None:
            return
        session.meter_start_wh = self.register.total_wh
        self.memory.dirty = True
        self.voice.event(W.EV_STARTED, {"session": session.permit.session})

    def _close_if_due(self) -> None:
        session = self.memory.session
        if not session or self.power.closed() or session.meter_start_wh is None or not self._ready():
            return
        left_ms = session.permit.end_ms - self.clock.now_ms()
        if not self.clock.trusted or left_ms <= 0 or self.clock.now_ms() < session.permit.start_ms:
            return
        self.sampler.at_once()
        self.power.close(session.permit, left_ms)

"""The adapter: who may have power, for how long, and what must be said about it.

Calls come in from outside: `step` (often), `type_code` (from the keypad), `card` (from the reader), and those of
`commands` (from the platform). Each ends with one commit (`settle`), so that a power cut leaves either all of its
effects or none. Power is given only after the commit and taken away before it.
"""

from .book import Book
from .cards import Cards
from .credentials import Credentials
from .faults import Faults, Sight
from .files import Files
from .memory import Memory
from .outbox import Outbox
from .ports import Board, Meter, Mono
from .power import Power
from .public_key import MODULUS
from .refused import Refused
from .register import Register
from .sampler import Sampler
from .sessions import Sessions
from .settings import Settings
from .updater import Updater
from .version import FIRMWARE
from .voice import Voice, known
from .wallclock import WallClock
from .words import W

CAPACITY = 512
FLUSH_MS = 15_000
SELF_TEST_MS = 5_000
CHECKPOINT_MS = 60_000  # where nothing else has to be written while power flows


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
        firmware: str = FIRMWARE,
        secret: str = "",
        modulus_hex: str = MODULUS,
    ) -> None:
        """`boot` is a random number of 62 bits, new at each start. Messages of earlier starts are still in `files`.

        `secret`: the password for the broker that the device was made with. `modulus_hex`: whose firmware it takes.
        `now_ms`: the time, where it is known at the start (a clock chip, a soft reset); else 0.
        """
        board.open_relay()
        self.device = device
        self.firmware = firmware
        self.board = board
        self.mono = mono
        self.meter = meter
        self.outbox = Outbox(files, capacity)
        self.clock = WallClock(mono, self.outbox.wall_ms)
        self.clock.set(now_ms)
        self.memory = Memory(files, self.outbox)
        self.register = Register(self.memory.base_wh, self.outbox.high_wh)
        self.settings = Settings(self.memory.settings)
        self.voice = Voice(boot, self.clock, self.register, self.memory, self.outbox, meter.keeps)
        self.faults = Faults(self.memory.faults)
        self.sight = Sight(board, self.settings, self._idle_wh())
        self.power = Power(board, mono, self.settings, self.sight)
        self.book = Book(device, key, self.memory, mono)
        self.sessions = Sessions(
            self.memory, self.book, self.power, self.faults, self.sight, self.register, self.clock, mono,
            self.settings, self.voice, self._read_meter,
        )  # fmt: skip
        self.cards = Cards(self.sessions, self.memory, self.voice, mono, board)
        self.credentials = Credentials(files, secret)
        self.updater = Updater(files, self.memory, self.voice, mono, firmware, modulus_hex)
        self.heard = False  # the platform has acknowledged something of this start
        self.sampler = Sampler(self.voice, self.register, self.clock, self.settings, self.sight)
        self._plugged = board.plugged()
        self._lock_told = False
        self._checked_ms = mono.ms()
        self._urgent = False
        self.voice.event(W.EV_BOOT, {"fw": firmware})
        self.updater.begin()
        self.memory.commit()

    def state(self) -> str:
        if self.faults.active:
            return W.STATE_FAULT
        if self.power.closed():
            return W.STATE_CHARGING
        return W.STATE_PLUGGED if self._plugged else W.STATE_IDLE

    def step(self) -> None:
        """Looks at everything once. To be called several times a second; never waits."""
        passed_ms = self.sight.begin(self.mono.ms())
        self._read_meter()
        self.sight.weigh(self.register, passed_ms)
        self._derate()
        self._watch()
        self._follow_plug()
        self._keep_count()
        self.sessions.drive()
        session = self.memory.session
        self.sampler.step(session.permit.session if session and self.power.closed() else None)
        self.updater.step(self.calm(), self._proved())
        self._urgent = self._urgent or self.updater.restart
        self.memory.commit()
        self._flush()

    def settle(self) -> None:
        """Ends a call from outside: writes down what it changed, then gives power if that is due."""
        self.memory.commit()
        self.sessions.close_if_due()

    def type_code(self, code: str) -> "str | None":
        """The one-time code on the keypad. None when it opened a session, else the reason of the refusal."""
        session = None
        try:
            permit = self.book.by_code(code)
            session = permit.session
            self.sessions.activate(session, "code")
        except Refused as refusal:
            self._tell_refusal(session, refusal.reason)
            self.memory.commit()
            self.board.signal("bad")
            return refusal.reason
        self._lock_told = False
        self.settle()
        self.board.signal("good")
        return None

    def card(self, uid: bytes) -> None:
        """A card is held to the reader: its number, most significant byte first."""
        self.cards.held(uid)
        self.settle()

    def clear(self, code: str) -> None:
        """A person has looked after a fault that stays. Raises Refused(bad_format) where there is none of that name,
        Refused(device_fault) while its cause is still seen."""
        if code not in self.faults.active:
            raise Refused(W.REFUSE_FORMAT)
        if not self.faults.clear_now(code):
            raise Refused(W.REFUSE_FAULT)
        self._cleared(code)

    def calm(self) -> bool:
        """Nobody charges, and the supply is good: the time for an update."""
        return self.memory.session is None and W.FAULT_BROWN_OUT not in self.faults.active

    def _proved(self) -> bool:
        """A new firmware has shown that it works: it is heard, the meter reads, the relay is where it should be."""
        fresh = self.sight.reading is not None and self.sight.now_ms - self.sight.reading_ms < SELF_TEST_MS
        return self.heard and fresh and W.FAULT_STUCK_RELAY not in self.faults.active

    def _tell_refusal(self, session: "str | None", reason: str) -> None:
        """A locked keypad is told once: whoever goes on typing must not fill the flash."""
        if reason != W.REFUSE_LOCKED or not self._lock_told:
            self.voice.event(W.EV_REFUSED, known({"session": session, "reason": reason, "method": "code"}))
        self._lock_told = reason == W.REFUSE_LOCKED

    def _idle_wh(self) -> "int | None":
        """Where the register stood when no session could move it; None when one could, or nothing is known."""
        return None if self.memory.session or not self.outbox.high_wh else self.outbox.high_wh

    # one step

    def _read_meter(self) -> None:
        reading = self.meter.poll()
        if not reading:
            return
        self.sight.read(reading, self.mono.ms())
        if self.register.update(reading.counter_wh):
            self.memory.base_wh = self.register.base_wh
            self.memory.dirty = True
        self.outbox.note_register(self.register.total_wh)

    def _derate(self) -> None:
        if self.sight.derating.look(self.sight.temperature_mc, self.settings.get("max_temperature_mc")):
            self.power.adjust()
            self.voice.event(W.EV_NOTICE, {"code": W.NOTICE_DERATING, "reason": "%d %%" % self.sight.derating.percent})

    def _watch(self) -> None:
        raised, cleared = self.faults.look(self.sight)
        for code, ease_ms in raised:
            self.sessions.fault(code, ease_ms)
            self._urgent = True  # writing down what is in memory may be the last thing that it does
        for code in cleared:
            self._cleared(code)

    def _cleared(self, code: str) -> None:
        self.memory.faults = list(self.faults.active)
        self.memory.dirty = True
        self.voice.event(W.EV_CLEARED, {"code": code})

    def _follow_plug(self) -> None:
        plugged = self.board.plugged()
        if plugged == self._plugged:
            return
        self._plugged = plugged
        if not plugged and self.power.closed():
            self.sessions.stop(W.STOP_UNPLUGGED)
        self.voice.event(W.EV_PLUGGED if plugged else W.EV_UNPLUGGED)

    def _keep_count(self) -> None:
        session = self.memory.session
        if session and self.power.closed():
            session.left_ms = self.power.left_ms()

    def _flush(self) -> None:
        """Samples to the flash that are not acknowledged in time, and now and then how far the running session is."""
        now_ms = self.mono.ms()
        oldest = self.outbox.oldest_in_memory()
        often = FLUSH_MS if not self.meter.keeps else CHECKPOINT_MS
        due = self.power.closed() and now_ms - self._checked_ms >= often
        waited = oldest is not None and now_ms - oldest.said_ms >= FLUSH_MS
        if not due and not waited and not (self._urgent and oldest is not None):
            return
        self._urgent = False
        self._checked_ms = now_ms
        self.memory.check()
        if self.clock.trusted:
            self.outbox.wall_ms = self.clock.now_ms()
        self.outbox.flush(due)

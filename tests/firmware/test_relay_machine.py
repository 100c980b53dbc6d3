"""Whatever happens, in whatever order: no power without a genuine permit, within its time, its energy and its current,
with presence proved; and what is told of the register never falls."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from firmware.app.words import W
from tests.firmware.micropython.kit import HOUR, T0, PowerCut, Rig, permit
from tests.firmware.micropython.test_update import MODULUS, image, manifest

pytestmark = pytest.mark.req("DEV-02", "DEV-03", "MKT-10", "MKT-12")
STEP_MS = 100
NAMES = st.sampled_from(["s1", "s2", "s3"])
MINUTE = 60_000
LOST_MS, LOST_WH = 16_000, 36  # what a power cut may forget, with a meter that forgets
BROKEN = [
    ("silent", True), ("case_open", True), ("welded", True), ("temperature", 90_000), ("temperature", 70_000),
    ("plug", False), ("current_ma", 36_000), ("current_ma", 60_000), ("supply", 4_000), ("asking", False),
]  # fmt: skip


class RelayMachine(RuleBasedStateMachine):
    """The model knows only what the platform signed, who proved to be present, and the true time."""

    @initialize(clock=st.booleans(), hears=st.booleans())
    def start(self, clock: bool, hears: bool) -> None:
        self.rig = Rig(clock=clock, modulus=MODULUS)
        board = self.rig.board
        self.rig.files.content["a/version"] = b"1.1.0"
        board.supply, board.asking = 5_000, True
        board.supply_mv = lambda: board.supply
        board.asks = lambda: board.asking
        board.has_pilot = lambda: hears
        self.signed: dict[str, int] = {}  # session: latest end that a genuine permit ever gave it
        self.opens: dict[str, int] = {}
        self.limits: dict[str, tuple[int, int]] = {}  # energy, current; 0 for none
        self.present: set[str] = set()
        self.ended: set[str] = set()
        self.flowed_ms: dict[str, int] = {}
        self.flowed_w_ms: dict[str, int] = {}
        self.restarts: dict[str, int] = {}
        self.lied = False  # every source of time was wrong for so long that it had to be believed
        self.locked_out = False
        self.count = 0

    def attempt(self, action: Callable[[], object]) -> None:
        """Carries it out; when the power goes in the middle of a write, the device starts again."""
        try:
            action()
        except PowerCut:
            self.restart(0, True)
        if self.rig.adapter.updater.restart:
            assert not self.rig.board.closed, "it starts anew while somebody charges"
            self.restart(0, True)

    def restart(self, away_ms: int, clock: bool) -> None:
        for name in self.signed:
            self.restarts[name] = self.restarts.get(name, 0) + 1
        self.rig.files.cut_after = None
        self.rig.board.open_relay()
        self.rig.boot(clock=clock, away_ms=away_ms)

    @rule(
        name=NAMES,
        start=st.integers(-5, 5),
        minutes=st.integers(1, 6),
        energy=st.sampled_from([0, 0, 30]),
        current=st.sampled_from([0, 10_000]),
    )
    def genuine_permit(self, name: str, start: int, minutes: int, energy: int, current: int) -> None:
        self.count += 1
        start_ms = self.rig.wall() // MINUTE * MINUTE + start * MINUTE
        end_ms = start_ms + minutes * MINUTE
        data = permit(name, start_ms, end_ms, energy_wh=energy, current_ma=current, nonce=f"n{self.count}")
        self.signed[name] = max(self.signed.get(name, 0), end_ms)
        self.opens[name] = min(self.opens.get(name, start_ms), start_ms)
        self.limits[name] = tuple(
            0 if 0 in (old, new) else max(old, new)
            for old, new in zip(self.limits.get(name, (energy, current)), (energy, current), strict=True)
        )  # type: ignore[assignment]
        self.ended.discard(name)  # a new licence by the platform
        self.attempt(lambda: self.rig.command("permit", permit=data))

    @rule(name=NAMES, field=st.sampled_from(["end_ms", "start_ms", "energy_wh", "nonce", "session"]))
    def forged_permit(self, name: str, field: str) -> None:
        data = permit(name, self.rig.wall() - MINUTE, self.rig.wall() + MINUTE, nonce="forged")
        data[field] = data[field] + 1 if isinstance(data[field], int) else data[field] + "x"
        before = len(self.rig.adapter.memory.permits)
        self.attempt(lambda: self.rig.command("permit", permit=data))
        assert len(self.rig.adapter.memory.permits) <= before

    @rule(name=NAMES)
    def activate(self, name: str) -> None:
        self.present.add(name)
        self.attempt(lambda: self.rig.command("activate", session=name))

    @rule(right=st.booleans())
    def type_code(self, right: bool) -> None:
        if right:
            self.present |= set(self.signed)  # all of them have the same code here
        self.attempt(lambda: self.rig.adapter.type_code("482913" if right else "111111"))

    @rule(uid=st.sampled_from([b"\x04\xa1\xb2\xc3", b"\x04\x99\x99\x99"]))
    def hold_card(self, uid: bytes) -> None:
        """Alone it opens nothing: the model does not count it as presence."""
        self.attempt(lambda: self.rig.adapter.card(uid))

    @rule(name=NAMES)
    def stop(self, name: str) -> None:
        def act() -> None:
            if self.rig.command("stop", session=name) is None and not self.rig.board.closed:
                self.ended.add(name)  # where the vehicle hears, it has some seconds

        self.attempt(act)

    @rule(ma=st.sampled_from([0, 6_000, 20_000]))
    def limit(self, ma: int) -> None:
        self.attempt(lambda: self.rig.command("limit", current_ma=ma))

    @rule(name=NAMES, minutes=st.integers(1, 6), energy=st.sampled_from([0, 30]))
    def begin(self, name: str, minutes: int, energy: int) -> None:
        """The good way, so that most runs have power at some time."""
        self.mend()
        self.genuine_permit(name, 0, minutes, energy, 0)
        self.activate(name)
        self.pass_time(1000)

    @rule(change=st.sampled_from(BROKEN))
    def break_something(self, change: tuple[str, object]) -> None:
        setattr(self.rig.board, *change)

    @rule()
    def mend(self) -> None:
        board = self.rig.board
        board.silent = board.case_open = board.welded = False
        board.plug, board.temperature, board.current_ma, board.supply, board.asking = True, 30_000, 31_304, 5_000, True

    @rule()
    def somebody_looks_after_it(self) -> None:
        self.attempt(lambda: self.rig.command("clear", data={"code": W.FAULT_STUCK_RELAY}))

    @rule(to=st.sampled_from([0, 5 * 3_600_000]))
    def counter_jumps(self, to: int) -> None:
        """A chip that resets itself, or is exchanged for one that counted before."""
        self.rig.board.counter_w_ms = to

    @rule(pieces=st.integers(0, 3))
    def update(self, pieces: int) -> None:
        def act() -> None:
            self.rig.command("ota", data=manifest())
            for _ in range(pieces):
                updater = self.rig.adapter.updater
                wanted = updater.want(self.rig.adapter.calm())
                if wanted:
                    updater.give(wanted[1], image()[wanted[1] : wanted[1] + wanted[2]])
            self.flow(500)

        self.attempt(act)

    @rule(secret=st.sampled_from(["a" * 20, "b" * 20, "short"]), accepted=st.booleans())
    def new_password(self, secret: str, accepted: bool) -> None:
        def act() -> None:
            self.rig.command("credential", data={"secret": secret})
            assert self.rig.adapter.credentials.current() in ("a" * 20, "b" * 20, "the secret of the bench")
            if accepted:
                self.rig.uplink.connected(lambda topic, text, retain: True)
            else:
                self.rig.uplink.denied()

        self.attempt(act)

    @rule(wrong_by=st.sampled_from([0, -1000, -30_000, -HOUR, HOUR, -1_700_000_000_000]))
    def tell_time(self, wrong_by: int) -> None:
        """A source that is wrong must not lengthen anything, once the clock has been right."""
        if wrong_by == 0 or self.rig.adapter.clock.trusted:
            self.rig.adapter.clock.set(self.rig.wall() + wrong_by)

    @rule(wrong_by=st.sampled_from([-HOUR, HOUR]))
    def everybody_tells_a_wrong_time(self, wrong_by: int) -> None:
        if not self.rig.board.closed:
            return  # whoever believes a wrong clock before the start believes a wrong start
        self.lied = True

        def act() -> None:
            for _ in range(35):
                self.rig.adapter.clock.set(self.rig.wall() + wrong_by)
                self.flow(1000)

        self.attempt(act)

    @rule(ms=st.sampled_from([100, 1000, 20_000, 70_000]))
    def pass_time(self, ms: int) -> None:
        self.attempt(lambda: self.flow(ms))

    def flow(self, ms: int) -> None:
        board = self.rig.board
        for _ in range(ms // STEP_MS):
            session = self.rig.adapter.memory.session
            if board.closed and session:
                name = session.permit.session
                self.flowed_ms[name] = self.flowed_ms.get(name, 0) + STEP_MS
                self.flowed_w_ms[name] = self.flowed_w_ms.get(name, 0) + board.power_w * STEP_MS
            self.rig.run(STEP_MS)
            self.check()
            if self.rig.adapter.updater.restart:
                return  # the control loop ends there

    @rule(after=st.integers(0, 4))
    def cut_power_at_a_write(self, after: int) -> None:
        self.rig.files.cut_after = self.rig.files.writes + after

    @rule(away=st.sampled_from([0, 30_000, 200_000]), clock=st.booleans())
    def power_cut(self, away: int, clock: bool) -> None:
        self.restart(away, clock)

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "rig") or not self.rig.board.closed:
            return
        session = self.rig.adapter.memory.session
        assert session is not None
        name = session.permit.session
        assert name in self.present, "nobody has proved to be present"
        assert name not in self.ended, "a session that was ended has power"
        if not self.lied:
            # The clock is put back by at most half a second for each report, and never for the running session.
            drift = self.rig.wall() - self.rig.adapter.clock.now_ms()
            assert self.opens[name] <= self.rig.wall() < self.signed[name] + STEP_MS + max(0, drift)
        self.check_limits(name)

    def check_limits(self, name: str) -> None:
        restarts, (energy_wh, current_ma) = self.restarts.get(name, 0), self.limits[name]
        longest_ms = self.signed[name] - self.opens[name]
        assert self.flowed_ms.get(name, 0) <= longest_ms + STEP_MS + restarts * LOST_MS
        if energy_wh:
            # Read once a second, at 2 Wh a second; a session of the same name may begin anew by a new permit.
            most_wh = (energy_wh + 4 + restarts * LOST_WH) * max(1, self.count)
            assert self.flowed_w_ms.get(name, 0) <= most_wh * 3_600_000
        assert self.rig.board.offered <= (current_ma or 32_000)

    @invariant()
    def no_power_with_a_fault(self) -> None:
        """A vehicle that hears may be stopping; nothing of it lasts longer than three seconds."""
        if hasattr(self, "rig") and self.rig.adapter.faults.active and self.rig.board.closed:
            session = self.rig.adapter.memory.session
            assert session is not None and session.ending and self.rig.board.offered == 0

    @invariant()
    def locked_out_after_a_weld(self) -> None:
        if hasattr(self, "rig") and W.FAULT_STUCK_RELAY in self.rig.adapter.memory.faults:
            assert not self.rig.board.closed and W.FAULT_STUCK_RELAY in self.rig.adapter.faults.active

    @invariant()
    def what_is_told_never_falls(self) -> None:
        if hasattr(self, "rig"):
            told = [body["energy_wh"] for body in self.rig.sent if "energy_wh" in body]
            assert told == sorted(told)

    @invariant()
    def there_is_always_a_slot_that_starts(self) -> None:
        if hasattr(self, "rig"):
            content = self.rig.files.content
            assert content["a/version"] == b"1.1.0"
            if b'"active": "b"' in content.get("slot.json", b""):
                assert content["b/version"] == b"1.2.0" and len(content["b/firmware/y/z.py"]) == 30_000


RelayMachine.TestCase.settings = settings(
    max_examples=120, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRelay = RelayMachine.TestCase


def test_the_model_can_close_the_relay_at_all() -> None:
    """Guards the machine above against passing because nothing ever happens."""
    machine = RelayMachine()
    machine.start(clock=True, hears=True)
    machine.genuine_permit("s1", start=0, minutes=5, energy=0, current=0)
    machine.pass_time(1000)
    machine.activate("s1")
    machine.pass_time(1000)
    assert machine.rig.board.closed and machine.flowed_ms["s1"] > 500
    machine.signed["s1"] = T0 - MINUTE
    with pytest.raises(AssertionError):
        machine.check()

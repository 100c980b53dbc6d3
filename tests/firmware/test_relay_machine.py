"""Whatever happens, in whatever order: no power without a genuine permit, within its time, with presence proved."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.firmware.micropython.kit import T0, PowerCut, Rig, permit

pytestmark = pytest.mark.req("DEV-03", "MKT-10", "MKT-12")
STEP_MS = 100
NAMES = st.sampled_from(["s1", "s2", "s3"])
MINUTE = 60_000


class RelayMachine(RuleBasedStateMachine):
    """The model knows only what the platform signed, who proved to be present, and the true time."""

    @initialize(clock=st.booleans())
    def start(self, clock: bool) -> None:
        self.rig = Rig(clock=clock)
        self.signed: dict[str, int] = {}  # session: latest end that a genuine permit ever gave it
        self.opens: dict[str, int] = {}
        self.present: set[str] = set()
        self.ended: set[str] = set()
        self.count = 0

    def attempt(self, action: object) -> None:
        """Carries it out; when the power goes in the middle of a write, the device starts again."""
        try:
            action()  # type: ignore[operator]
        except PowerCut:
            self.restart(0, True)

    def restart(self, away_ms: int, clock: bool) -> None:
        self.rig.files.cut_after = None
        self.rig.board.open_relay()
        self.rig.boot(clock=clock, away_ms=away_ms)

    @rule(name=NAMES, start=st.integers(-5, 5), minutes=st.integers(1, 6), energy=st.sampled_from([0, 0, 30]))
    def genuine_permit(self, name: str, start: int, minutes: int, energy: int) -> None:
        self.count += 1
        start_ms = self.rig.wall() // MINUTE * MINUTE + start * MINUTE
        data = permit(name, start_ms, start_ms + minutes * MINUTE, energy_wh=energy, nonce=f"n{self.count}")
        self.signed[name] = max(self.signed.get(name, 0), data["end_ms"])
        self.opens[name] = min(self.opens.get(name, data["start_ms"]), data["start_ms"])
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

    @rule(name=NAMES)
    def stop(self, name: str) -> None:
        def act() -> None:
            if self.rig.command("stop", session=name) is None:
                self.ended.add(name)

        self.attempt(act)

    @rule(name=NAMES, minutes=st.integers(1, 6))
    def begin(self, name: str, minutes: int) -> None:
        """The good way, so that most runs have power at some time."""
        self.mend()
        self.genuine_permit(name, 0, minutes, 0)
        self.activate(name)
        self.pass_time(1000)

    @rule(
        change=st.sampled_from(
            [("silent", True), ("case_open", True), ("welded", True), ("temperature", 90_000), ("plug", False)]
        )
    )
    def break_something(self, change: tuple[str, object]) -> None:
        setattr(self.rig.board, *change)

    @rule()
    def mend(self) -> None:
        board = self.rig.board
        board.silent = board.case_open = board.welded = False
        board.plug, board.temperature = True, 30_000

    @rule(wrong_by=st.sampled_from([0, -1000, -30_000, -3_600_000]))
    def tell_time(self, wrong_by: int) -> None:
        """A source that is late must not lengthen anything, once the clock has been right."""
        if wrong_by == 0 or self.rig.adapter.clock.trusted:
            self.rig.adapter.clock.set(self.rig.wall() + wrong_by)

    @rule(ms=st.sampled_from([100, 1000, 20_000, 70_000]))
    def pass_time(self, ms: int) -> None:
        def act() -> None:
            for _ in range(ms // STEP_MS):
                self.rig.run(STEP_MS)
                self.check()

        self.attempt(act)

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
        # The clock is put back by at most half a second for each report, and never for the running session.
        drift = self.rig.wall() - self.rig.adapter.clock.now_ms()
        assert self.opens[name] <= self.rig.wall() < self.signed[name] + STEP_MS + max(0, drift)

    @invariant()
    def no_power_with_a_fault(self) -> None:
        if hasattr(self, "rig") and self.rig.adapter.faults.active:
            assert not self.rig.board.closed


RelayMachine.TestCase.settings = settings(
    max_examples=250, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRelay = RelayMachine.TestCase


def test_the_model_can_close_the_relay_at_all() -> None:
    """Guards the machine above against passing because nothing ever happens."""
    machine = RelayMachine()
    machine.start(clock=True)
    machine.genuine_permit("s1", start=0, minutes=5, energy=0)
    machine.pass_time(1000)
    machine.activate("s1")
    machine.pass_time(1000)
    assert machine.rig.board.closed
    machine.signed["s1"] = T0 - MINUTE
    with pytest.raises(AssertionError):
        machine.check()

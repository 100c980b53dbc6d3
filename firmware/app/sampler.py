"""Samples of the meter: often while power flows, seldom otherwise."""

from .faults import Sight
from .register import Register
from .settings import Settings
from .voice import Voice, known
from .wallclock import WallClock

FRESH_MS = 2000


class Sampler:
    def __init__(self, voice: Voice, register: Register, clock: WallClock, settings: Settings, sight: Sight) -> None:
        self._voice = voice
        self._register = register
        self._clock = clock
        self._settings = settings
        self._sight = sight
        self._due_ms = 0
        self._flowed = False

    def step(self, session: "str | None") -> None:
        if self._sight.closed and not self._flowed:
            self._due_ms = 0  # the first one of a session at once
        self._flowed = self._sight.closed
        now, due = self._sight.now_ms, self._due_ms
        # A sample without a time is of no use to anybody.
        if now < due or not self._register.known or not self._clock.trusted:
            return
        period_ms = 1000 * self._settings.get("telemetry_s" if self._sight.closed else "idle_s")
        # On the beat, not one step late each time.
        self._due_ms = due + period_ms if now - due < period_ms else now + period_ms
        self._voice.sample(self._measurands(session))

    def _measurands(self, session: "str | None") -> "dict[str, object]":
        reading = self._sight.reading
        fields: dict[str, object] = {"session": session, "temperature_mc": self._sight.board.temperature_mc()}
        if reading and self._sight.now_ms - self._sight.reading_ms < FRESH_MS:
            fields["power_w"] = reading.power_w
            fields["current_ma"] = reading.current_ma
            fields["voltage_mv"] = reading.voltage_mv
        return known(fields)

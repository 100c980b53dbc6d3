"""The physical world around one adapter: time, relay contacts, a meter that forgets, a vehicle that draws power."""

import random
import time
from dataclasses import dataclass

from firmware.app.ports import Board, Meter, Mono, Reading

VOLTAGE_MV = 230_000
RAMP_MS = 5_000
METER_MS = 1_000
W_MS_PER_WH = 3_600_000
AMBIENT_MC, HOT_MC = 31_000, 96_000
FAULTS = ("over_temperature", "meter_silent", "stuck_relay", "tamper", "over_current")


class SimTime(Mono):
    """Host time, `speed` times as fast; at speed 1 the wall clock is the host's."""

    def __init__(self, speed: float = 1.0) -> None:
        self.speed = speed
        self._start = time.monotonic()
        self._wall_ms = time.time_ns() // 1_000_000

    def ms(self) -> int:
        return int((time.monotonic() - self._start) * 1000 * self.speed)

    def wall_ms(self) -> int:
        """What a time server would say."""
        return time.time_ns() // 1_000_000 if self.speed == 1.0 else self._wall_ms + self.ms()


@dataclass
class Contacts:
    """When the relay moved, by both clocks; 0 for never."""

    closed: bool = False
    closed_at_ms: int = 0
    opened_at_ms: int = 0
    opened_at_mono_ms: int = 0


class World(Board, Meter):
    """Board and meter of one adapter, with a vehicle before it. `advance` lets time pass."""

    def __init__(self, sim_time: SimTime, power_w: int, phases: int, seed: str) -> None:
        self.power_w = 0
        self.contacts = Contacts()
        self.plugged_in = False
        self.light = ""
        self.locked = False
        self.faults: set[str] = set()
        self._time = sim_time
        self._wanted_w = power_w
        self._phases = phases
        self._random = random.Random(seed)
        self._offered_ma = 0
        self._drawn_w_ms = 0
        self._drawing_ms = 0
        self._advanced_ms = sim_time.ms()
        self._polled_ms: int | None = None

    def advance(self) -> None:
        """Energy flows for the time since the last call."""
        now = self._time.ms()
        passed, self._advanced_ms = now - self._advanced_ms, now
        self._drawing_ms = self._drawing_ms + passed if self._flows() else 0
        self.power_w = self._demand_w()
        self._drawn_w_ms += self.power_w * passed

    def _flows(self) -> bool:
        """A welded contact carries current whatever the relay is told, and past what the pilot says."""
        stuck = "stuck_relay" in self.faults
        return self.plugged_in and (stuck or (self.contacts.closed and self._offered_ma > 0))

    def _demand_w(self) -> int:
        if not self._flows():
            return 0
        offered_w = self._offered_ma * VOLTAGE_MV * self._phases // 1_000_000
        most_w = min(self._wanted_w, offered_w or self._wanted_w)
        if "over_current" in self.faults:
            most_w = self._wanted_w * 2
        ramped_w = most_w * min(self._drawing_ms, RAMP_MS) // RAMP_MS
        return int(ramped_w * self._random.uniform(0.985, 1.0))

    # the board

    def close_relay(self) -> None:
        if not self.contacts.closed:
            self.advance()
            self.contacts.closed = True
            self.contacts.closed_at_ms = self._time.wall_ms()
            self._polled_ms = None

    def open_relay(self) -> None:
        if self.contacts.closed:
            self.advance()
            self.contacts.closed = False
            self.power_w = self._demand_w()
            self.contacts.opened_at_ms = self._time.wall_ms()
            self.contacts.opened_at_mono_ms = self._time.ms()
            self._polled_ms = None

    def offer(self, current_ma: int) -> None:
        self._offered_ma = current_ma

    def lock(self, locked: bool) -> None:
        self.locked = locked

    def show(self, state: str) -> None:
        self.light = state

    def plugged(self) -> bool:
        return self.plugged_in

    def tampered(self) -> bool:
        return "tamper" in self.faults

    def temperature_mc(self) -> int:
        return HOT_MC if "over_temperature" in self.faults else AMBIENT_MC + self.power_w

    # the meter

    def poll(self) -> Reading | None:
        now = self._time.ms()
        if "meter_silent" in self.faults or (self._polled_ms is not None and now - self._polled_ms < METER_MS):
            return None
        self._polled_ms = now
        current_ma = self.power_w * 1_000_000 // (VOLTAGE_MV * self._phases)
        voltage_mv = VOLTAGE_MV + self._random.randint(-900, 900)
        return Reading(self._drawn_w_ms // W_MS_PER_WH, self.power_w, current_ma, voltage_mv)

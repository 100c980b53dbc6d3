"""The physical world around one adapter: time, contacts, a meter, a vehicle that draws power, and what can break."""

import mmap
import random
import time
from dataclasses import dataclass
from pathlib import Path

from firmware.app.ports import Board, Meter, Mono, Reading

VOLTAGE_MV = 230_000
RAMP_MS = 5_000
OBEY_MS = 1_200  # a vehicle that is asked to stop has stopped after so long
METER_MS = 1_000
W_MS_PER_WH = 3_600_000
AMBIENT_MC, WARM_MC, HOT_MC = 31_000, 68_000, 96_000
SUPPLY_MV, WEAK_MV = 5_020, 4_100
BYPASS_W = 3_000
RATING_MA = 32_000

# What can be wrong with the world, and what it means.
FAULTS = {
    "over_current": "the vehicle draws twice what it should",
    "overload": "the vehicle draws a quarter more than relay and wiring are made for",
    "deaf_vehicle": "the vehicle does not hear the pilot: it does not stop when asked",
    "over_temperature": "96 degrees in the case",
    "warm": "68 degrees in the case",
    "stuck_relay": "the contacts are welded",
    "meter_silent": "the meter says nothing",
    "meter_frozen": "the meter's register stands still",
    "meter_noise": "the meter's values scatter by a fifth, and some readings are lost",
    "meter_reset": "the meter's counter begins again at 0, once",
    "unmetered": "3 kW flow past the relay",
    "brown_out": "the supply of the device is weak",
    "weak_mains": "the mains have 70 V",
    "tamper": "the lid is open",
}


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
    """When the relay moved, by both clocks; 0 for never. `broken_ma`: what flowed when it opened."""

    closed: bool = False
    closed_at_ms: int = 0
    opened_at_ms: int = 0
    opened_at_mono_ms: int = 0
    broken_ma: int = 0


class Counter:
    """The meter's counter in W·ms, in a file that outlives the process, as the chip's own memory outlives a cut."""

    def __init__(self, path: Path) -> None:
        with path.open("a+b") as file:
            file.truncate(8)
            self._memory = mmap.mmap(file.fileno(), 8)

    def __int__(self) -> int:
        return int.from_bytes(self._memory[:], "big")

    def set(self, value: int) -> None:
        self._memory[:] = value.to_bytes(8, "big")


class World(Board, Meter):
    """Board and meter of one adapter, with a vehicle before it. `advance` lets time pass."""

    def __init__(self, sim_time: SimTime, power_w: int, phases: int, seed: str, counter: Counter | None = None) -> None:
        """`counter`: None for a meter that forgets when the power goes (HLW8032); else it keeps (PZEM-004T)."""
        self.power_w = 0
        self.contacts = Contacts()
        self.plugged_in = False
        self.light = ""
        self.sign = ""
        self.locked = False
        self.faults: set[str] = set()
        self.keeps = counter is not None
        self._counter = counter
        self._time = sim_time
        self._wanted_w = power_w
        self._phases = phases
        self._random = random.Random(seed)
        self._offered_ma = 0
        self._asked_ms = 0  # when the pilot last said stop
        self._drawn_w_ms = int(counter) if counter else 0
        self._frozen_w_ms: int | None = None
        self._drawing_ms = 0
        self._advanced_ms = sim_time.ms()
        self._polled_ms: int | None = None

    def advance(self) -> None:
        """Energy flows for the time since the last call."""
        now = self._time.ms()
        passed, self._advanced_ms = now - self._advanced_ms, now
        self._drawing_ms = self._drawing_ms + passed if self._flows() else 0
        self.power_w = self._demand_w()
        bypass_w = BYPASS_W if "unmetered" in self.faults else 0
        self._drawn_w_ms += (self.power_w + bypass_w) * passed
        if self._counter:
            self._counter.set(self._drawn_w_ms)

    def break_it(self, name: str, on: bool) -> None:
        """Raises ValueError for a fault that this world does not know."""
        if name not in FAULTS:
            raise ValueError(f"unknown fault {name!r}: one of {', '.join(FAULTS)}")
        if name == "meter_reset":
            self._drawn_w_ms = 0 if on else self._drawn_w_ms
        elif on:
            self.faults.add(name)
            self._frozen_w_ms = self._drawn_w_ms if name == "meter_frozen" else self._frozen_w_ms
        else:
            self.faults.discard(name)

    def lose_power(self) -> None:
        """The contacts fall open; a meter without a memory begins again at 0."""
        self.open_relay()
        self._drawn_w_ms = self._drawn_w_ms if self.keeps else 0

    def _flows(self) -> bool:
        """A welded contact carries current whatever the relay is told, and past what the pilot says."""
        stuck = "stuck_relay" in self.faults
        return self.plugged_in and (stuck or (self.contacts.closed and self._draws()))

    def _draws(self) -> bool:
        """The vehicle follows the pilot, after a moment."""
        obeys = "deaf_vehicle" not in self.faults
        return self._offered_ma > 0 or not obeys or self._time.ms() - self._asked_ms < OBEY_MS

    def _demand_w(self) -> int:
        if not self._flows():
            return 0
        offered_w = self._offered_ma * VOLTAGE_MV * self._phases // 1_000_000
        most_w = min(self._wanted_w, offered_w or self._wanted_w)
        if "over_current" in self.faults:
            most_w = self._wanted_w * 2
        elif "overload" in self.faults:
            most_w = RATING_MA * VOLTAGE_MV * self._phases // 1_000_000 * 5 // 4
        ramped_w = most_w * min(self._drawing_ms, RAMP_MS) // RAMP_MS
        return int(ramped_w * self._random.uniform(0.985, 1.0))

    def _current_ma(self) -> int:
        return self.power_w * 1_000_000 // (VOLTAGE_MV * self._phases)

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
            self.contacts.broken_ma = self._current_ma()
            self.contacts.closed = False
            self.power_w = self._demand_w()
            self.contacts.opened_at_ms = self._time.wall_ms()
            self.contacts.opened_at_mono_ms = self._time.ms()
            self._polled_ms = None

    def contact(self) -> bool:
        return self.contacts.closed or "stuck_relay" in self.faults

    def offered_ma(self) -> int:
        return self._offered_ma

    def has_pilot(self) -> bool:
        return True

    def offer(self, current_ma: int) -> None:
        if self._offered_ma and not current_ma:
            self._asked_ms = self._time.ms()
        self._offered_ma = current_ma

    def asks(self) -> bool:
        return self.plugged_in and self._draws()

    def lock(self, locked: bool) -> None:
        self.locked = locked

    def show(self, state: str) -> None:
        self.light = state

    def signal(self, name: str) -> None:
        self.sign = name

    def plugged(self) -> bool:
        return self.plugged_in

    def tampered(self) -> bool:
        return "tamper" in self.faults

    def temperature_mc(self) -> int:
        if "over_temperature" in self.faults:
            return HOT_MC
        return WARM_MC if "warm" in self.faults else AMBIENT_MC + self.power_w

    def supply_mv(self) -> int:
        return WEAK_MV if "brown_out" in self.faults else SUPPLY_MV

    # the meter

    def poll(self) -> Reading | None:
        now = self._time.ms()
        if "meter_silent" in self.faults or (self._polled_ms is not None and now - self._polled_ms < METER_MS):
            return None
        self._polled_ms = now
        noisy = "meter_noise" in self.faults
        if noisy and self._random.random() < 0.25:
            return None
        scatter = self._random.uniform(0.8, 1.2) if noisy else 1.0
        drawn_w_ms = self._frozen_w_ms if "meter_frozen" in self.faults else self._drawn_w_ms
        voltage_mv = 70_000 if "weak_mains" in self.faults else VOLTAGE_MV + self._random.randint(-900, 900)
        power_w, current_ma = int(self.power_w * scatter), int(self._current_ma() * scatter)
        return Reading((drawn_w_ms or 0) // W_MS_PER_WH, power_w, current_ma, int(voltage_mv * scatter))

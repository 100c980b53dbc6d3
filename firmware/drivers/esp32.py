"""The ESP32 itself: pins, ports, watchdog, time since the start. The only file that imports `machine`.

Pins come from `device.json`, so that another board is another file of numbers. A part that is not listed is not there.
"""

import os
import time

import machine  # type: ignore[import-not-found]

from firmware.app.ports import Board, Meter, Mono
from firmware.app.words import W
from firmware.drivers.hlw8032 import Hlw8032
from firmware.drivers.keypad import Keypad
from firmware.drivers.pzem004t import Pzem004t

PILOT_HZ = 1000  # IEC 61851-1: the duty of this signal says how much the vehicle may draw
LED_BLINKS = {W.STATE_IDLE: (1, 40), W.STATE_PLUGGED: (10, 20), W.STATE_CHARGING: (1, 1), W.STATE_FAULT: (2, 4)}
WATCHDOG_MS = 8000


class Ticks(Mono):
    """time.ticks_ms() begins again after some days; this does not, if it is called at least once in a while."""

    def __init__(self) -> None:
        self._last = time.ticks_ms()  # type: ignore[attr-defined]
        self._total = 0

    def ms(self) -> int:
        now = time.ticks_ms()  # type: ignore[attr-defined]
        self._total += time.ticks_diff(now, self._last)  # type: ignore[attr-defined]
        self._last = now
        return self._total


class Esp32Board(Board):
    def __init__(self, pins: "dict[str, int]", mono: Mono) -> None:
        self._relay = machine.Pin(pins["relay"], machine.Pin.OUT, value=0)
        self._mono = mono
        self._lock = _output(pins, "lock")
        self._led = _output(pins, "led")
        self._case = _input(pins, "case")
        self._plug = _input(pins, "plug")
        self._ntc = machine.ADC(machine.Pin(pins["ntc"])) if "ntc" in pins else None
        self._pilot = machine.PWM(machine.Pin(pins["pilot"]), freq=PILOT_HZ) if "pilot" in pins else None
        self.offer(0)

    def close_relay(self) -> None:
        self._relay(1)

    def open_relay(self) -> None:
        self._relay(0)

    def offer(self, current_ma: int) -> None:
        if self._pilot is not None:
            self._pilot.duty_u16(pilot_duty(current_ma))

    def lock(self, locked: bool) -> None:
        if self._lock is not None:
            self._lock(1 if locked else 0)

    def show(self, state: str) -> None:
        """Blinks `on` of `period` tenths of a second."""
        on, period = LED_BLINKS[state]
        if self._led is not None:
            self._led(1 if self._mono.ms() // 100 % period < on else 0)

    def plugged(self) -> bool:
        return self._plug is None or self._plug() == 0

    def tampered(self) -> bool:
        """The switch is closed to ground while the case is shut."""
        return self._case is not None and self._case() == 1

    def temperature_mc(self) -> "int | None":
        return None if self._ntc is None else ntc_mc(self._ntc.read_uv())


def pilot_duty(current_ma: int) -> int:
    """Duty of 65535; below 6 A always on: the vehicle must not draw."""
    if current_ma < 6000:
        return 65535
    if current_ma <= 51000:
        return current_ma * 65535 // 60000  # duty in % = A / 0.6
    return (min(current_ma, 80000) + 160000) * 65535 // 250000  # duty in % = A / 2.5 + 64


# Microvolts at the divider of a 10 kOhm NTC (B 3950) below 10 kOhm at 3.3 V, for 0, 10, … 110 degrees Celsius.
NTC_UV = (2541000, 2205000, 1832000, 1470000, 1148000, 880000, 668000, 506000, 384000, 293000, 225000, 174000)


def ntc_mc(microvolts: int) -> int:
    """Milli-degrees Celsius, straight lines between the points; a broken wire reads as the coldest point."""
    for index in range(1, len(NTC_UV)):
        warm, cold = NTC_UV[index], NTC_UV[index - 1]
        if microvolts >= warm:
            return index * 10000 - (min(microvolts, cold) - warm) * 10000 // (cold - warm)
    return (len(NTC_UV) - 1) * 10000


def meter(settings: "dict[str, object]", mono: Mono) -> Meter:
    """`{"kind": "pzem004t" | "hlw8032", "uart": 1, "tx": 17, "rx": 16, …}`"""
    port, tx, rx = settings["uart"], settings.get("tx"), settings["rx"]
    if settings["kind"] == "pzem004t":
        return Pzem004t(machine.UART(port, 9600, tx=tx, rx=rx, timeout=0), mono)
    uart = machine.UART(port, 4800, bits=8, parity=0, stop=1, rx=rx, timeout=0)
    return Hlw8032(uart, mono, int(str(settings["voltage_k"])), int(str(settings["current_k"])))


def keypad(pins: "dict[str, list[int]]") -> Keypad:
    rows = [machine.Pin(pin, machine.Pin.OUT, value=0) for pin in pins["rows"]]
    columns = [machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_DOWN) for pin in pins["columns"]]
    return Keypad(rows, columns)


def watchdog() -> "machine.WDT":
    """Resets the chip, and so opens the relay, unless it is fed."""
    return machine.WDT(timeout=WATCHDOG_MS)


def reset() -> None:
    machine.reset()


def set_clock(now_ms: int) -> None:
    """The chip's own clock: TLS looks at it for the dates of certificates. Its epoch is 2000 on some ports."""
    epoch_s = 946684800 if time.gmtime(0)[0] == 2000 else 0
    year, month, day, hour, minute, second, weekday = time.gmtime(now_ms // 1000 - epoch_s)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))


def boot_number() -> int:
    return int.from_bytes(os.urandom(8), "big") % (1 << 62) + 1


def _output(pins: "dict[str, int]", name: str) -> "machine.Pin | None":
    return machine.Pin(pins[name], machine.Pin.OUT, value=0) if name in pins else None


def _input(pins: "dict[str, int]", name: str) -> "machine.Pin | None":
    return machine.Pin(pins[name], machine.Pin.IN, machine.Pin.PULL_UP) if name in pins else None

"""`machine` and `network` of MicroPython for CPython: pins that remember, a UART that answers like a PZEM-004T."""

import sys
import time
import types
from typing import Any

from firmware.drivers import pzem004t


class Pin:
    OUT, IN, PULL_UP, PULL_DOWN = range(4)
    made: dict[int, "Pin"] = {}

    def __init__(self, number: int, mode: int = 0, pull: int | None = None, value: int = 0) -> None:
        self.history: list[int] = [value]
        Pin.made[number] = self

    def __call__(self, level: int | None = None) -> int:
        if level is not None and level != self.history[-1]:
            self.history.append(level)
        return self.history[-1] if level is None else level


class Uart:
    """Answers each question with 230.0 V and, while the relay of pin 5 is closed, 10 A."""

    def __init__(self, port: int, baud: int, **settings: object) -> None:
        self.answer = b""

    def write(self, data: bytes) -> None:
        assert data == pzem004t.request()
        on = Pin.made[5].history[-1]
        words = [2300, 10_000 * on, 0, 23_000 * on, 0, 7, 0, 500, 99, 0]
        body = bytes([0xF8, 4, 20]) + b"".join(word.to_bytes(2, "big") for word in words)
        self.answer = body + pzem004t.crc(body)

    def read(self) -> bytes | None:
        data, self.answer = self.answer, b""
        return data or None


class Watchdog:
    fed = 0

    def __init__(self, timeout: int) -> None:
        assert timeout >= 1000

    def feed(self) -> None:
        Watchdog.fed += 1


class Adc:
    ATTN_11DB = 3

    def __init__(self, pin: Pin, atten: int) -> None:
        assert atten == Adc.ATTN_11DB
        self.microvolts = 1_470_000  # 30 degrees

    def read_uv(self) -> int:
        return self.microvolts


class Pwm:
    duty = 0

    def __init__(self, pin: Pin, freq: int) -> None:
        assert freq == 1000

    def duty_u16(self, duty: int) -> None:
        Pwm.duty = duty


class Rtc:
    set_to: tuple[int, ...] = ()

    def datetime(self, value: tuple[int, ...]) -> None:
        Rtc.set_to = value


class Wlan:
    """Station and access point; the network "home" takes the password "passpass"."""

    points: list[dict[str, object]] = []

    def __init__(self, interface: int) -> None:
        self.connected = False
        self.answer = 1001

    def active(self, on: bool) -> None:
        pass

    def config(self, **settings: object) -> None:
        Wlan.points.append(settings)

    def scan(self) -> list[tuple[object, ...]]:
        rows = [(b"far", b"", 1, -90, 3, False), (b"home", b"", 1, -40, 3, False), (b"home", b"", 6, -50, 3, False)]
        return [*rows, (b"<b>&", b"", 1, -60, 3, False), (b"\xff", b"", 1, -10, 3, False), (b"", b"", 1, -9, 3, True)]

    def status(self) -> int:
        return self.answer

    def isconnected(self) -> bool:
        return self.connected

    def disconnect(self) -> None:
        self.connected = False

    def connect(self, name: str, password: str) -> None:
        self.connected = (name, password) == ("home", "passpass")
        self.answer = 1010 if self.connected else (202 if name == "home" else 201)


def install() -> None:
    """Puts the stand-ins where `import` finds them, and MicroPython's words into `time`."""
    machine: Any = types.ModuleType("machine")
    machine.Pin, machine.UART, machine.WDT = Pin, Uart, Watchdog
    machine.ADC, machine.PWM, machine.RTC = Adc, Pwm, Rtc
    network: Any = types.ModuleType("network")
    network.WLAN, network.STA_IF, network.AP_IF = Wlan, 0, 1
    network.STAT_WRONG_PASSWORD, network.STAT_NO_AP_FOUND = 202, 201
    sys.modules.update({"machine": machine, "network": network})
    clock: Any = time
    clock.ticks_ms = lambda: int(time.monotonic() * 1000) % (1 << 30)
    clock.ticks_diff = lambda new, old: (new - old + (1 << 29)) % (1 << 30) - (1 << 29)
    clock.sleep_ms = lambda ms: time.sleep(ms / 1000)

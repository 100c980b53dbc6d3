"""The ESP32 itself: pins, ports, watchdog, time since the start. The only file that imports `machine`.

Pins come from `device.json`, so that another board is another file of numbers (`firmware/boards`). A part that is not
listed is not there.
"""

import os
import time

import machine  # type: ignore[import-not-found]

from firmware.app.ports import Board, Meter, Mono
from firmware.drivers.button import Button
from firmware.drivers.ds18b20 import Ds18b20
from firmware.drivers.hlw8032 import Hlw8032
from firmware.drivers.keypad import Keypad
from firmware.drivers.pilot import ASKING, PLUGGED, Pilot
from firmware.drivers.pn532 import Pn532
from firmware.drivers.pzem004t import Pzem004t
from firmware.drivers.signs import Signs

PILOT_HZ = 1000
WATCHDOG_MS = 8000
LOOK_MS = 20
FORCED_MS = 1000  # a bolt needs a moment to follow


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
    """`pins`: relay, contact (auxiliary contact of the relay, low when closed), lock, lock_sense (low when the bolt is
    out), led, pixels (WS2812), buzzer, case (switch, low when shut), plug (low when plugged), ntc, ds18b20, pilot,
    pilot_adc, supply. `scales`: pilot_zero_mv, pilot_gain, supply_gain: thousandths of the dividers."""

    def __init__(self, pins: "dict[str, int]", mono: Mono, scales: "dict[str, int] | None" = None) -> None:
        self._relay = machine.Pin(pins["relay"], machine.Pin.OUT, value=0)
        scales = scales or {}
        self._mono = mono
        self._lock = _output(pins, "lock")
        self._bolt = _input(pins, "lock_sense")
        self._case = _input(pins, "case")
        self._plug = _input(pins, "plug")
        self._contact = _input(pins, "contact")
        self._ntc = _adc(pins, "ntc")
        self._supply = _adc(pins, "supply")
        self._supply_gain = scales.get("supply_gain", 1000)
        self._thermometer = _thermometer(pins, mono)
        self._pilot = _pilot(pins, scales)
        self._locked_ms: int | None = None
        self._looked_ms: int | None = None
        self._seen = "A"
        self._signs = Signs(mono, _output(pins, "led"), _pixels(pins), _output(pins, "buzzer"))
        self.offer(0)

    def close_relay(self) -> None:
        self._relay(1)

    def open_relay(self) -> None:
        self._relay(0)

    def contact(self) -> "bool | None":
        return None if self._contact is None else self._contact() == 0

    def offer(self, current_ma: int) -> None:
        if self._pilot is not None:
            self._pilot.offer(current_ma)

    def has_pilot(self) -> bool:
        return self._pilot is not None

    def asks(self) -> bool:
        vehicle = self._vehicle()
        return vehicle is None or vehicle in ASKING

    def lock(self, locked: bool) -> None:
        self._locked_ms = (self._locked_ms or self._mono.ms()) if locked else None
        if self._lock is not None:
            self._lock(1 if locked else 0)

    def show(self, state: str) -> None:
        self._signs.show(state)

    def signal(self, name: str) -> None:
        self._signs.signal(name)

    def plugged(self) -> bool:
        vehicle = self._vehicle()
        if vehicle is not None:
            return vehicle in PLUGGED
        return self._plug is None or self._plug() == 0

    def _vehicle(self) -> "str | None":
        """What the pilot's voltage says, looked at once for each moment; None where it is not read."""
        if self._pilot is None or not self._pilot.reads():
            return None
        if self._looked_ms is None or self._mono.ms() - self._looked_ms >= LOOK_MS:
            self._looked_ms = self._mono.ms()
            self._seen = self._pilot.look()
        return self._seen

    def tampered(self) -> bool:
        """The lid's switch opens, or the bolt is back although it should be out."""
        if self._case is not None and self._case() == 1:
            return True
        if self._bolt is None or self._locked_ms is None or self._mono.ms() - self._locked_ms < FORCED_MS:
            return False
        return bool(self._bolt() == 1)

    def temperature_mc(self) -> "int | None":
        """The hotter of the two."""
        values = [] if self._ntc is None else [ntc_mc(self._ntc.read_uv())]
        measured = self._thermometer.temperature_mc() if self._thermometer is not None else None
        if measured is not None:
            values.append(measured)
        return max(values) if values else None

    def supply_mv(self) -> "int | None":
        return None if self._supply is None else self._supply.read_uv() // 1000 * self._supply_gain // 1000


# Microvolts at the divider of a 10 kOhm NTC (B 3950) below 10 kOhm at 3.3 V, for 0, 10, … 110 degrees Celsius.
NTC_UV = (2541000, 2205000, 1832000, 1470000, 1148000, 880000, 668000, 506000, 384000, 293000, 225000, 174000)
NTC_BROKEN_UV = 3_150_000  # a wire is off: below -30 degrees, or too hot for all that is known
NTC_BROKEN_MC = 125_000


def ntc_mc(microvolts: int) -> int:
    """Milli-degrees Celsius, straight lines between the points; a broken wire counts as too hot."""
    if microvolts >= NTC_BROKEN_UV:
        return NTC_BROKEN_MC
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


def reader(settings: "dict[str, int]", mono: Mono) -> Pn532:
    """`{"uart": 2, "tx": 41, "rx": 42}`"""
    uart = machine.UART(settings["uart"], 115200, tx=settings["tx"], rx=settings["rx"], timeout=0)
    return Pn532(uart, mono)


def modem_uart(settings: "dict[str, int]") -> "machine.UART":
    """`{"uart": 2, "tx": 41, "rx": 42, "apn": …, "pin": …}`; the reader then has to go elsewhere, or nowhere."""
    return machine.UART(settings["uart"], 115200, tx=settings["tx"], rx=settings["rx"], timeout=0, rxbuf=4096)


def button(pin: int, mono: Mono) -> Button:
    return Button(machine.Pin(pin, machine.Pin.IN, machine.Pin.PULL_UP), mono)


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


def _adc(pins: "dict[str, int]", name: str) -> "machine.ADC | None":
    return machine.ADC(machine.Pin(pins[name]), atten=machine.ADC.ATTN_11DB) if name in pins else None


def _pilot(pins: "dict[str, int]", scales: "dict[str, int]") -> "Pilot | None":
    if "pilot" not in pins:
        return None
    pwm = machine.PWM(machine.Pin(pins["pilot"]), freq=PILOT_HZ)
    return Pilot(pwm, _adc(pins, "pilot_adc"), scales.get("pilot_zero_mv", 0), scales.get("pilot_gain", 1000))


def _thermometer(pins: "dict[str, int]", mono: Mono) -> "Ds18b20 | None":
    if "ds18b20" not in pins:
        return None
    import onewire  # type: ignore[import-not-found]

    return Ds18b20(onewire.OneWire(machine.Pin(pins["ds18b20"])), mono)


def _pixels(pins: "dict[str, int]") -> "object | None":
    if "pixels" not in pins:
        return None
    import neopixel  # type: ignore[import-not-found]

    return neopixel.NeoPixel(machine.Pin(pins["pixels"]), 1)  # type: ignore[no-any-return]

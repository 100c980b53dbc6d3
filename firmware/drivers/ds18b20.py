"""DS18B20 thermometer on a 1-Wire bus, alone on it. A conversion takes 750 ms; nothing here waits for it."""

from firmware.app.ports import Mono

SKIP_ROM, CONVERT, READ = 0xCC, 0x44, 0xBE
CONVERT_MS = 750
LENGTH = 9
SILENT_MS = 10_000
SILENT_MC = 125_000  # a thermometer that has gone silent counts as too hot


def crc8(data: bytes) -> int:
    """Maxim's: x^8 + x^5 + x^4 + 1, the least significant bit first. 0 over data and its CRC."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0x8C if value & 1 else value >> 1
    return value


def decode(scratchpad: bytes) -> "int | None":
    """Milli-degrees Celsius; None unless it is whole. A bus that is held low reads as nine zeros, whose CRC is right:
    that is no thermometer, whose configuration (byte 4) is 0RR11111."""
    if len(scratchpad) != LENGTH or crc8(scratchpad) or scratchpad[4] & 0x9F != 0x1F:
        return None
    raw = scratchpad[0] | scratchpad[1] << 8
    return (raw - 0x10000 if raw & 0x8000 else raw) * 125 // 2  # sixteenths of a degree


class Ds18b20:
    def __init__(self, bus: object, mono: Mono) -> None:
        """`bus`: MicroPython's onewire.OneWire, or anything that has reset, writebyte and readinto like it."""
        self._bus = bus
        self._mono = mono
        self._asked_ms: int | None = None
        self._heard_ms = mono.ms()
        self._value: int | None = None

    def temperature_mc(self) -> "int | None":
        """The last one; None before the first; 125 degrees after ten seconds of silence."""
        now_ms = self._mono.ms()
        if self._asked_ms is None or now_ms - self._asked_ms >= CONVERT_MS:
            if self._asked_ms is not None:
                self._collect(now_ms)
            self._asked_ms = now_ms if self._command(CONVERT) else None
        if now_ms - self._heard_ms >= SILENT_MS:
            return SILENT_MC
        return self._value

    def _collect(self, now_ms: int) -> None:
        scratchpad = bytearray(LENGTH)
        if self._command(READ):
            self._bus.readinto(scratchpad)  # type: ignore[attr-defined]
        value = decode(bytes(scratchpad))
        if value is not None:
            self._value, self._heard_ms = value, now_ms

    def _command(self, code: int) -> bool:
        """False when nobody answers on the bus."""
        try:
            if not self._bus.reset():  # type: ignore[attr-defined]
                return False
        except Exception:  # MicroPython's onewire raises OneWireError when asked to
            return False
        self._bus.writebyte(SKIP_ROM)  # type: ignore[attr-defined]
        self._bus.writebyte(code)  # type: ignore[attr-defined]
        return True

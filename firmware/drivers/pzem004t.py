"""PZEM-004T v3 energy meter: Modbus RTU over UART, 9600 8N1. Its energy counter survives a power cut.

Registers (input, function 4): voltage 0.1 V; current 1 mA, power 0.1 W, energy 1 Wh as 32 bits, low word first.
"""

from firmware.app.ports import Meter, Mono, Reading

ADDRESS = 0xF8  # the address that every single PZEM answers
ASK_MS = 1000
LENGTH = 25
ERROR_LENGTH = 5
ERRORS = {1: "illegal function", 2: "illegal address", 3: "illegal data", 4: "slave error"}


def crc(data: bytes) -> bytes:
    """Modbus CRC-16, low byte first."""
    value = 0xFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return bytes([value & 0xFF, value >> 8])


def request() -> bytes:
    body = bytes([ADDRESS, 4, 0, 0, 0, 10])
    return body + crc(body)


def decode(frame: bytes) -> "Reading | None":
    """None unless the frame is whole."""
    if len(frame) != LENGTH or frame[1] != 4 or frame[2] != 20 or crc(frame[:-2]) != frame[-2:]:
        return None
    words = [frame[index] << 8 | frame[index + 1] for index in range(3, 23, 2)]
    current_ma = words[1] | words[2] << 16
    power_dw = words[3] | words[4] << 16
    return Reading(words[5] | words[6] << 16, (power_dw + 5) // 10, current_ma, words[0] * 100)


def error(frame: bytes) -> "str | None":
    """What the chip complains of: function code with its highest bit set, one byte of code, CRC."""
    if len(frame) != ERROR_LENGTH or frame[1] != 0x84 or crc(frame[:-2]) != frame[-2:]:
        return None
    return ERRORS.get(frame[2], "error %d" % frame[2])


class Pzem004t(Meter):
    keeps = True

    def __init__(self, uart: object, mono: Mono) -> None:
        """`uart`: a machine.UART, opened at 9600 8N1 with its time-outs at 0."""
        self._uart = uart
        self._mono = mono
        self._asked_ms: int | None = None
        self._answer = b""
        self.error = ""  # what it complained of last

    def poll(self) -> "Reading | None":
        self._answer += self._uart.read() or b""  # type: ignore[attr-defined]
        reading = decode(self._answer[-LENGTH:]) if len(self._answer) >= LENGTH else None
        self.error = "" if reading else error(self._answer) or self.error
        now_ms = self._mono.ms()
        if self._asked_ms is None or now_ms - self._asked_ms >= ASK_MS:
            self._asked_ms = now_ms
            self._answer = b""
            self._uart.write(request())  # type: ignore[attr-defined]
        elif reading:
            self._answer = b""
        return reading

"""HLW8032 metering chip: it sends a frame of 24 bytes every 50 ms over UART, 4800 8E1. Its counter starts at 0.

Voltage, current and power are a factory parameter over a measured interval, times the board's coefficients; energy is
a count of pulses of 16 bits, whose overflow turns one bit around.
"""

from firmware.app.ports import Meter, Mono, Reading

LENGTH = 24
CHECK = 0x5A
REPORT_MS = 200  # soon enough for the curve of over-current; energy is counted from every frame
NO_LOAD = 0x02  # in a state byte of 0xF0 and above: the interval of the power is longer than the chip can count
NO_CURRENT = 0x04
NO_VOLTAGE = 0x08
PULSES = 1 << 16


class Frame:
    def __init__(self, data: bytes, voltage_k: int, current_k: int) -> None:
        """Coefficients of the board in thousandths: voltage divider ratio, and current per volt of the shunt."""
        flags = data[0] if data[0] >= 0xF0 else 0
        self.power_parameter = _three(data, 14)
        self.coefficient = voltage_k * current_k
        self.voltage_mv = 0 if flags & NO_VOLTAGE else _ratio(data, 2) * voltage_k // 1000
        self.current_ma = 0 if flags & NO_CURRENT else _ratio(data, 8) * current_k // 1000
        power_mw = 0 if flags & NO_LOAD else _ratio(data, 14) * self.coefficient // 1_000_000
        self.power_w = (power_mw + 500) // 1000
        self.carry = data[20] >> 7
        self.pulses = data[21] << 8 | data[22]


def _three(data: bytes, start: int) -> int:
    return data[start] << 16 | data[start + 1] << 8 | data[start + 2]


def _ratio(data: bytes, start: int) -> int:
    """Parameter over interval, in thousandths."""
    interval = _three(data, start + 3)
    return _three(data, start) * 1000 // interval if interval else 0


def whole(data: bytes) -> bool:
    """State 0xAA: the chip has lost its calibration, and nothing of it may be billed."""
    return len(data) == LENGTH and data[0] != 0xAA and data[1] == CHECK and sum(data[2:23]) & 0xFF == data[23]


class Hlw8032(Meter):
    def __init__(self, uart: object, mono: Mono, voltage_k: int, current_k: int) -> None:
        """`uart`: a machine.UART, opened at 4800 8E1 with its time-outs at 0."""
        self._uart = uart
        self._mono = mono
        self._coefficients = (voltage_k, current_k)
        self._buffer = b""
        self._last: tuple[int, int] | None = None
        self._total = 0
        self._reported_ms: int | None = None

    def poll(self) -> "Reading | None":
        self._buffer = (self._buffer + (self._uart.read() or b""))[-4 * LENGTH :]  # type: ignore[attr-defined]
        frame = self._next()
        newest = frame
        while frame:
            self._count(frame)
            newest, frame = frame, self._next()
        now_ms = self._mono.ms()
        if newest is None or (self._reported_ms is not None and now_ms - self._reported_ms < REPORT_MS):
            return None
        self._reported_ms = now_ms
        return Reading(self._energy_wh(newest), newest.power_w, newest.current_ma, newest.voltage_mv)

    def _next(self) -> "Frame | None":
        """The next whole frame of the buffer; what comes before it is noise."""
        for start in range(len(self._buffer) - LENGTH + 1):
            data = self._buffer[start : start + LENGTH]
            if whole(data):
                self._buffer = self._buffer[start + LENGTH :]
                return Frame(data, self._coefficients[0], self._coefficients[1])
        return None

    def _count(self, frame: Frame) -> None:
        if self._last is not None:
            carry, pulses = self._last
            turned = PULSES if carry != frame.carry else 0
            self._total += max(0, turned + frame.pulses - pulses)
        self._last = (frame.carry, frame.pulses)

    def _energy_wh(self, frame: Frame) -> int:
        """One pulse is power_parameter * coefficients / 1e6 watt seconds."""
        return self._total * frame.power_parameter * frame.coefficient // (1_000_000 * 1_000_000 * 3600)

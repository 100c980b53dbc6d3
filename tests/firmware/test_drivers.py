"""The drivers on recorded-shape frames, with a UART and pins of our own."""

import pytest

from firmware.drivers import hlw8032, pzem004t
from firmware.drivers.keypad import KEYS, Keypad
from tests.firmware.micropython.kit import HandMono

pytestmark = pytest.mark.req("DEV-01")


class Uart:
    """What was written, and what will be read."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.incoming = b""

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def read(self) -> bytes | None:
        data, self.incoming = self.incoming, b""
        return data or None


def pzem_frame(energy_wh: int = 70_000) -> bytes:
    """230.1 V, 70.000 A, 16107.0 W: values beyond 16 bits show the order of the words."""
    words = [2301, 70_000 & 0xFFFF, 70_000 >> 16, 161_070 & 0xFFFF, 161_070 >> 16, energy_wh & 0xFFFF, energy_wh >> 16]
    body = bytes([0xF8, 4, 20]) + b"".join(word.to_bytes(2, "big") for word in [*words, 500, 99, 0])
    return body + pzem004t.crc(body)


def test_the_crc_is_that_of_modbus() -> None:
    assert pzem004t.crc(b"123456789") == (0x4B37).to_bytes(2, "little")
    assert pzem004t.request() == bytes.fromhex("f804000000 0a".replace(" ", "")) + pzem004t.crc(
        b"\xf8\x04\x00\x00\x00\x0a"
    )


def test_the_pzem_is_asked_every_second_and_read_in_pieces() -> None:
    uart, mono = Uart(), HandMono()
    meter = pzem004t.Pzem004t(uart, mono)
    assert meter.poll() is None and len(uart.written) == 1
    uart.incoming = pzem_frame()[:10]
    assert meter.poll() is None
    uart.incoming = pzem_frame()[10:]
    reading = meter.poll()
    assert reading is not None
    assert (reading.counter_wh, reading.power_w, reading.current_ma, reading.voltage_mv) == (
        70_000,
        16_107,
        70_000,
        230_100,
    )
    assert meter.poll() is None and len(uart.written) == 1
    mono.value += 1000
    meter.poll()
    assert len(uart.written) == 2


@pytest.mark.parametrize("index", range(25))
def test_a_damaged_pzem_frame_is_no_reading(index: int) -> None:
    frame = bytearray(pzem_frame())
    frame[index] ^= 1
    assert index == 0 or pzem004t.decode(bytes(frame)) is None


def hlw_frame(pulses: int, carry: int = 0, state: int = 0x55) -> bytes:
    """230 V, 10 A, 2300 W with coefficients 1.88 and 1.0: parameters over intervals as the chip counts them."""
    numbers = [183_510, 1500, 16_000, 1600, 3_670_213, 3000]
    middle = b"".join(number.to_bytes(3, "big") for number in numbers)
    tail = bytes([0x71 | carry << 7]) + pulses.to_bytes(2, "big")
    return bytes([state, 0x5A]) + middle + tail + bytes([sum(middle + tail) & 0xFF])


def test_the_hlw_measures() -> None:
    uart, mono = Uart(), HandMono()
    meter = hlw8032.Hlw8032(uart, mono, 1880, 1000)
    uart.incoming = b"\x00\x5a" + hlw_frame(100)
    reading = meter.poll()
    assert reading is not None
    assert (reading.power_w, reading.current_ma) == (2300, 10_000)
    assert abs(reading.voltage_mv - 230_000) < 100
    assert reading.counter_wh == 0


def test_the_hlw_counts_energy_over_the_overflow_of_its_counter() -> None:
    """3,600,000,000 / (3,670,213 * 1.88) = 521.7 pulses are one Wh."""
    uart, mono = Uart(), HandMono()
    meter = hlw8032.Hlw8032(uart, mono, 1880, 1000)
    wh = 0
    for pulses, carry in ((65_000, 0), (65_500, 0), (4_000, 1), (9_681, 1)):
        mono.value += 1000
        uart.incoming = hlw_frame(pulses, carry)
        reading = meter.poll()
        assert reading is not None
        wh = reading.counter_wh
    assert wh == (65_536 + 9_681 - 65_000) * 3_670_213 * 188 // 100 // 3_600_000_000 == 19


def test_the_hlw_reports_once_a_second_and_nothing_of_damaged_or_uncalibrated_frames() -> None:
    uart, mono = Uart(), HandMono()
    meter = hlw8032.Hlw8032(uart, mono, 1880, 1000)
    uart.incoming = hlw_frame(1, state=0xAA)
    assert meter.poll() is None
    damaged = bytearray(hlw_frame(1))
    damaged[9] ^= 4
    uart.incoming = bytes(damaged)
    assert meter.poll() is None
    uart.incoming = hlw_frame(1)
    assert meter.poll() is not None
    uart.incoming = hlw_frame(2)
    assert meter.poll() is None
    mono.value += 1000
    uart.incoming = hlw_frame(3, state=0xF6)
    reading = meter.poll()
    assert reading is not None and (reading.power_w, reading.current_ma) == (0, 0) and reading.voltage_mv > 0


class Pin:
    """A pin of the matrix: columns see the key that is down, while its row is driven."""

    def __init__(self, matrix: "Matrix", index: int, row: bool) -> None:
        self.matrix, self.index, self.row, self.level = matrix, index, row, 0

    def __call__(self, level: int | None = None) -> int:
        if level is not None:
            self.level = level
        down = self.matrix.position()
        return int(down is not None and down[1] == self.index and self.matrix.rows[down[0]].level == 1)


class Matrix:
    def __init__(self) -> None:
        self.key = ""
        self.rows = [Pin(self, index, True) for index in range(4)]
        self.columns = [Pin(self, index, False) for index in range(3)]

    def position(self) -> tuple[int, int] | None:
        return next(
            ((row, keys.index(self.key)) for row, keys in enumerate(KEYS) if self.key and self.key in keys), None
        )


def typed(keypad: Keypad, matrix: Matrix, keys: str) -> list[str]:
    found = []
    for key in keys:
        for down in (key, key, ""):
            matrix.key = down
            code = keypad.poll()
            if code:
                found.append(code)
    return found


def test_the_keypad_enters_clears_and_does_not_bounce() -> None:
    matrix = Matrix()
    keypad = Keypad(list(matrix.rows), list(matrix.columns))
    assert typed(keypad, matrix, "482913#") == ["482913"]
    assert typed(keypad, matrix, "99*0011#") == ["0011"]
    assert typed(keypad, matrix, "#") == []

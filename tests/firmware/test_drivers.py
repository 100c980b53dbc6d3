"""The drivers on recorded-shape frames, with a UART and pins of our own."""

import pytest

from firmware.drivers import button, ds18b20, hlw8032, pilot, pn532, pzem004t, signs
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


def test_the_hlw_reports_now_and_then_and_nothing_of_damaged_or_uncalibrated_frames() -> None:
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


@pytest.mark.parametrize(("code", "words"), [(1, "illegal function"), (2, "illegal address"), (9, "error 9")])
def test_the_pzem_complains(code: int, words: str) -> None:
    body = bytes([0xF8, 0x84, code])
    frame = body + pzem004t.crc(body)
    assert pzem004t.error(frame) == words and pzem004t.decode(frame) is None
    assert pzem004t.error(frame[:-1] + b"\0") is None or frame[-1] == 0
    uart, mono = Uart(), HandMono()
    meter = pzem004t.Pzem004t(uart, mono)
    meter.poll()
    uart.incoming = frame
    assert meter.poll() is None and meter.error == words
    mono.value += 1000
    meter.poll()
    uart.incoming = pzem_frame()
    assert meter.poll() is not None and meter.error == ""


def test_the_scale_factors_of_the_pzem_are_those_of_its_sheet() -> None:
    """0.1 V, 0.001 A, 0.1 W, 1 Wh; 80.0 V and 0.02 A are its least values."""
    words = [800, 20, 0, 16, 0, 1, 0, 500, 100, 0]
    body = bytes([0xF8, 4, 20]) + b"".join(word.to_bytes(2, "big") for word in words)
    reading = pzem004t.decode(body + pzem004t.crc(body))
    assert reading is not None
    assert (reading.voltage_mv, reading.current_ma, reading.power_w, reading.counter_wh) == (80_000, 20, 2, 1)


# DS18B20 data sheet, table 1: temperature and data.
DS18B20 = [
    (0x07D0, 125_000), (0x0550, 85_000), (0x0191, 25_062), (0x00A2, 10_125), (0x0008, 500), (0x0000, 0),
    (0xFFF8, -500), (0xFF5E, -10_125), (0xFE6F, -25_063), (0xFC90, -55_000),
]  # fmt: skip


def scratchpad(raw: int) -> bytes:
    body = raw.to_bytes(2, "little") + bytes([0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10])
    return body + bytes([ds18b20.crc8(body)])


def test_the_crc_is_that_of_maxim() -> None:
    assert ds18b20.crc8(bytes.fromhex("021cb801000000")) == 0xA2  # application note 27


@pytest.mark.parametrize(("raw", "expected"), DS18B20)
def test_the_thermometer_decodes_the_table_of_its_sheet(raw: int, expected: int) -> None:
    assert ds18b20.decode(scratchpad(raw)) == expected
    for index in range(9):
        damaged = bytearray(scratchpad(raw))
        damaged[index] ^= 0x20
        assert ds18b20.decode(bytes(damaged)) is None
    assert ds18b20.decode(bytes(9)) is None and ds18b20.decode(b"\xff" * 9) is None


class OneWire:
    """A bus with one thermometer; `there` False: cut off."""

    def __init__(self) -> None:
        self.there = True
        self.raw = 0x0191
        self.written: list[int] = []

    def reset(self) -> bool:
        return self.there

    def writebyte(self, value: int) -> None:
        self.written.append(value)

    def readinto(self, buffer: bytearray) -> None:
        buffer[:] = scratchpad(self.raw)


def test_the_thermometer_is_asked_and_never_waited_for() -> None:
    bus, mono = OneWire(), HandMono()
    thermometer = ds18b20.Ds18b20(bus, mono)
    assert thermometer.temperature_mc() is None and bus.written == [0xCC, 0x44]
    mono.value += 749
    assert thermometer.temperature_mc() is None and len(bus.written) == 2
    mono.value += 1
    assert thermometer.temperature_mc() == 25_062 and bus.written == [0xCC, 0x44, 0xCC, 0xBE, 0xCC, 0x44]
    bus.there = False
    for _ in range(9):
        mono.value += 1000
        assert thermometer.temperature_mc() == 25_062
    mono.value += 1000
    assert thermometer.temperature_mc() == 125_000
    bus.there = True
    for _ in range(2):
        mono.value += 750
        thermometer.temperature_mc()
    assert thermometer.temperature_mc() == 25_062


def test_frames_of_the_card_reader_are_those_of_its_manual() -> None:
    """UM0701-02: GetFirmwareVersion and its answer."""
    assert pn532.frame(b"\x02") == bytes.fromhex("0000ff02fed4022a00")
    answer = bytes.fromhex("0000ff06fad50332010607e800")
    assert pn532.parse(pn532.ACK + answer + b"rest") == (bytes.fromhex("0332010607"), b"\x00rest")
    for index in range(3, len(answer) - 1):
        damaged = bytearray(answer)
        damaged[index] ^= 1
        assert pn532.parse(bytes(damaged))[0] is None, index
    assert pn532.parse(answer[:7])[0] is None and pn532.parse(pn532.frame(b"\x02"))[0] is None


@pytest.mark.parametrize("uid", ["04a1b2c3", "04a1b2c3d4e5f6", "08112233445566778899"])
def test_a_card_is_read_in_pieces_while_it_is_held(uid: str) -> None:
    uart, mono = Uart(), HandMono()
    reader = pn532.Pn532(uart, mono)
    assert reader.poll() is None and uart.written[0].endswith(pn532.frame(pn532.SAM_CONFIGURATION))
    assert uart.written[0][:2] == b"\x55\x55"
    uart.incoming = pn532.ACK + pn532.frame(b"\x15", pn532.FROM_CHIP)
    assert reader.poll() is None
    reader.poll()
    assert uart.written[1] == pn532.frame(pn532.LIST_ONE_CARD)
    number = bytes.fromhex(uid)
    found = pn532.frame(bytes([0x4B, 1, 1, 0, 4, 8, len(number)]) + number, pn532.FROM_CHIP)
    uart.incoming = pn532.ACK + found[:9]
    assert reader.poll() is None
    uart.incoming = found[9:]
    assert reader.poll() == number
    assert reader.poll() is None and len(uart.written) == 2
    mono.value += 300
    reader.poll()
    assert len(uart.written) == 3


def test_no_card_and_no_reader() -> None:
    assert pn532.card_of(b"\x4b\x00") is None and pn532.card_of(b"\x4b\x01\x01\x00\x04\x08\x04\x01") is None
    uart, mono = Uart(), HandMono()
    reader = pn532.Pn532(uart, mono)
    for _ in range(50):
        assert reader.poll() is None
        mono.value += 100
    assert len(uart.written) == 3  # woken again every two seconds


def test_duty_and_current_of_the_pilot_are_those_of_the_standard() -> None:
    """IEC 61851-1, tables A.7 and A.8."""
    for ma, permille in (
        (6000, 100),
        (9600, 160),
        (16000, 266),
        (32000, 533),
        (51000, 850),
        (63000, 892),
        (80000, 960),
    ):
        assert abs(pilot.duty(ma) * 1000 / 65535 - permille) <= 1, ma
        assert abs(pilot.current_ma(round(pilot.duty(ma) * 1000 / 65535)) - ma) <= 300
    assert pilot.duty(0) == pilot.duty(5999) == 65535
    assert pilot.duty(200_000) == pilot.duty(80_000)
    assert [pilot.current_ma(permille) for permille in (0, 50, 79, 80, 99, 971, 1000)] == [0, 0, 0, 6000, 6000, 0, 0]
    offered = [pilot.current_ma(permille) for permille in range(80, 971)]
    assert offered == sorted(offered)


def test_the_voltage_of_the_pilot_says_what_the_vehicle_wants() -> None:
    for mv, expected in (
        (12_000, "A"),
        (9_000, "B"),
        (6_000, "C"),
        (3_000, "D"),
        (0, "E"),
        (10_500, "x"),
        (7_500, "x"),
    ):
        assert pilot.state(mv, "x") == expected
    board = Half()
    measured = pilot.Pilot(board, board, 1650, 9091)
    assert measured.look() == "A" and measured.reads()
    for mv, expected in ((9_000, "A"), (9_000, "B"), (6_000, "B"), (9_000, "B"), (6_000, "B"), (6_000, "C")):
        board.peak_mv = mv
        assert measured.look() == expected
    measured.offer(16_000)
    assert board.duty == pilot.duty(16_000)
    assert not pilot.Pilot(board, None, 0, 1000).reads()


class Half:
    """PWM and ADC of a pilot: every second sample is of the negative half, which reads as nothing."""

    def __init__(self) -> None:
        self.peak_mv, self.duty, self.count = 12_000, 0, 0

    def duty_u16(self, duty: int) -> None:
        self.duty = duty

    def read_uv(self) -> int:
        self.count += 1
        return (self.peak_mv * 1000 // 9091 + 1650) * 1000 if self.count % 2 else 330_000


class Line:
    """An output pin, or pixels, that remember."""

    def __init__(self) -> None:
        self.levels: list[int] = []
        self.colours: list[tuple[int, int, int]] = []

    def __call__(self, level: int) -> None:
        self.levels.append(level)

    def fill(self, colour: tuple[int, int, int]) -> None:
        self.colours.append(colour)

    def write(self) -> None:
        pass


def test_signs_sound_and_light_and_pass() -> None:
    mono, buzzer, pixels = HandMono(), Line(), Line()
    shown = signs.Signs(mono, None, pixels, buzzer)
    shown.show("charging")
    shown.signal("good")
    for _ in range(5):
        shown.show("charging")
        mono.value += 60
    shown.show("charging")
    assert buzzer.levels == [0, 1, 1, 0, 1, 0, 0]
    assert pixels.colours == [(0, 0, 40), (0, 60, 0), (0, 0, 40)]


def test_the_button_is_noticed_once_for_each_long_press() -> None:
    mono, down = HandMono(), [0]
    pressed = button.Button(lambda: 1 - down[0], mono)
    down[0] = 1
    told = []
    for _ in range(120):
        told.append(pressed.held())
        mono.value += 100
    assert told.count(True) == 1 and told.index(True) == 50
    down[0] = 0
    assert not pressed.held()
    down[0] = 1
    for _ in range(49):
        assert not pressed.held()
        mono.value += 100

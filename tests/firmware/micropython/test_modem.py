from firmware.net.modem import AGAIN_MS, ANSWER_MS, REGISTER_MS, Modem

REQ = ("DEV-01",)


class Uart:
    """A modem that answers as 3GPP TS 27.007 says."""

    def __init__(self, registered_after=0, locked=False, dead=False):
        self.said = []
        self.waiting = b""
        self.registered_after = registered_after
        self.locked = locked
        self.dead = dead

    def read(self):
        data, self.waiting = self.waiting, b""
        return data or None

    def write(self, data):
        command = data.decode().strip()
        self.said.append(command)
        if not self.dead:
            self.waiting = ("\r\n" + self.answer(command) + "\r\n").encode() + b"\xff"

    def answer(self, command):
        if command == "AT+CPIN?":
            return "+CPIN: SIM PIN\r\n\r\nOK" if self.locked else "+CPIN: READY\r\n\r\nOK"
        if command.startswith("AT+CPIN="):
            self.locked = self.locked and command != 'AT+CPIN="1234"'
            return "ERROR" if self.locked else "OK"
        if command == "AT+CEREG?":
            self.registered_after -= 1
            return "+CEREG: 0,%d\r\n\r\nOK" % (2 if self.registered_after >= 0 else 5)  # noqa: UP031 - MicroPython
        return "CONNECT 150000000" if command == "ATD*99#" else "OK"


class Line:
    def __init__(self, stream):
        self.up = False

    def active(self, on):
        self.up = self.up and on

    def connect(self):
        self.up = True

    def isconnected(self):
        return self.up


def dial(modem, seconds, now=0):
    """When it was connected, None if never."""
    for moment in range(now, now + seconds * 1000, 50):
        if modem.step(moment):
            return moment
    return None


def test_from_the_first_word_to_the_address():
    uart = Uart(registered_after=3)
    assert dial(Modem(uart, "internet", "", Line), 60) is not None
    expected = ["AT", "ATE0", "AT+CPIN?"] + ["AT+CEREG?"] * 4 + ['AT+CGDCONT=1,"IP","internet"', "ATD*99#"]
    assert uart.said == expected


def test_the_pin_is_tried_once_only():
    uart = Uart(locked=True)
    assert dial(Modem(uart, "internet", "1234", Line), 60) is not None
    assert uart.said.count('AT+CPIN="1234"') == 1
    uart = Uart(locked=True)
    modem = Modem(uart, "internet", "9999", Line)
    assert dial(modem, 100) is None
    assert uart.said.count('AT+CPIN="9999"') == 1


def test_a_dead_modem_is_asked_again_and_again():
    uart = Uart(dead=True)
    modem = Modem(uart, "internet", "", Line)
    assert dial(modem, 60) is None
    assert set(uart.said) == {"AT"} and len(uart.said) in range(6, 2 + 60000 // (ANSWER_MS + AGAIN_MS))
    uart.dead = False
    assert dial(modem, 60, 60000) is not None


def test_a_line_that_is_lost_for_long_is_dialled_anew():
    uart = Uart()
    lines = []

    def ppp(stream):
        lines.append(Line(stream))
        return lines[-1]

    modem = Modem(uart, "internet", "", ppp)
    connected = dial(modem, 60)
    lines[0].up = False
    assert not modem.step(connected + 1000)
    assert dial(modem, 200, connected + 2000) >= connected + REGISTER_MS
    assert len(lines) == 2 and uart.said.count("ATD*99#") == 2

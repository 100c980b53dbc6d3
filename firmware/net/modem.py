"""A cellular modem instead of Wi-Fi: AT commands of 3GPP TS 27.007 over UART, then PPP. Any LTE Cat 1 or Cat M module
that dials `*99#` should do.

The talk with the modem is tested against a modem that answers as the standard says; `network.PPP` and a real modem have
never been met by this file.
"""

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

ANSWER_MS = 5_000
REGISTER_MS = 120_000  # a modem that finds no network for so long is talked to from the beginning
AGAIN_MS = 2_000


class Chat:
    """What is said to the modem, one command after the other, until it is a line for PPP."""

    def __init__(self, uart: object, apn: str, pin: str = "") -> None:
        self._uart = uart
        self._steps = (
            ("AT", "OK"),
            ("ATE0", "OK"),
            ("AT+CPIN?", "READY"),
            ("AT+CEREG?", "registered"),
            ('AT+CGDCONT=1,"IP","%s"' % apn, "OK"),
            ("ATD*99#", "CONNECT"),
        )
        self._pin = pin
        self._heard = ""
        self._asked_pin = False
        self.restart(0)

    def restart(self, now_ms: int) -> None:
        """From the beginning, with a pause: the modem may just have been switched on."""
        self._index = 0
        self._said_ms: int | None = None
        self._next_ms = now_ms + AGAIN_MS
        self._began_ms = now_ms

    def step(self, now_ms: int) -> bool:
        """True once the line is open."""
        if self._index >= len(self._steps):
            return True
        heard = self._uart.read() or b""  # type: ignore[attr-defined]
        self._heard = (self._heard + "".join([chr(byte) for byte in heard if byte < 128]))[-400:]
        if self._said_ms is None:
            if now_ms >= self._next_ms:
                self._say(self._steps[self._index][0], now_ms)
        elif self._answered(self._steps[self._index][1]):
            self._index, self._said_ms, self._next_ms = self._index + 1, None, now_ms
        elif "ERROR" in self._heard or "NO CARRIER" in self._heard or now_ms - self._said_ms >= ANSWER_MS:
            self._again(now_ms)
        return self._index >= len(self._steps)

    def _answered(self, expected: str) -> bool:
        """Home network (1) or roaming (5)."""
        if expected != "registered":
            return expected in self._heard
        return "+CEREG:" in self._heard and (",1" in self._heard or ",5" in self._heard)

    def _again(self, now_ms: int) -> None:
        """The same once more where that is what one does (the card's PIN, waiting for the network), else from the
        beginning."""
        waits = self._steps[self._index][1] == "registered" and now_ms - self._began_ms < REGISTER_MS
        if "SIM PIN" in self._heard and self._pin and not self._asked_pin:
            self._asked_pin = True  # once for each start: three wrong ones lock the card
            self._say('AT+CPIN="%s"' % self._pin, now_ms)
            self._said_ms, self._next_ms = None, now_ms + AGAIN_MS
        elif waits:
            self._said_ms, self._next_ms = None, now_ms + AGAIN_MS
        else:
            self.restart(now_ms)

    def _say(self, command: str, now_ms: int) -> None:
        self._heard = ""
        self._said_ms = now_ms
        self._uart.write((command + "\r").encode())  # type: ignore[attr-defined]


class Modem:
    """Keeps a line open: the same `step` as Wifi."""

    def __init__(self, uart: object, apn: str, pin: str, ppp: "Callable[[object], object]") -> None:
        """`ppp`: network.PPP."""
        self._chat = Chat(uart, apn, pin)
        self._uart = uart
        self._ppp = ppp
        self._line: object | None = None
        self._dialled_ms = 0

    def step(self, now_ms: int) -> bool:
        """True while there is an address."""
        if self._line is None:
            if self._chat.step(now_ms):
                self._line = self._ppp(self._uart)
                self._line.active(True)  # type: ignore[attr-defined]
                self._line.connect()  # type: ignore[attr-defined]
                self._dialled_ms = now_ms
            return False
        if self._line.isconnected():  # type: ignore[attr-defined]
            self._dialled_ms = now_ms
            return True
        if now_ms - self._dialled_ms >= REGISTER_MS:
            self._line.active(False)  # type: ignore[attr-defined]
            self._line = None
            self._chat.restart(now_ms)
        return False

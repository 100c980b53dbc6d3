"""PN532 card reader over UART (HSU, 115200 8N1), by NXP's user manual UM0701-02. ISO 14443 type A cards.

A frame: 00 00 FF, length, its complement, D4 (to the chip) or D5 (from it), data, complement of the sum, 00.
"""

from firmware.app.ports import Mono

WAKE_UP = b"\x55\x55" + bytes(14)
ACK = b"\x00\x00\xff\x00\xff\x00"
TO_CHIP, FROM_CHIP = 0xD4, 0xD5
SAM_CONFIGURATION = bytes([0x14, 1, 0x14, 1])  # normal mode, no secure module
LIST_ONE_CARD = bytes([0x4A, 1, 0])  # InListPassiveTarget: one, 106 kbit/s type A
ANSWER_S = 2_000
AGAIN_MS = 300
LONGEST = 264


def frame(data: bytes, direction: int = TO_CHIP) -> bytes:
    body = bytes([direction]) + data
    length = len(body)
    return b"\x00\x00\xff" + bytes([length, -length & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


def parse(buffer: bytes) -> "tuple[bytes | None, bytes]":
    """Data of the first whole frame from the chip, and what comes after it; (None, what may become one)."""
    while True:
        start = buffer.find(b"\x00\xff")
        if start < 0:
            return None, buffer[-1:]
        buffer = buffer[start:]
        if len(buffer) < 4:
            return None, buffer
        length = buffer[2]
        if (length + buffer[3]) & 0xFF or length == 0 or length == 0xFF:
            buffer = buffer[2:]  # an acknowledgement, or noise
            continue
        if len(buffer) < 5 + length:
            return None, buffer
        body = buffer[4 : 4 + length]
        if body[0] == FROM_CHIP and not (sum(body) + buffer[4 + length]) & 0xFF:
            return body[1:], buffer[5 + length :]
        buffer = buffer[2:]


def card_of(data: bytes) -> "bytes | None":
    """The number of the card in the answer to InListPassiveTarget: 4, 7 or 10 bytes, the most significant first."""
    if len(data) < 7 or data[0] != 0x4B or data[1] != 1:
        return None
    length = data[6]
    uid = data[7 : 7 + length]
    return uid if length in (4, 7, 10) and len(uid) == length else None


class Pn532:
    def __init__(self, uart: object, mono: Mono) -> None:
        """`uart`: a machine.UART at 115200 8N1 with its time-outs at 0."""
        self._uart = uart
        self._mono = mono
        self._buffer = b""
        self._awake = False
        self._asked_ms: int | None = None
        self._again_ms = 0

    def poll(self) -> "bytes | None":
        """The number of a card that is held there, some times a second while it is. Never waits."""
        self._buffer = (self._buffer + (self._uart.read() or b""))[-LONGEST:]  # type: ignore[attr-defined]
        data, self._buffer = parse(self._buffer)
        now_ms = self._mono.ms()
        if data is not None:
            return self._answered(data, now_ms)
        if self._asked_ms is None and now_ms >= self._again_ms:
            self._ask(now_ms)
        elif self._asked_ms is not None and not self._awake and now_ms - self._asked_ms >= ANSWER_S:
            self._asked_ms = None  # it does not answer: it is woken once more
        return None

    def _ask(self, now_ms: int) -> None:
        """An awake one looks for a card for as long as it takes."""
        self._asked_ms = now_ms
        message = frame(LIST_ONE_CARD) if self._awake else WAKE_UP + frame(SAM_CONFIGURATION)
        self._uart.write(message)  # type: ignore[attr-defined]

    def _answered(self, data: bytes, now_ms: int) -> "bytes | None":
        self._asked_ms = None
        if data[:1] == b"\x15":
            self._awake = True
            return None
        self._again_ms = now_ms + AGAIN_MS
        return card_of(data)

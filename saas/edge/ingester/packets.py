"""MQTT 3.1.1 as far as a subscriber at QoS 1 needs it: packets to bytes, bytes to packets. Pure and strict.

Names and section numbers of the OASIS standard. What it forbids raises Violation: the connection is then closed.
"""

from collections.abc import Iterable
from typing import NamedTuple

MAX_PACKET = 2 * 1024 * 1024 + 1024  # what both brokers let a device send, and its header
CONNACK, PUBLISH, PUBACK, SUBACK, UNSUBACK, PINGRESP = 2, 3, 4, 9, 11, 13
PINGREQ, DISCONNECT = b"\xc0\x00", b"\xe0\x00"
FAILED = 0x80  # return code of SUBACK
TOPICS_REMEMBERED = 500_000
_REFUSALS = {
    1: "unacceptable protocol version", 2: "identifier rejected", 3: "server unavailable",
    4: "bad user name or password", 5: "not authorised",
}  # fmt: skip


class Violation(Exception):
    """The peer sent what MQTT 3.1.1 does not allow."""


class Refused(Exception):
    """CONNACK with a return code that is not 0; the text names it."""


class Publish(NamedTuple):
    """`mid` is the packet identifier, 0 at QoS 0."""

    topic: bytes
    payload: bytes
    mid: int


class Other(NamedTuple):
    """Any packet that is no PUBLISH: its type, and what follows the fixed header."""

    kind: int
    body: bytes


class TopicNames:
    """Topics come again and again: each is decoded once."""

    def __init__(self) -> None:
        self.known: dict[bytes, str] = {}

    def of(self, topic: bytes) -> str:
        """As text. Raises Violation where it is none."""
        return self.known.get(topic) or self._decode(topic)

    def _decode(self, topic: bytes) -> str:
        if len(self.known) >= TOPICS_REMEMBERED:
            self.known.clear()
        try:
            name = self.known[topic] = topic.decode()
        except UnicodeDecodeError as wrong:
            raise Violation("a topic that is no UTF-8") from wrong
        return name


def connect(*, client_id: str, user: str, password: str, keep_alive_s: int, clean: bool) -> bytes:
    """3.1. Without a will."""
    flags = 0xC2 if clean else 0xC0
    body = b"".join(
        (_text("MQTT"), bytes((4, flags)), keep_alive_s.to_bytes(2, "big"), *map(_text, (client_id, user, password)))
    )
    return _packet(0x10, body)


def subscribe(mid: int, filters: Iterable[str]) -> bytes:
    """3.8, every filter at QoS 1."""
    return _packet(0x82, mid.to_bytes(2, "big") + b"".join(_text(one) + b"\x01" for one in filters))


def unsubscribe(mid: int, filters: Iterable[str]) -> bytes:
    """3.10."""
    return _packet(0xA2, mid.to_bytes(2, "big") + b"".join(map(_text, filters)))


def pubacks(mids: Iterable[int]) -> bytes:
    """3.4, many in a row."""
    return b"".join([b"\x40\x02" + mid.to_bytes(2, "big") for mid in mids])


def publish(topic: str, payload: bytes) -> bytes:
    """3.3, at QoS 0."""
    return _packet(0x30, _text(topic) + payload)


def session_present(body: bytes) -> bool:
    """Of a CONNACK (3.2). Raises Refused, or Violation."""
    if len(body) != 2 or body[0] > 1:
        raise Violation("malformed CONNACK")
    if body[1]:
        raise Refused(_REFUSALS.get(body[1], f"return code {body[1]}"))
    return bool(body[0])


def split(data: bytes) -> tuple[list[Publish | Other], int]:
    """The whole packets at the head of `data`, in order, and how many bytes they are; the rest waits for more."""
    found: list[Publish | Other] = []
    at, end = 0, len(data)
    while True:
        some, at = publishes(data, at)
        found += some
        frame = _frame(data, at, end)
        if frame is None:
            return found, at
        found.append(_other(data, data[at], *frame))
        at = frame[1]


def publishes(data: bytes, at: int) -> tuple[list[Publish], int]:
    """The whole PUBLISH packets from `at` on, up to any other packet, and where they end."""
    found: list[Publish] = []
    end = len(data)
    while True:
        at = _common(data, at, found)
        if at >= end or data[at] >> 4 != PUBLISH or (frame := _frame(data, at, end)) is None:
            return found, at
        found.append(_publish(data, data[at], *frame))
        at = frame[1]


def _common(data: bytes, at: int, found: list[Publish]) -> int:
    """The hot loop: packets at QoS 1 of 128 to 16,383 bytes, up to one that is anything else or wrong; where that is.

    Without a call for each packet; what it leaves is for `_publish`, which says what is wrong.
    """
    append, new, last = found.append, tuple.__new__, len(data) - 4
    while at < last and data[at] & 0xF6 == 0x32 and data[at + 1] > 127 and (high := data[at + 2]) < 128:
        stop = at + 3 + (data[at + 1] & 127 | high << 7)
        body = at + 7 + (data[at + 3] << 8 | data[at + 4])
        if body > stop or stop > last + 4 or not (mid := data[body - 2] << 8 | data[body - 1]):
            break
        append(new(Publish, (data[at + 5 : body - 2], data[body:stop], mid)))
        at = stop
    return at


def _frame(data: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the body of the packet at `at` begins and ends; None while it is not whole."""
    if at + 2 > end:
        return None
    length, start = data[at + 1], at + 2
    if length >= 128:
        long = _length(data, at + 1)
        if long is None:
            return None
        length, start = long
    return (start, start + length) if start + length <= end else None


def _publish(data: bytes, first: int, start: int, stop: int) -> Publish:
    qos = first & 6
    if qos > 2 or start + 2 > stop:
        raise Violation("a PUBLISH at a QoS that was not asked for" if qos > 2 else "a PUBLISH without a topic")
    topic_end = start + 2 + (data[start] << 8 | data[start + 1])
    payload = topic_end + qos  # the packet identifier has two bytes, and QoS 1 in the flags counts 2
    if payload > stop:
        raise Violation("a PUBLISH shorter than its topic")
    mid = data[topic_end] << 8 | data[topic_end + 1] if qos else 0
    if qos and not mid:
        raise Violation("packet identifier 0")
    return Publish(data[start + 2 : topic_end], data[payload:stop], mid)


def _other(data: bytes, first: int, start: int, stop: int) -> Other:
    kind = first >> 4
    if kind not in (CONNACK, PUBACK, SUBACK, UNSUBACK, PINGRESP) or first & 15:
        raise Violation(f"packet type {kind}, flags {first & 15}, from a server")
    return Other(kind, data[start:stop])


def _length(data: bytes, at: int) -> tuple[int, int] | None:
    """Remaining length (2.2.3) and where the rest begins; None while bytes of it are missing."""
    value = 0
    for index, byte in enumerate(data[at : at + 4]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            if value > MAX_PACKET:
                raise Violation(f"a packet of {value} bytes")
            return value, at + index + 1
    if len(data) - at >= 4:
        raise Violation("malformed remaining length")
    return None


def _packet(first: int, body: bytes) -> bytes:
    length, value = bytearray(), len(body)
    while True:
        value, low = divmod(value, 128)
        length.append(low | (128 if value else 0))
        if not value:
            return bytes((first,)) + length + body


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded

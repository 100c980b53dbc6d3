"""MQTT 3.1.1 on the wire: the few packets that a device needs, as bytes, and a parser for what comes back."""

import struct

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ = b"\xc0\x00"
DISCONNECT = b"\xe0\x00"
LARGEST = 64 * 1024


class Malformed(Exception):
    """What came in is not MQTT: the connection is of no more use."""


def _packet(first: int, body: bytes) -> bytes:
    length, head = len(body), [first]
    while True:
        head.append((length & 0x7F) | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            return bytes(head) + body


def _text(value: str) -> bytes:
    data = value.encode()
    return struct.pack("!H", len(data)) + data


def connect(device: str, secret: str, keep_alive_s: int, will_topic: str, will_text: str) -> bytes:
    """A lasting session (commands wait at the broker), a retained last will; the device is client and user name."""
    flags = 0xC0 | 0x20 | 0x08 | 0x04  # user, password; will: retained, QoS 1
    head = _text("MQTT") + bytes([4, flags]) + struct.pack("!H", keep_alive_s)
    return _packet(0x10, head + _text(device) + _text(will_topic) + _text(will_text) + _text(device) + _text(secret))


def publish(topic: str, payload: bytes, number: int, retain: bool) -> bytes:
    """QoS 1."""
    return _packet(0x32 | (1 if retain else 0), _text(topic) + struct.pack("!H", number) + payload)


def puback(number: int) -> bytes:
    return b"\x40\x02" + struct.pack("!H", number)


def subscribe(topics: "list[str]", number: int) -> bytes:
    return _packet(0x82, struct.pack("!H", number) + b"".join([_text(topic) + b"\x01" for topic in topics]))


def parse_publish(first: int, body: bytes) -> "tuple[str, bytes, int]":
    """Topic, payload, and the number to acknowledge (0 at QoS 0)."""
    end = 2 + _number(body, 0)
    if not first & 0x06:
        return _decode(body[2:end]), body[end:], 0
    return _decode(body[2:end]), body[end + 2 :], _number(body, end)


def _number(body: bytes, start: int) -> int:
    if len(body) < start + 2:
        raise Malformed("short")
    return body[start] << 8 | body[start + 1]


def _decode(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeError:
        raise Malformed("topic")  # noqa: B904 - MicroPython has no "from"


class Parser:
    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> "list[tuple[int, bytes]]":
        """All packets that are complete by now: (first byte, body). Raises Malformed."""
        self._buffer += data
        packets: list[tuple[int, bytes]] = []
        while True:
            start, length = self._head()
            if not start or len(self._buffer) < start + length:
                return packets
            packets.append((self._buffer[0], self._buffer[start : start + length]))
            self._buffer = self._buffer[start + length :]

    def _head(self) -> "tuple[int, int]":
        """Where the body begins and how long it is; (0, 0) while the head is not complete."""
        length = 0
        for index in range(1, min(5, len(self._buffer))):
            byte = self._buffer[index]
            length |= (byte & 0x7F) << (7 * (index - 1))
            if length > LARGEST or (index == 4 and byte & 0x80):
                raise Malformed("length")
            if not byte & 0x80:
                return index + 1, length
        return 0, 0

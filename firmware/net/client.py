"""One MQTT connection without any input or output of its own: bytes in, bytes out, time by argument.

The device drives it from a socket (`link`), the simulator from asyncio: the very same file.
"""

from . import packets

MYPY = False
if MYPY:  # the type checker alone reads this
    from collections.abc import Callable

KEEP_ALIVE_S = 30
CONNECT_MS = 10_000
OUT_LIMIT = 32 * 1024  # bytes waiting to be written; beyond this `publish` says no
REASONS = {1: "protocol", 2: "client id", 3: "server not available", 4: "user name or password", 5: "not authorised"}
DENIED = (4, 5)


class Client:
    """Calls `ready(client)` once it is subscribed, `received(topic, payload)` for each message.

    `dead` names what went wrong; the owner closes the socket then, and makes a new Client for the next one.
    """

    def __init__(
        self,
        device: str,
        secret: str,
        will: "tuple[str, str]",
        subscriptions: "list[str]",
        ready: "Callable[[Client], None]",
        received: "Callable[[str, bytes], None]",
        denied: "Callable[[], None] | None" = None,
    ) -> None:
        """`denied()`: the broker did not take the password.

        `will`: topic and text that the broker publishes, retained, when the connection is lost."""
        self._device = device
        self._secret = secret
        self._will = will
        self._subscriptions = subscriptions
        self._ready = ready
        self._received = received
        self._denied = denied
        self._parser = packets.Parser()
        self._number = 0
        self._heard_ms = 0
        self._said_ms = 0
        self._out: list[bytes] = []
        self._out_bytes = 0
        self.online = False
        self.dead = ""

    def opened(self, now_ms: int) -> None:
        """The socket is there."""
        self._heard_ms = now_ms
        self._said_ms = now_ms
        topic, text = self._will
        self._write(packets.connect(self._device, self._secret, KEEP_ALIVE_S, topic, text))

    def publish(self, topic: str, text: str, retain: bool) -> bool:
        """False when there is no room now. The broker's PUBACK is not waited for: it says nothing of storage."""
        if not self.online or self._out_bytes > OUT_LIMIT:
            return False
        self._write(packets.publish(topic, text.encode(), self._next_number(), retain))
        return True

    def feed(self, data: bytes, now_ms: int) -> None:
        self._heard_ms = now_ms
        try:
            for first, body in self._parser.feed(data):
                self._take(first, body)
        except packets.Malformed:
            self.dead = "malformed packet"

    def tick(self, now_ms: int) -> None:
        """To be called now and then: pings, and notices a silent broker."""
        if now_ms - self._heard_ms > (KEEP_ALIVE_S * 1500 if self.online else CONNECT_MS):
            self.dead = "silence"
        elif self.online and now_ms - self._said_ms >= KEEP_ALIVE_S * 500:
            self._said_ms = now_ms
            self._write(packets.PINGREQ)

    def close(self) -> None:
        """Says good-bye: the broker then keeps the last will to itself."""
        self.online = False
        self._write(packets.DISCONNECT)

    def take_out(self) -> bytes:
        """What is to be written to the socket now."""
        data = b"".join(self._out)
        self._out = []
        self._out_bytes = 0
        return data

    def give_back(self, data: bytes) -> None:
        """What the socket did not take."""
        self._out.insert(0, data)
        self._out_bytes += len(data)

    def _write(self, data: bytes) -> None:
        self._out.append(data)
        self._out_bytes += len(data)

    def _next_number(self) -> int:
        self._number = self._number % 65535 + 1
        return self._number

    def _take(self, first: int, body: bytes) -> None:
        kind = first >> 4
        if kind == packets.PUBLISH:
            topic, payload, number = packets.parse_publish(first, body)
            self._received(topic, payload)
            if number:  # only now: what the device did with it is on its flash
                self._write(packets.puback(number))
        elif kind == packets.CONNACK:
            self._connected(body[1] if len(body) == 2 else 1)
        elif kind == packets.SUBACK:
            self.online = True
            self._ready(self)

    def _connected(self, code: int) -> None:
        if code:
            self.dead = "refused: " + REASONS.get(code, str(code))
            if code in DENIED and self._denied:
                self._denied()
        else:
            self._write(packets.subscribe(self._subscriptions, self._next_number()))

"""The broker port over a bare socket and `packets`: for sites that need more than paho carries. One thread.

The same promises as the paho adapter: a session that the broker keeps, acknowledged by hand, read only while the
ingester asks for messages, reconnected with back-off, subscribed again after every connection.
"""

import os
import random
import select
import socket
import ssl
import time
from collections.abc import Collection
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog

from saas.edge.mqtt.link import broker_address
from saas.kit.home import home

from . import packets
from .inbox import Inbox
from .port import FILTERS, KEEP_ALIVE_SECONDS, USER, Message, mids_of
from .subscriptions import Changes

log = structlog.get_logger("ingester")
CONNECT_SECONDS = 5.0
CHUNK = 1 << 18
MOST_UNSENT = 1 << 20  # of QoS 0 words that a stalled broker does not take; who misses one is told again
BACK_OFF = (0.5, 10.0)


class RawPort(Inbox):
    """See BrokerPort. Acknowledgements of an earlier connection are dropped: their numbers may by then mean others."""

    def __init__(
        self, *, client_id: str = USER, filters: Collection[str] = FILTERS, clean: bool = False,
        keep_alive_s: int = KEEP_ALIVE_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__()
        self._client_id, self._clean, self._keep_alive_s = client_id, clean, keep_alive_s
        self._subscriptions = Changes(filters)
        self._unanswered: dict[int, list[str]] = {}
        self._mid = 0
        self._socket: socket.socket | None = None
        self._up = False
        self._connection = 0
        self._rest = b""
        self._unsent = bytearray()
        self._names = packets.TopicNames()
        self._sent_at = self._retry_at = 0.0
        self._pinged = False
        self._back_off = BACK_OFF[0]

    @property
    def ready(self) -> bool:
        """See BrokerPort."""
        return self._up and self._subscriptions.all_asked and not self._unanswered

    def subscribe(self, filters: Collection[str]) -> None:
        """See BrokerPort."""
        self._subscriptions.want(filters)
        if self._up:
            self._ask()
            self.flush()

    def acknowledge(self, messages: list[Message]) -> None:
        """See BrokerPort."""
        self._send(packets.pubacks(mids_of(messages, self._connection)))

    def publish(self, topic: str, payload: bytes) -> None:
        """See BrokerPort."""
        if self._up and len(self._unsent) < MOST_UNSENT:
            self._unsent += packets.publish(topic, payload)

    def flush(self) -> None:
        """See BrokerPort."""
        self._send(b"")

    def close(self) -> None:
        """Say goodbye; the broker keeps the session unless it is a clean one."""
        if self._up:
            self._send(packets.DISCONNECT)
        self._hang_up()

    def _turn(self, left: float, *, reading: bool) -> None:
        """One read or one wait; whatever goes wrong with the connection ends it here."""
        if self._socket is None:
            self._connect(left)
            return
        try:
            self._write()
            if not (reading and self._read()):
                self._wait(min(left, self._keep_alive_s / 8), reading=reading)
            self._keep_alive(reading=reading)
        except (OSError, packets.Violation, packets.Refused) as wrong:
            self._lost(wrong)

    def _read(self) -> bool:
        """Whether anything came."""
        assert self._socket is not None
        try:
            data = self._socket.recv(CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        if not data:
            raise ConnectionResetError("the broker closed the connection")
        self._heard_at, self._pinged = time.monotonic(), False
        data = self._rest + data if self._rest else data
        found, end = packets.split(data)
        self._rest = data[end:]
        self._take(found, end)
        return True

    def _take(self, found: list[packets.Publish | packets.Other], size: int) -> None:
        now, connection, names = datetime.now(UTC), self._connection, self._names
        self._inbox_bytes += size
        append, new, known = self._inbox.append, tuple.__new__, names.known.get
        high = connection << 16
        for packet in found:
            if isinstance(packet, packets.Other):
                self._answered(packet)
                high = self._connection << 16
                continue
            topic, payload, mid = packet
            append(new(Message, (known(topic) or names.of(topic), payload, now, high | mid if mid else 0)))

    def _answered(self, packet: packets.Other) -> None:
        if packet.kind == packets.CONNACK:
            packets.session_present(packet.body)
            self._up, self._back_off = True, BACK_OFF[0]
            self._connection += 1
            self._unanswered.clear()
            self._subscriptions.begin()
            self._ask()
            log.info("broker_connected")
        elif packet.kind in (packets.SUBACK, packets.UNSUBACK):
            filters = self._unanswered.pop(int.from_bytes(packet.body[:2], "big"), [])
            refused = [one for one, code in zip(filters, packet.body[2:], strict=False) if code == packets.FAILED]
            if refused:
                log.error("subscription_refused", filters=refused[:5], count=len(refused))

    def _ask(self) -> None:
        """Say what changed, in packets of moderate size."""
        for added in self._subscriptions.added():
            self._unsent += packets.subscribe(self._number(added), added)
        for dropped in self._subscriptions.dropped():
            self._unsent += packets.unsubscribe(self._number([]), dropped)
        self._subscriptions.asked()

    def _number(self, filters: list[str]) -> int:
        self._mid = self._mid % 65535 + 1
        self._unanswered[self._mid] = filters
        return self._mid

    def _wait(self, seconds: float, *, reading: bool) -> None:
        held = self._socket
        if held is None or (isinstance(held, ssl.SSLSocket) and held.pending() and reading):
            return
        select.select([held] if reading else [], [held] if self._unsent else [], [], seconds)

    def _keep_alive(self, *, reading: bool) -> None:
        """A ping in good time; silence for 1.5 keep-alives is a dead connection. Not counted while nobody reads."""
        now = time.monotonic()
        if not reading:
            self._heard_at, self._pinged = max(self._heard_at, now - self._keep_alive_s / 2), False
        silent = now - self._heard_at
        if silent > 1.4 * self._keep_alive_s:
            raise TimeoutError(f"the broker has been silent for {silent:.0f} s")
        quiet = now - self._sent_at > self._keep_alive_s / 2
        if self._up and (quiet or (silent > self._keep_alive_s / 2 and not self._pinged)):
            self._pinged = True
            self._send(packets.PINGREQ)

    def _send(self, data: bytes) -> None:
        self._unsent += data
        try:
            self._write()
        except OSError as wrong:
            self._lost(wrong)

    def _write(self) -> None:
        """As much as the socket takes now."""
        while self._unsent and self._socket is not None:
            try:
                sent = self._socket.send(self._unsent[:CHUNK])
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            del self._unsent[:sent]
            self._sent_at = time.monotonic()

    def _connect(self, left: float) -> None:
        wait = self._retry_at - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, left))
            return
        self._retry_at = time.monotonic() + self._back_off * random.uniform(0.7, 1.3)  # noqa: S311
        self._back_off = min(self._back_off * 2, BACK_OFF[1])
        host, port = broker_address()
        try:
            self._socket = _open(host, port)
        except OSError as away:
            log.warning("broker_away", address=f"{host}:{port}", error=str(away))
            return
        self._heard_at = time.monotonic()
        password = home().secrets[f"mqtt{USER}"]
        self._send(
            packets.connect(
                client_id=self._client_id, user=USER, password=password, keep_alive_s=self._keep_alive_s,
                clean=self._clean,
            )
        )  # fmt: skip

    def _lost(self, why: Exception) -> None:
        event = "broker_refused" if isinstance(why, packets.Refused) else "broker_gone"
        log.warning(event, reason=str(why))
        self._hang_up()

    def _hang_up(self) -> None:
        """What was read stays in the inbox: a broker may be unable to bring it again."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._up, self._rest = None, False, b""
        self._unsent.clear()


def _open(host: str, port: int) -> socket.socket:
    """Connected, TLS shaken where the address asks for it, and from then on never blocking."""
    held = socket.create_connection((host, port), timeout=CONNECT_SECONDS)
    try:
        held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if urlsplit(home().mqtt_url).scheme == "mqtts":
            context = ssl.create_default_context(cafile=os.environ.get("MQTT_CA") or None)
            held = context.wrap_socket(held, server_hostname=host)
        held.setblocking(False)
    except BaseException:
        held.close()
        raise
    return held

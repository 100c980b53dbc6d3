"""The broker port over paho-mqtt, on one thread: it reads only while the ingester asks for messages."""

import random
import select
import socket
import ssl
import time
from collections.abc import Collection

import structlog
from paho.mqtt import client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from saas.edge.mqtt.link import broker_address, new_client

from . import packets
from .inbox import Inbox
from .packets import TopicNames
from .paho_client import BufferedClient
from .port import FILTERS, KEEP_ALIVE_SECONDS, USER, Message, mids_of, token_of
from .subscriptions import Changes

log = structlog.get_logger("ingester")
MISC_SECONDS = 1.0
BACK_OFF = (0.5, 10.0)


class PahoPort(Inbox):
    """A session that the broker keeps while we are away (fixed client id, clean session off), acknowledged by hand.

    Acknowledgements of an earlier connection are dropped: the broker sends those messages again with numbers that may
    by then mean others.
    """

    def __init__(
        self, *, client_id: str = USER, filters: Collection[str] = FILTERS, clean: bool = False,
        keep_alive_s: int = KEEP_ALIVE_SECONDS,
    ) -> None:  # fmt: skip
        super().__init__()
        self._subscriptions, self._keep_alive_s = Changes(filters), keep_alive_s
        self._unanswered: dict[int, list[str]] = {}
        self._names = TopicNames()
        self._connection = 0
        self._back_off = BACK_OFF[0]
        self._retry_at = self._misc_at = 0.0
        self._client = new_client(USER, client_id=client_id, clean_session=clean, manual_ack=True, kind=BufferedClient)
        self._client.on_message = self._on_message
        self._client.on_publishes = self._on_publishes
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = lambda _c, _d, mid, codes, _p: self._answered(mid, codes)
        self._client.on_unsubscribe = lambda _c, _d, mid, _codes, _p: self._answered(mid, [])
        # With this callback set, paho queues what it sends and leaves the writing to `_turn`.
        self._client.on_socket_register_write = lambda *_: None

    @property
    def ready(self) -> bool:
        """See BrokerPort."""
        return self._client.is_connected() and self._subscriptions.all_asked and not self._unanswered

    def subscribe(self, filters: Collection[str]) -> None:
        """See BrokerPort."""
        self._subscriptions.want(filters)
        if self._client.is_connected():
            self._ask()

    def acknowledge(self, messages: list[Message]) -> None:
        """See BrokerPort."""
        self._client.ack_all(mids_of(messages, self._connection))
        self._write()

    def publish(self, topic: str, payload: bytes) -> None:
        """See BrokerPort."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0)

    def flush(self) -> None:
        """See BrokerPort."""
        self._write()

    def close(self) -> None:
        """Say goodbye; the broker keeps the session unless it is a clean one."""
        self._client.disconnect()
        self._write()

    def _turn(self, left: float, *, reading: bool) -> None:
        """One packet, or a wait until there is one."""
        sock = self._client.socket()
        if sock is None:
            self._connect(left)
            return
        before = len(self._inbox)
        if reading:
            self._client.loop_read()
        if len(self._inbox) > before:
            self._heard_at = time.monotonic()
        else:
            self._write()
            self._wait(min(left, MISC_SECONDS), reading=reading)
        if time.monotonic() >= self._misc_at:
            self._client.loop_misc()
            self._end_silence(reading=reading)
            self._misc_at = time.monotonic() + MISC_SECONDS

    def _wait(self, seconds: float, *, reading: bool) -> None:
        sock = self._client.socket()
        if sock is None or (self._client.buffered and reading):
            return
        if isinstance(sock, ssl.SSLSocket) and sock.pending() and reading:
            self._heard_at = time.monotonic()
            return
        found, _, _ = select.select([sock] if reading else [], [sock] if self._client.want_write() else [], [], seconds)
        if found or not reading:  # while nobody reads, silence says nothing
            self._heard_at = time.monotonic()

    def _end_silence(self, *, reading: bool) -> None:
        """paho itself finds a dead connection after two keep-alives; the standard allows one and a half."""
        sock = self._client.socket()
        silent = time.monotonic() - self._heard_at
        if reading and isinstance(sock, socket.socket) and silent > 1.4 * self._keep_alive_s:
            log.warning("broker_silent", seconds=round(silent))
            sock.shutdown(socket.SHUT_RDWR)

    def _write(self) -> None:
        if self._client.socket() is not None and self._client.want_write():
            self._client.loop_write()

    def _connect(self, left: float) -> None:
        wait = self._retry_at - time.monotonic()
        if wait > 0:
            time.sleep(min(wait, left))
            return
        self._retry_at = time.monotonic() + self._back_off * random.uniform(0.7, 1.3)  # noqa: S311
        self._back_off = min(self._back_off * 2, BACK_OFF[1])
        host, port = broker_address()
        try:
            self._heard_at = time.monotonic()
            self._client.connect(host, port, keepalive=self._keep_alive_s)
        except OSError as away:
            log.warning("broker_away", address=f"{host}:{port}", error=str(away))

    def _ask(self) -> None:
        """Say what changed, in packets of moderate size."""
        for added in self._subscriptions.added():
            self._note(self._client.subscribe([(one, 1) for one in added])[1], added)
        for dropped in self._subscriptions.dropped():
            self._note(self._client.unsubscribe(dropped)[1], [])
        self._subscriptions.asked()
        self._write()

    def _note(self, mid: int | None, filters: list[str]) -> None:
        if mid is not None:
            self._unanswered[mid] = filters

    def _answered(self, mid: int, codes: list[ReasonCode]) -> None:
        filters = self._unanswered.pop(mid, [])
        refused = [one for one, code in zip(filters, codes, strict=False) if code.is_failure]
        if refused:
            log.error("subscription_refused", filters=refused[:5], count=len(refused))

    def _on_connect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            log.error("broker_refused", reason=str(code))
            return
        self._connection += 1
        self._back_off = BACK_OFF[0]
        self._unanswered.clear()
        self._subscriptions.begin()
        self._ask()
        log.info("broker_connected")

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        log.warning("broker_gone", reason=str(code))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._on_publishes([packets.Publish(message.topic.encode(), bytes(message.payload), message.mid)])

    def _on_publishes(self, found: list[packets.Publish]) -> None:
        received_at, connection, names = self._client.received_at, self._connection, self._names
        for topic, payload, mid in found:
            self._inbox_bytes += len(payload)
            self._inbox.append(Message(names.of(topic), payload, received_at, token_of(connection, mid)))

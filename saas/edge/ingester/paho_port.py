"""The broker port over paho-mqtt, on one thread: it reads only while the ingester asks for messages."""

import random
import select
import ssl
import time
from datetime import UTC, datetime
from typing import NamedTuple

import structlog
from paho.mqtt import client as paho
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from saas.edge.mqtt.link import broker_address, new_client

from .port import Message

log = structlog.get_logger("ingester")
USER = "_ingester"
FILTERS = ("ev/v1/+/telemetry", "ev/v1/+/event", "ev/v1/+/reply", "ev/v1/+/status")
KEEP_ALIVE_SECONDS = 60
MISC_SECONDS = 1.0
BACK_OFF = (0.5, 10.0)


class _Token(NamedTuple):
    connection: int
    mid: int


class PahoPort:
    """A session that the broker keeps while we are away (fixed client id, clean session off), acknowledged by hand.

    Acknowledgements of an earlier connection are dropped: the broker sends those messages again with numbers that may
    by then mean others.
    """

    def __init__(self, *, client_id: str = USER, filters: tuple[str, ...] = FILTERS) -> None:
        self._filters = filters
        self._inbox: list[Message] = []
        self._connection = 0
        self._back_off = BACK_OFF[0]
        self._retry_at = 0.0
        self._misc_at = 0.0
        self._client = new_client(USER, client_id=client_id, clean_session=False, manual_ack=True)
        self._client.on_message = self._on_message
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        # With this callback set, paho queues what it sends and leaves the writing to `_turn`.
        self._client.on_socket_register_write = lambda *_: None

    def receive(self, *, most: int, within_s: float) -> list[Message]:
        """See BrokerPort."""
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0 and (most == 0 or len(self._inbox) < most):
            self._turn(left, reading=most > 0)
        taken, self._inbox = self._inbox[:most], self._inbox[most:]
        return taken

    def acknowledge(self, messages: list[Message]) -> None:
        """See BrokerPort."""
        for message in messages:
            token = message.token
            if isinstance(token, _Token) and token.connection == self._connection:
                self._client.ack(token.mid, 1)
        self._write()

    def publish(self, topic: str, payload: bytes) -> None:
        """See BrokerPort."""
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0)
            self._write()

    def close(self) -> None:
        """Say goodbye; the broker keeps the session."""
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
        if len(self._inbox) == before:
            self._write()
            self._wait(min(left, MISC_SECONDS), reading=reading)
        if time.monotonic() >= self._misc_at:
            self._client.loop_misc()
            self._misc_at = time.monotonic() + MISC_SECONDS

    def _wait(self, seconds: float, *, reading: bool) -> None:
        sock = self._client.socket()
        if sock is None or (isinstance(sock, ssl.SSLSocket) and sock.pending() and reading):
            return
        select.select([sock] if reading else [], [sock] if self._client.want_write() else [], [], seconds)

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
            self._client.connect(host, port, keepalive=KEEP_ALIVE_SECONDS)
        except OSError as away:
            log.warning("broker_away", address=f"{host}:{port}", error=str(away))

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            log.error("broker_refused", reason=str(code))
            return
        self._connection += 1
        self._back_off = BACK_OFF[0]
        client.subscribe([(topic_filter, 1) for topic_filter in self._filters])
        log.info("broker_connected")

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        log.warning("broker_gone", reason=str(code))

    def _on_message(self, _client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        token = _Token(self._connection, message.mid)
        self._inbox.append(Message(message.topic, bytes(message.payload), datetime.now(UTC), token))

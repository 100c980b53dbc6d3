"""One connection to the broker, kept up: it reconnects with back-off and subscribes again."""

import os
import secrets
import threading
from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from saas.kit.home import home

log = structlog.get_logger("mqtt")
Handler = Callable[[str, bytes], None]
C = TypeVar("C", bound=paho.Client)
KEEP_ALIVE_SECONDS = 20
MAX_QUEUED = 20_000


def new_client(
    user: str,
    *,
    client_id: str,
    clean_session: bool = True,
    manual_ack: bool = False,
    kind: type[C] = paho.Client,  # type: ignore[assignment]
) -> C:
    """A paho client that knows its password and how long to wait between attempts, not yet connected."""
    client = kind(CallbackAPIVersion.VERSION2, client_id=client_id, clean_session=clean_session, manual_ack=manual_ack)
    client.username_pw_set(user, home().secrets[f"mqtt{user}"])
    client.reconnect_delay_set(min_delay=1, max_delay=10)
    client.max_queued_messages_set(MAX_QUEUED)
    client.max_inflight_messages_set(1000)
    if urlsplit(home().mqtt_url).scheme == "mqtts":
        client.tls_set(ca_certs=os.environ.get("MQTT_CA") or None)
    return client


def broker_address() -> tuple[str, int]:
    """Host and port from `MQTT_URL`, or of the embedded broker."""
    parts = urlsplit(home().mqtt_url)
    return parts.hostname or "127.0.0.1", parts.port or (8883 if parts.scheme == "mqtts" else 1883)


class Link:
    """A connection as one of the internal users (`_gateway`, `_dispatcher`, `_answers`).

    Handlers run in the network thread: they must be short and must not raise. Subscriptions given to `on` are made
    again after every reconnect. A broker that is away at the start is waited for.
    """

    def __init__(self, user: str, *, client_id: str | None = None) -> None:
        self.client_id = client_id or f"{user}-{secrets.token_hex(6)}"
        self.connected = threading.Event()
        self.connections = 0  # how often it was connected so far: another number, another connection
        self._handlers: dict[str, Handler] = {}
        self._client = new_client(user, client_id=self.client_id, kind=paho.Client)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect

    def on(self, topic_filter: str, handler: Handler) -> None:
        """Hear of every message that matches the filter (QoS 1)."""
        self._handlers[topic_filter] = handler
        self._client.message_callback_add(topic_filter, lambda _c, _u, m: handler(m.topic, bytes(m.payload)))
        if self.connected.is_set():
            self._client.subscribe(topic_filter, qos=1)

    def off(self, topic_filter: str) -> None:
        """Hear no more of that filter."""
        self._handlers.pop(topic_filter, None)
        self._client.message_callback_remove(topic_filter)
        self._client.unsubscribe(topic_filter)

    def start(self) -> None:
        """Begin to connect, in a thread. Returns at once; `connected` tells when."""
        host, port = broker_address()
        self._client.connect_async(host, port, keepalive=KEEP_ALIVE_SECONDS)
        self._client.loop_start()

    def stop(self) -> None:
        """Disconnect and end the thread."""
        self._client.disconnect()
        self._client.loop_stop()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand a message to the network thread. False when it was not taken: away, or too many wait already."""
        if not self.connected.is_set():
            return False
        return self._client.publish(topic, payload, qos=qos, retain=retain).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        if code.is_failure:
            log.warning("broker_refused", client=self.client_id, reason=str(code))
            return
        for topic_filter in list(self._handlers):
            client.subscribe(topic_filter, qos=1)
        self.connections += 1
        self.connected.set()
        log.info("broker_connected", client=self.client_id)

    def _on_disconnect(
        self, _client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        self.connected.clear()
        log.info("broker_gone", client=self.client_id, reason=str(code))

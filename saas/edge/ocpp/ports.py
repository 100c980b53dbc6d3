"""What the gateway needs of the world: a broker, somebody who knows the business, a clock. And the real broker."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import structlog
from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from saas.edge.mqtt.link import Link

log = structlog.get_logger("ocpp")
Handler = Callable[[str, bytes], None]
USER = "_gateway"


class BrokerAway(Exception):
    """The broker took nothing, or did not say so in time. Trying again later may succeed."""


class Broker(Protocol):
    """Handlers and hooks run in the event loop."""

    def on(self, topic_filter: str, handler: Handler) -> None:
        """Hear of every message of the filter, also after reconnects."""

    def off(self, topic_filter: str) -> None:
        """Hear no more."""

    def on_connected(self, hook: Callable[[], None]) -> None:
        """Be told of every (re)connection."""

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> asyncio.Future[None]:
        """Publish with QoS 1, in order. The future is done at the PUBACK. Raises BrokerAway at once when away."""


class Answers(Protocol):
    """Knows stations and tokens; see saas.contracts.rpc for questions and results."""

    async def ask(self, question: Any) -> Any:
        """The result. Raises saas.edge.mqtt.rpc.NoAnswer or Refusal."""


async def published(sent: Iterable[asyncio.Future[None]], *, within_s: float) -> None:
    """Return when the broker has said PUBACK to all. Raises BrokerAway when it does not in time."""
    try:
        async with asyncio.timeout(within_s):
            for puback in sent:
                await puback
    except TimeoutError:
        raise BrokerAway("The broker did not acknowledge in time.") from None


class MqttBroker(Link):
    """The broker through paho: its network thread hands everything over to the event loop."""

    def __init__(self) -> None:
        super().__init__(USER)
        self._loop = asyncio.get_running_loop()
        self._unacked: dict[int, asyncio.Future[None]] = {}
        self._hooks: list[Callable[[], None]] = []
        self._client.on_publish = self._on_publish

    def on(self, topic_filter: str, handler: Handler) -> None:
        super().on(topic_filter, lambda topic, body: self._in_loop(handler, topic, body))

    def on_connected(self, hook: Callable[[], None]) -> None:
        self._hooks.append(hook)

    def send(self, topic: str, payload: bytes, *, retain: bool = False) -> asyncio.Future[None]:
        if not self.connected.is_set():
            raise BrokerAway("The broker is away.")
        info = self._client.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise BrokerAway(paho.error_string(info.rc))
        future = self._unacked[info.mid] = self._loop.create_future()
        return future

    async def drained(self, *, within_s: float) -> None:
        """Wait a little for the acknowledgement of what was sent, before the end."""
        if self._unacked and self.connected.is_set():
            await asyncio.wait(self._unacked.values(), timeout=within_s)

    def _on_publish(
        self, _client: paho.Client, _data: object, mid: int, _code: ReasonCode, _properties: Properties | None
    ) -> None:
        self._in_loop(self._acknowledged, mid)

    def _acknowledged(self, mid: int) -> None:
        future = self._unacked.pop(mid, None)
        if future and not future.done():
            future.set_result(None)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, code: ReasonCode, _properties: Properties | None
    ) -> None:
        super()._on_connect(client, _data, _flags, code, _properties)
        if not code.is_failure:
            self._in_loop(self._run_hooks)

    def _run_hooks(self) -> None:
        for hook in self._hooks:
            hook()

    def _in_loop(self, function: Callable[..., None], *args: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *args)

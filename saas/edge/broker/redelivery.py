"""What amqtt lacks for a subscriber that acknowledges after its commit: a QoS 1 message stays until its PUBACK.

Upstream forgets a message five seconds after it was sent, and at once when the connection ends: what a killed ingester
had read and not committed never came again, although the standard (4.4) and amqtt's own `_retry_deliveries` mean it to.
"""

import asyncio
from typing import Any

import structlog
from amqtt.errors import AMQTTError
from amqtt.mqtt.constants import QOS_1
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.session import OUTGOING, Session

from . import rules

log = structlog.get_logger("broker")
MOST_IN_FLIGHT = 20_000  # of one subscriber; what comes beyond is sent again by the devices
LOOK_SECONDS = 5.0


def is_kept(session: Session | None) -> bool:
    """Sessions of our own processes that outlive their connection."""
    return session is not None and not session.clean_session and rules.is_internal(session.username or "")


class KeepingHandler(BrokerProtocolHandler):  # type: ignore[misc]
    """Keeps what a lasting session of ours has not acknowledged, and sends it again at its next connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._again: set[asyncio.Task[None]] = set()
        self._dropped = 0

    async def mqtt_publish(
        self, topic: str, data: bytes | bytearray, qos: int | None, retain: bool, ack_timeout: int | None = None
    ) -> Any:
        """As upstream, within MOST_IN_FLIGHT."""
        session = self.session
        if qos == QOS_1 and is_kept(session) and len(session.inflight_out) >= MOST_IN_FLIGHT:
            self._dropped += 1
            if self._dropped & (self._dropped - 1) == 0:  # 1, 2, 4, 8 …: a flood must not fill the log
                log.warning("too_much_in_flight", client=session.client_id, dropped=self._dropped)
            return None
        return await super().mqtt_publish(topic, data, qos, retain, ack_timeout)

    async def _retry_deliveries(self) -> None:
        """Upstream holds up the connection until all of it is acknowledged or ten seconds are over."""
        if not is_kept(self.session):
            await super()._retry_deliveries()
            return
        for message in list(self.session.inflight_out.values()):
            task = asyncio.create_task(self._handle_message_flow(message))
            self._again.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._again.discard(task)
        if not task.cancelled() and (wrong := task.exception()):
            log.info("redelivery_ended", reason=str(wrong))

    async def _handle_qos1_message_flow(self, app_message: Any) -> None:
        session = self.session
        if app_message.direction != OUTGOING or not is_kept(session):
            await super()._handle_qos1_message_flow(app_message)
            return
        mid = app_message.packet_id
        session.inflight_out[mid] = app_message
        waiter = self._puback_waiters[mid] = asyncio.get_running_loop().create_future()
        packet = app_message.build_publish_packet(dup=app_message.publish_packet is not None)
        app_message.publish_packet = packet
        try:
            await self._send_packet(packet)
            app_message.puback_packet = await self._puback(waiter)
            session.inflight_out.pop(mid, None)
        finally:
            self._puback_waiters.pop(mid, None)

    async def _puback(self, waiter: "asyncio.Future[Any]") -> Any:
        """However long it takes while the connection lives."""
        while not (await asyncio.wait([waiter], timeout=LOOK_SECONDS))[0]:
            if self._reader_stopped.is_set():
                raise AMQTTError("the connection ended before the acknowledgement")
        return waiter.result()

"""paho's client with buffers, and with the PUBLISH packets taken out of them by our own codec.

paho asks the system for every byte of a header and for every acknowledgement by itself, and spends 15 µs on a message.
This overrides four of its private methods (the lock file pins the version; the tests of the ports run it against real
brokers). Connection, session, keep-alive and subscriptions stay paho's own, and so does every packet that is no PUBLISH
or not whole in the buffer.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode

from . import packets

CHUNK = 1 << 18


class BufferedClient(paho.Client):
    """For one thread that calls `loop_read`, `loop_write` and `loop_misc` itself."""

    def __init__(self, *args: object, **named: object) -> None:
        self._received, self._at = b"", 0
        self._unsent = bytearray()
        self.received_at = datetime.now(UTC)
        self.on_publishes: Callable[[list[packets.Publish]], None] = lambda _: None
        super().__init__(*args, **named)  # type: ignore[arg-type]
        self.on_socket_open = lambda *_: self._begin()

    @property
    def buffered(self) -> bool:
        """Whether bytes wait that the socket no longer shows."""
        return self._at < len(self._received)

    def ack_all(self, mids: list[int]) -> None:
        """PUBACK to each, in order, as one piece."""
        self._unsent += packets.pubacks(mids)

    def loop_read(self, max_packets: int = 1) -> MQTTErrorCode:
        """See paho; what is whole in the buffer goes to `on_publishes` at once."""
        if self.buffered and self._in_packet["command"] == 0:
            try:
                found, self._at = packets.publishes(self._received, self._at)
            except packets.Violation:
                return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_PROTOCOL)
            if found:
                self.on_publishes(found)
                return MQTTErrorCode.MQTT_ERR_SUCCESS
        return super().loop_read(max_packets)

    def want_write(self) -> bool:
        """See paho."""
        return bool(self._unsent) or super().want_write()

    def loop_write(self) -> MQTTErrorCode:
        """See paho."""
        code = super().loop_write()
        try:
            self._flush()
        except BlockingIOError:
            return MQTTErrorCode.MQTT_ERR_SUCCESS
        except OSError:
            return self._loop_rc_handle(MQTTErrorCode.MQTT_ERR_CONN_LOST)
        return code

    def _begin(self) -> None:
        self._received, self._at = b"", 0
        self._unsent.clear()

    def _flush(self) -> None:
        while self._unsent and self._sock is not None:
            del self._unsent[: super()._sock_send(self._unsent[:CHUNK])]

    def _sock_recv(self, bufsize: int) -> bytes:
        at = self._at
        if at >= len(self._received):
            self._received, at = super()._sock_recv(CHUNK), 0
            self.received_at = datetime.now(UTC)
        data = self._received[at : at + bufsize]
        self._at = at + len(data)
        return data

    def _sock_send(self, buf: bytes | bytearray) -> int:
        """Whole packets into the buffer; a DISCONNECT at once, as paho closes the socket behind it."""
        self._unsent += buf
        if buf[:1] == packets.DISCONNECT[:1]:
            self._flush()
        return len(buf)

    def _handle_on_message(self, message: paho.MQTTMessage) -> None:
        """Without a search for callbacks by topic: there is one."""
        if self.on_message is not None:
            self.on_message(self, self._userdata, message)

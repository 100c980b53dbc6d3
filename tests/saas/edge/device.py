"""A device as the protocol asks it to be: it keeps what it sent until the platform says that it is committed."""

import threading
import time
from typing import Any

import msgspec
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

RESEND_SECONDS = 1.0


class Client:
    """A plain MQTT client that notes what happens to it."""

    def __init__(self, port: int, user: str, password: str | None, *, client_id: str | None = None, **more: Any):
        will, ca = more.pop("will", None), more.pop("ca", None)
        self.heard: list[tuple[str, bytes]] = []
        self.notes: list[str] = []
        self.granted: list[bool] = []
        self.unreachable = 0
        self.paho = paho.Client(CallbackAPIVersion.VERSION2, client_id=client_id or user, **more)
        if user:
            self.paho.username_pw_set(user, password)
        if will:
            self.paho.will_set(*will)
        if ca:
            self.paho.tls_set(ca_certs=str(ca))
        self.paho.reconnect_delay_set(0.2, 0.5)  # type: ignore[arg-type]
        self.paho.on_message = self._on_message
        self.paho.on_connect = lambda *found: self._on_connect(failed=found[3].is_failure)
        self.paho.on_disconnect = lambda *found: self.notes.append("out")
        self.paho.on_connect_fail = lambda *_: self._unreachable()
        self.paho.on_subscribe = lambda *found: self.granted.extend(not code.is_failure for code in found[3])
        self.paho.connect_async("127.0.0.1", port, keepalive=10)
        self.paho.loop_start()

    def _on_connect(self, *, failed: bool) -> None:
        self.notes.append("refused" if failed else "in")

    def _unreachable(self) -> None:
        self.unreachable += 1

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        self.heard.append((message.topic, message.payload))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """QoS 1; waits until the broker has it."""
        self.paho.publish(topic, payload, qos=1, retain=retain).wait_for_publish(5)

    def close(self) -> None:
        """Disconnect in good order."""
        self.paho.disconnect()
        self.paho.loop_stop()


class Device(Client):
    """Numbers its messages, sends again what is not acknowledged, drops it only then."""

    def __init__(self, port: int, device_id: str, password: str, *, boot: int) -> None:
        self.device_id, self.boot = device_id, boot
        self.outbox: dict[int, tuple[str, bytes]] = {}
        self.acknowledged = 0
        self.commands: list[dict[str, Any]] = []
        self._seq = 0
        self._lock = threading.Lock()
        super().__init__(port, device_id, password)
        until = time.monotonic() + 10
        while "in" not in self.notes and time.monotonic() < until:
            time.sleep(0.02)
        self._stop = threading.Event()
        self._resender = threading.Thread(target=self._resend, daemon=True)
        self._resender.start()

    def say(self, kind: str, **body: Any) -> int:
        """Send, and keep until acknowledged; the seq."""
        with self._lock:
            self._seq += 1
            low = min(self.outbox, default=self._seq)
            message = {"v": 1, "boot": self.boot, "seq": self._seq, "ts_ms": time.time_ns() // 1_000_000, "low": low}
            self.outbox[self._seq] = (f"ev/v1/{self.device_id}/{kind}", msgspec.json.encode(message | body))
            self.paho.publish(*self.outbox[self._seq], qos=1)
            return self._seq

    def close(self) -> None:
        self._stop.set()
        self._resender.join(5)
        super().close()

    def _on_connect(self, *, failed: bool) -> None:
        self.paho.subscribe([(f"ev/v1/{self.device_id}/ack", 1), (f"ev/v1/{self.device_id}/cmd", 1)])
        super()._on_connect(failed=failed)

    def _resend(self) -> None:
        while not self._stop.wait(RESEND_SECONDS):
            with self._lock:
                waiting = list(self.outbox.values())
            for topic, payload in waiting:
                self.paho.publish(topic, payload, qos=1)

    def _on_message(self, _client: Any, _data: Any, message: paho.MQTTMessage) -> None:
        body = msgspec.json.decode(message.payload)
        if message.topic.endswith("/cmd"):
            self.commands.append(body)
        elif body["boot"] == self.boot:
            self.acknowledged = max(self.acknowledged, body["seq"])
            with self._lock:
                self.outbox = {seq: held for seq, held in self.outbox.items() if seq > self.acknowledged}

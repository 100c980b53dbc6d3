"""amqtt in a process of its own, and the platform's side of the conversation."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

from saas.contracts.telemetry.messages import DECODERS

SCRIPT = """
import asyncio, logging, sys
from amqtt.broker import Broker
logging.disable(logging.CRITICAL)
async def main():
    plugins = {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}}
    broker = Broker({"listeners": {"default": {"type": "tcp", "bind": "127.0.0.1:" + sys.argv[1]}}, "plugins": plugins})
    await broker.start()
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def start_broker(port: int) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, str(port)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def stop(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=10)


def until(condition: Callable[[], Any], seconds: float = 15.0) -> Any:
    """The first true answer; fails when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        answer = condition()
        if answer:
            return answer
        time.sleep(0.05)
    raise AssertionError("not in time")


class Platform:
    """Stores what comes, once, and acknowledges it; every message must decode."""

    def __init__(self, port: int) -> None:
        self.stored: dict[tuple[str, int, int], Any] = {}
        self.statuses: dict[str, list[Any]] = {}
        self.copies = 0
        self.refused: list[str] = []
        self.acknowledging = True
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self._client.on_message = self._received
        self._client.connect("127.0.0.1", port)
        self._client.subscribe([(f"ev/v1/+/{kind}", 1) for kind in ("telemetry", "event", "reply", "status")])
        self._client.loop_start()

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _received(self, client: mqtt.Client, user: object, message: mqtt.MQTTMessage) -> None:
        _, _, device, kind = message.topic.split("/")
        try:
            body = DECODERS[kind].decode(message.payload)
        except Exception as error:
            self.refused.append(f"{message.topic}: {error}")
            return
        if kind == "status":
            self.statuses.setdefault(device, []).append(body)
            return
        self.copies += 1
        self.stored[device, body.boot, body.seq] = body
        if self.acknowledging:
            self._acknowledge(device, body.boot, body.low or body.seq)

    def _acknowledge(self, device: str, boot: int, low: int) -> None:
        """Cumulative: what lies below `low` was dropped or acknowledged before."""
        seq = low - 1
        while (device, boot, seq + 1) in self.stored:
            seq += 1
        ack = {"v": 1, "boot": boot, "seq": seq, "now_ms": time.time_ns() // 1_000_000}
        self._client.publish(f"ev/v1/{device}/ack", json.dumps(ack), qos=1)

    def command(self, device: str, id_: str, type_: str, **fields: object) -> None:
        now_ms = time.time_ns() // 1_000_000
        body = {"v": 1, "id": id_, "type": type_, "ts_ms": now_ms, "expires_ms": now_ms + 60_000, **fields}
        self._client.publish(f"ev/v1/{device}/cmd", json.dumps(body), qos=1)

    def of(self, device: str, type_: type) -> list[Any]:
        """Stored messages of a device by kind, in their own order of time."""
        found = [body for (name, _, _), body in list(self.stored.items()) if name == device and type(body) is type_]
        return sorted(found, key=lambda body: (body.ts_ms, body.seq))

    def seqs(self, device: str, boot: int) -> list[int]:
        return sorted(seq for name, number, seq in list(self.stored) if (name, number) == (device, boot))

    def reply(self, device: str, id_: str) -> Any:
        return next((body for body in list(self.stored.values()) if getattr(body, "id", None) == id_), None)

    def events(self, device: str, type_: str) -> list[Any]:
        return [body for body in list(self.stored.values()) if getattr(body, "type", None) == type_]

"""Ingest against the limit of its transport: the same backlog drained by our ingester, and by a bare subscriber.

Each run drains a session of its own that waits at the broker, so publishing costs nothing while the clock runs.
Mosquitto where it is installed, else the embedded broker (which drops what it has in flight at the fifth second).
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from saas.contracts.telemetry.messages import Telemetry, encode
from saas.kit.home import CODE, home

from .harness import ROUNDS, Case

if TYPE_CHECKING:
    from saas.edge.ingester.paho_port import PahoPort

MESSAGES = 20_000
DEVICES = 50  # of one run
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
CONF = """listener {port} 127.0.0.1
user root
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 1073741824
persistence false
"""


@contextlib.contextmanager
def case() -> Iterator[Case]:
    """The comparison, with its broker running. Needs Django set up and a migrated database."""
    sessions = 3 * ROUNDS
    with _broker() as name:
        backlog = _fill(sessions)
        yield Case(
            name=f"ingest: decode, store once, acknowledge ({name})",
            unit="messages",
            ours=lambda: _ingest(next(backlog)),
            reference=lambda: _drain(next(backlog)),
            against="bare QoS 1 subscriber, same library",
        )


def _ingest(run: int) -> int:
    from saas.edge.ingester.loop import Ingester
    from tenants.charging import actions

    port = _port(run)
    ingester, done = Ingester(port, actions), 0
    while done < MESSAGES:
        done += ingester.step()
    port.close()
    return done


def _drain(run: int) -> int:
    port, done = _port(run), 0
    while done < MESSAGES:
        messages = port.receive(most=5000, within_s=0.1)
        port.acknowledge(messages)
        done += len(messages)
    port.close()
    return done


def _port(run: int) -> "PahoPort":
    from saas.edge.ingester.paho_port import PahoPort

    return PahoPort(client_id=f"_ingester-bench-{run}", filters=tuple(_topic(device) for device in _devices(run)))


def _devices(run: int) -> list[str]:
    return [f"ad_bench_{run}_{number}" for number in range(DEVICES)]


def _topic(device: str) -> str:
    return f"ev/v1/{device}/telemetry"


def _fill(sessions: int) -> Iterator[int]:
    """Register devices, leave a session for each run, fill them all; gives the runs one by one."""
    _register([device for run in range(sessions) for device in _devices(run)])
    for run in range(sessions):
        port = _port(run)
        port.receive(most=1, within_s=0.5)
        port.close()
    with _Publisher() as publisher:
        for run in range(sessions):
            publisher.publish(_devices(run))
    return iter(range(sessions))


def _register(devices: list[str]) -> None:
    from saas.devices import keys
    from saas.devices.models import Device
    from saas.tenancy.queries import tenants

    tenant = tenants()[0]
    held = keys.seal(b"0" * 32)
    Device.objects.bulk_create(
        [Device(device_id=name, tenant=tenant, kind="adapter", secret_hash="", permit_key=held) for name in devices],
        ignore_conflicts=True,
    )


class _Publisher:
    """MQTT 3.1.1 by hand, QoS 1, many in flight: only there to fill queues fast."""

    def __enter__(self) -> "_Publisher":
        user, password = "_gateway", home().secrets["mqtt_gateway"]
        self._socket = socket.create_connection(("127.0.0.1", home().mqtt_port))
        body = _text("MQTT") + b"\x04\xc2\x00\x3c" + _text(f"{user}-bench") + _text(user) + _text(password)
        self._socket.sendall(b"\x10" + _length(len(body)) + body)
        assert self._read(4)[3] == 0, "the broker refused the publisher"
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendall(b"\xe0\x00")
        self._socket.close()

    def publish(self, devices: list[str]) -> None:
        """MESSAGES samples, in turn over the devices; returns when the broker has them all."""
        now_ms = time.time_ns() // 1_000_000
        for start in range(0, MESSAGES, 1000):
            frames = [self._frame(devices, number, now_ms) for number in range(start, start + 1000)]
            self._socket.sendall(b"".join(frames))
            self._read(4 * 1000)

    def _frame(self, devices: list[str], number: int, now_ms: int) -> bytes:
        seq, device = number // len(devices) + 1, devices[number % len(devices)]
        sample = Telemetry(
            v=1, boot=1, seq=seq, ts_ms=now_ms + seq, energy_wh=1000 + seq, power_w=7360, current_ma=32000,
            voltage_mv=230000, temperature_mc=41500,
        )  # fmt: skip
        body = _text(_topic(device)) + (number % 60000 + 1).to_bytes(2, "big") + encode(sample)
        return b"\x32" + _length(len(body)) + body

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            data += self._socket.recv(count - len(data))
        return data


def _text(text: str) -> bytes:
    return len(text).to_bytes(2, "big") + text.encode()


def _length(value: int) -> bytes:
    encoded = bytearray()
    while True:
        value, low = divmod(value, 128)
        encoded.append(low | (128 if value else 0))
        if not value:
            return bytes(encoded)


@contextlib.contextmanager
def _broker() -> Iterator[str]:
    """A broker on a free port, in a home of its own for its credentials."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    before = os.environ.get("WATTLANE_MQTT_PORT")
    os.environ["WATTLANE_MQTT_PORT"] = str(port)
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder) / "mosquitto.conf"
        conf.write_text(CONF.format(port=port), encoding="utf-8")
        command = [MOSQUITTO, "-c", str(conf)] if MOSQUITTO else [sys.executable, "-m", "saas.edge.broker"]
        broker = subprocess.Popen(command, cwd=CODE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _until_listening(port)
            yield "Mosquitto" if MOSQUITTO else "embedded broker"
        finally:
            broker.terminate()
            broker.wait(10)
            if before is None:
                del os.environ["WATTLANE_MQTT_PORT"]
            else:
                os.environ["WATTLANE_MQTT_PORT"] = before


def _until_listening(port: int) -> None:
    deadline = datetime.now(UTC).timestamp() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if datetime.now(UTC).timestamp() > deadline:
                raise
            time.sleep(0.05)

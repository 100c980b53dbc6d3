"""Ingest against the limit of its transport: the same flood taken in by our ingester, and by a bare QoS 1 subscriber.

The flood comes from a process of its own through Mosquitto (else the embedded broker). The subscriber is a socket, a
loop that finds the PUBLISH packets, and a PUBACK for each: nothing else. Ours decodes, validates, finds repeats,
commits, acknowledges to the broker and to the devices; its rate is that of what is committed.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from saas.kit.home import CODE, home

from .flood import names, packet, text, topic
from .harness import Case, Speed

MESSAGES = 60_000
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
CONF = """listener {port} 127.0.0.1
user root
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 1073741824
persistence false
"""
KEEP_ALIVE_S = b"\x00\x3c"


@contextlib.contextmanager
def paho() -> Iterator[Case]:
    """The default adapter."""
    with _case("paho", "default adapter (paho)") as case:
        yield case


@contextlib.contextmanager
def raw() -> Iterator[Case]:
    """The adapter for sites that need more."""
    with _case("raw", "raw adapter") as case:
        yield case


@contextlib.contextmanager
def _case(adapter: str, name: str) -> Iterator[Case]:
    """The comparison, with its broker running. Needs Django set up and a migrated database."""
    with _broker() as broker:
        runs = (f"{adapter}{number}" for number in count())
        yield Case(
            name=f"ingest: validate, store once, acknowledge; {name}, {broker}",
            unit="messages",
            ours=lambda: _ingest(adapter, next(runs)),
            reference=lambda: _subscribe(next(runs)),
            against="bare QoS 1 subscriber, a socket",
        )


def _ingest(adapter: str, run: str) -> Speed:
    from saas.edge.ingester.adapters import ADAPTERS
    from saas.edge.ingester.loop import Ingester
    from tenants.charging import actions

    _register(names(run))
    filters = [topic(device) for device in names(run)]
    ingester = Ingester(lambda **_: ADAPTERS[adapter](client_id=f"_ingester-{run}", filters=filters), actions)
    with _flood(run) as begin:
        while not (ingester.step() == 0 and ingester.ready):
            pass
        clock, done = begin(), 0
        while done < MESSAGES:
            done += ingester.step()
        speed = clock()
    ingester.close()
    return speed


def _subscribe(run: str) -> Speed:
    """What the transport allows."""
    held = socket.create_connection(("127.0.0.1", home().mqtt_port))
    held.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    password = home().secrets["mqtt_ingester"]
    flags = b"\x04\xc0" + KEEP_ALIVE_S
    held.sendall(packet(0x10, text("MQTT") + flags + text(f"_ingester-{run}") + text("_ingester") + text(password)))
    for device in names(run):
        held.sendall(packet(0x82, b"\x00\x01" + text(topic(device)) + b"\x01"))
    _read(held, 4 + 5 * len(names(run)))
    with _flood(run) as begin:
        clock = begin()
        _drain(held)
        speed = clock()
    held.close()
    return speed


def _drain(held: socket.socket) -> None:
    done, rest = 0, b""
    while done < MESSAGES:
        data = rest + held.recv(1 << 18)
        at, acks = 0, []
        while (found := _publish(data, at)) is not None:
            stop, mid = found
            acks.append(b"\x40\x02" + mid)
            at = stop
        rest = data[at:]
        held.sendall(b"".join(acks))
        done += len(acks)


def _publish(data: bytes, at: int) -> tuple[int, bytes] | None:
    """End and packet identifier of the PUBLISH at `at`; None when it is not whole yet."""
    if at + 3 > len(data):
        return None
    length, start = data[at + 1], at + 2
    if length >= 128:
        length, start = length & 127 | data[at + 2] << 7, at + 3
    stop = start + length
    if stop > len(data):
        return None
    identifier = start + 2 + (data[start] << 8 | data[start + 1])
    return stop, data[identifier : identifier + 2]


def _read(held: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(held.recv(size))


@contextlib.contextmanager
def _flood(run: str) -> Iterator[Callable[[], Callable[[], Speed]]]:
    """A flood that is prepared. It begins when the function is called, whose result is the clock to read at the end."""
    command = [sys.executable, "-m", "infra.bench.flood", str(home().mqtt_port), run, str(MESSAGES)]
    flood = subprocess.Popen(command, cwd=CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert flood.stdin and flood.stdout
    flood.stdout.readline()

    def begin() -> Callable[[], Speed]:
        flood.stdin.write(b"\n")  # type: ignore[union-attr]
        flood.stdin.flush()  # type: ignore[union-attr]
        wall, cpu = time.perf_counter(), time.process_time()
        return lambda: Speed(MESSAGES / (time.perf_counter() - wall), (time.process_time() - cpu) / MESSAGES * 1e6)

    try:
        yield begin
    finally:
        flood.wait(60)
        flood.stdin.close()
        flood.stdout.close()


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
    deadline = time.monotonic() + 15
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)

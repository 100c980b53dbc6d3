"""Ingest against the limit of its transport: one flood after another, taken in by a bare QoS 1 subscriber, by our
ingester with each of its adapters, and by PyPI's pathway where it can be installed.

The flood comes from a process of its own through Mosquitto (else the embedded broker). The subscriber is a socket, a
loop that finds the PUBLISH packets, and a PUBACK for each: nothing else. Ours decodes, validates, finds repeats,
commits, acknowledges to the broker and to the devices; its rate is that of what is committed. Rounds are interleaved,
ratios are taken within a round, and a round in which other processes took much of the machine is repeated.
Alone: `python -m infra.bench.ingest`, in the environment of an installation.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from saas.kit.home import CODE, home

from .flood import names, packet, text, topic
from .ingest_meter import MESSAGES, Meter, Run

ROUNDS, MOST_ROUNDS = 3, 6
DISTURBED = 0.15  # of the machine, by others: such a round is repeated
MOSQUITTO = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
PATHWAY, PATHWAY_HOME = "0.33.0", CODE / "build" / "bench-pathway"
CONF = """listener {port} 127.0.0.1
user root
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 1073741824
persistence false
"""
KEEP_ALIVE_S = b"\x00\x3c"
COLUMNS = (
    "boot", "seq", "ts_ms", "energy_wh", "power_w", "current_ma", "voltage_mv", "temperature_mc", "time", "diff",
)  # fmt: skip
NAMES = {
    "subscriber": "bare QoS 1 subscriber, a socket", "paho": "ours, default adapter (paho)", "raw": "ours, raw adapter",
    "pathway": f"pathway {PATHWAY}, MQTT to PostgreSQL",
}  # fmt: skip


def report() -> str:
    """Rounds of all, as a table. Needs Django set up and a migrated database."""
    takers: dict[str, Callable[[str], Run]] = {
        "subscriber": _subscribe, "paho": lambda run: _ingest("paho", run), "raw": lambda run: _ingest("raw", run),
    }  # fmt: skip
    if python := _pathway():
        takers["pathway"] = lambda run: _pathway_run(python, run)
    good: list[dict[str, Run]] = []
    every: list[dict[str, Run]] = []
    with _broker() as broker:
        while len(good) < ROUNDS and len(every) < MOST_ROUNDS:
            found = {name: take(f"{name}{len(every)}") for name, take in takers.items()}
            every.append(found)
            quiet = max(run.others for run in found.values()) <= DISTURBED
            good += [found] if quiet else []
            print(_progress(found, quiet=quiet), file=sys.stderr, flush=True)
    return _table(good if len(good) == ROUNDS else every, broker, disturbed=len(every) - len(good))


def _progress(found: dict[str, Run], *, quiet: bool) -> str:
    rates = ", ".join(f"{name} {run.per_second:,.0f}/s" for name, run in found.items())
    return f"  {rates}; load {os.getloadavg()[0]:.1f}{'' if quiet else ', disturbed'}"


def _table(rounds: list[dict[str, Run]], broker: str, *, disturbed: int) -> str:
    others = max(run.others for found in rounds for run in found.values())
    lines = [
        f"Ingest: validate, store once, acknowledge; {broker}, {MESSAGES:,} messages a run, medians of {len(rounds)} "
        f"rounds ({disturbed} disturbed), others at most {others:.0%} of the machine, load {os.getloadavg()[0]:.1f}",
        "",
        "| what | messages/s | of the subscriber | CPU a message, process + PostgreSQL |",
        "|---|---|---|---|",
    ]
    for name in rounds[0]:
        runs = [found[name] for found in rounds]
        ratio = _median(found[name].per_second / found["subscriber"].per_second for found in rounds)
        cpu = f"{_median(run.cpu_us for run in runs):.1f} + {_median(run.database_us for run in runs):.1f} \u00b5s"
        rate = _median(run.per_second for run in runs)
        lines.append(f"| {NAMES[name]} | {rate:,.0f} | **{ratio:.2f}** | {cpu} |")
    return "\n".join(lines)


def _median(values: Any) -> float:
    return float(statistics.median(values))


def _ingest(adapter: str, run: str) -> Run:
    from saas.edge.ingester.adapters import ADAPTERS
    from saas.edge.ingester.loop import Ingester, quiet_collector
    from tenants.charging import actions

    quiet_collector()
    _register(names(run))
    filters = [topic(device) for device in names(run)]
    ingester = Ingester(lambda **_: ADAPTERS[adapter](client_id=f"_ingester-{run}", filters=filters), actions)
    with _flood(run) as begin:
        while not (ingester.step() == 0 and ingester.ready):
            pass
        meter, done = Meter(psutil.Process()), 0
        begin()
        while done < MESSAGES:
            done += ingester.step()
        found = meter.read()
    ingester.close()
    return found


def _subscribe(run: str) -> Run:
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
        meter = Meter(psutil.Process())
        begin()
        _drain(held)
        found = meter.read()
    held.close()
    return found


def _pathway() -> str | None:
    """A Python that has it, in a folder of its own: it is no part of the product. None where it cannot be had."""
    python = PATHWAY_HOME / "bin" / "python"
    uv = str(Path(sys.executable).with_name("uv"))
    install = [uv, "pip", "install", "-q", "--python", str(python), f"pathway=={PATHWAY}"]
    commands = [[uv, "venv", "-q", str(PATHWAY_HOME)], install]
    if not python.exists():
        try:
            for command in commands:
                subprocess.run(command, check=True, capture_output=True, timeout=600)
        except (OSError, subprocess.SubprocessError):
            shutil.rmtree(PATHWAY_HOME, ignore_errors=True)
            print("  pathway cannot be installed here: left out", file=sys.stderr)
            return None
    return str(python)


def _pathway_run(python: str, run: str) -> Run:
    from django.db import connection

    table = f"bench_{run}"
    settings = {key: str(value) for key, value in connection.get_connection_params().items()
                if key in ("host", "port", "user", "password", "dbname") and value}  # fmt: skip
    settings = {"port": "5432", "password": "-"} | settings
    columns = ", ".join(f"{name} bigint" for name in COLUMNS)
    _sql(f"CREATE TABLE public.{table} ({columns})")
    uri = f"mqtt://127.0.0.1:{home().mqtt_port}?client_id={run}"
    script = str(Path(__file__).with_name("pathway_peer.py"))
    command = [python, script, uri, "ev/v1/+/telemetry", json.dumps(settings), table]
    peer = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        return _measured(peer, run, table)
    finally:
        peer.kill()
        peer.wait(10)
        _sql(f"DROP TABLE public.{table}")


def _measured(peer: "subprocess.Popen[bytes]", run: str, table: str) -> Run:
    """From the first message to the last row. A message before shows that it listens."""
    deadline = time.monotonic() + 60
    while _rows(table) == 0:
        if peer.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"pathway does not listen: {peer.stderr and peer.stderr.read().decode()[-2000:]}")
        _say_once(run)
        time.sleep(0.5)
    time.sleep(3)
    before = _rows(table)
    with _flood(run) as begin:
        meter = Meter(psutil.Process(peer.pid))
        begin()
        while _rows(table) - before < MESSAGES:
            time.sleep(0.2)
        return meter.read()


def _say_once(run: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "infra.bench.flood", str(home().mqtt_port), f"{run}probe", "10"], cwd=CODE, input=b"\n",
        stdout=subprocess.DEVNULL, check=True, timeout=30,
    )  # fmt: skip


def _rows(table: str) -> int:
    return int(_sql(f"SELECT count(*) FROM public.{table}")[0][0])  # noqa: S608 - a name of ours


def _sql(query: str) -> list[Any]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(query)
        return list(cursor.fetchall()) if cursor.description else []


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
def _flood(run: str) -> Iterator[Callable[[], None]]:
    """A flood that is prepared. It begins when the function is called."""
    command = [sys.executable, "-m", "infra.bench.flood", str(home().mqtt_port), run, str(MESSAGES)]
    flood = subprocess.Popen(command, cwd=CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert flood.stdin and flood.stdout
    flood.stdout.readline()

    def begin() -> None:
        flood.stdin.write(b"\n")  # type: ignore[union-attr]
        flood.stdin.flush()  # type: ignore[union-attr]

    try:
        yield begin
    finally:
        flood.stdin.close()
        flood.stdout.close()
        flood.wait(60)


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


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
    django.setup()
    print(report())

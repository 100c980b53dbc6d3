"""The OCPP gateway beside a bare `websockets` echo, the `ocpp` package's central system, and npm `ocpp-rpc` (strict).

CPU of the server's process for each message (user and kernel, from the operating system), by 50 stations that send the
next call when the last is answered, and who never take the processor from a server that works; servers take turns,
and the least of the rounds counts, as neighbours on the machine only add. Then memory for each idle connection, a boot
of 500 at once, 2,000 that come back after a restart, and the round trip of commands. Alone: `python -m
infra.bench.ocpp`.
"""

import json
import os
import resource
import selectors
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from .ocpp_stations import CASES, FRAMES, ON_BOOT, connect, framed, lawful, storm

ROUNDS, SECONDS, STATIONS = 5, 2.0, 50
IDLE, BOOTING, RETURNING, COMMANDS = 5_000, 500, 2_000, 40
CODE = Path(__file__).resolve().parents[2]
PEER = CODE / "infra" / "bench" / "ocpp_peer"
BUILD = CODE / "build" / "bench-ocpp"
SERVERS = {"ours": "Wattlane", "echo": "websockets echo", "library": "ocpp package", "peer": "ocpp-rpc strict"}


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    port: int

    def cpu_s(self) -> float:
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)

    def rss(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    def ask(self, line: str) -> dict[str, Any]:
        """A line on its input, a line of JSON back."""
        assert self.process.stdin and self.process.stdout
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))


@contextmanager
def server(name: str) -> Iterator[Server]:
    argv = ["node", "server.js"] if name == "peer" else [sys.executable, "-m", "infra.bench.ocpp_servers", name]
    process = subprocess.Popen(
        argv, cwd=BUILD if name == "peer" else CODE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        yield Server(process, json.loads(process.stdout.readline())["port"])
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def install_peer() -> bool:
    """npm puts the peer into build/; False, with the reason, when it cannot."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        print("ocpp-rpc is left out: it needs node and npm, which are not installed here.", file=sys.stderr)
        return False
    BUILD.mkdir(parents=True, exist_ok=True)
    for file in PEER.iterdir():
        shutil.copy(file, BUILD)
    if (BUILD / "node_modules" / "ocpp-rpc").exists():
        return True
    done = subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund"],
        cwd=BUILD,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    if done.returncode:
        print(f"ocpp-rpc is left out: npm could not install it.\n{done.stderr}", file=sys.stderr)
    return done.returncode == 0


@contextmanager
def giving_way() -> Iterator[None]:
    """Woken by an answer, the stations wait until the server sleeps: where both share a processor, a switch between
    them for every message would else be counted to the server, more to one that answers many stations in a row.
    """
    if not hasattr(os, "SCHED_BATCH"):
        yield
        return
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def cpu_us(at: Server, protocol: str, frames: list[bytes]) -> float:
    """Microseconds of the server's CPU for one message."""
    stations = [connect(at.port, f"CP{number}", protocol) for number in range(STATIONS)]
    waiting = selectors.DefaultSelector()
    for number, station in enumerate(stations):
        waiting.register(station, selectors.EVENT_READ)
        station.sendall(frames[number])
    sent, answered, began, cpu, counted = len(stations), 0, time.monotonic(), 0.0, -1
    while True:
        for key, _ in waiting.select(5):
            lawful(key.fileobj.recv(4096))  # type: ignore[union-attr]
            answered, sent = answered + 1, sent + 1
            key.fileobj.sendall(frames[sent % FRAMES])  # type: ignore[union-attr]
        passed = time.monotonic() - began
        if counted < 0 and passed > SECONDS / 4:
            counted, cpu = answered, at.cpu_s()
        elif passed > SECONDS:
            spent = at.cpu_s() - cpu
            for station in stations:
                station.close()
            return spent / (answered - counted) * 1e6


def compare(names: list[str]) -> dict[tuple[str, str], float]:
    """(server, action) → the least CPU a message, servers by turns."""
    took: dict[tuple[str, str], list[float]] = {}
    for number in range(ROUNDS):
        for protocol, action, payload in CASES:
            frames = [framed([2, f"{number}-{at}", action, payload(at)]) for at in range(FRAMES)]
            for name in names:
                with server(name) as running, giving_way():
                    took.setdefault((name, action), []).append(cpu_us(running, protocol, frames))
                print(f"  {SERVERS[name]:16} {action:17} {took[name, action][-1]:7.1f} µs", file=sys.stderr, flush=True)
    return {key: min(figures) for key, figures in took.items()}


def idle_memory() -> float:
    """Bytes of the gateway's memory for one of many connected stations that say nothing."""
    with server("ours") as running:
        storm(running.port, 50, ON_BOOT)
        before = running.rss()
        _, stations = storm(running.port, IDLE, ())
        held = (running.rss() - before) / len(stations)
        for station in stations:
            station.close()
    return held


def restart() -> float:
    """Seconds until all are back and heard after the gateway was killed and started again."""
    with server("ours") as running:
        _, stations = storm(running.port, RETURNING, (("Heartbeat", {}),))
    for station in stations:
        station.close()
    with server("ours") as running:
        took, stations = storm(running.port, RETURNING, (("Heartbeat", {}),))
        for station in stations:
            station.close()
    return took


def commands() -> tuple[float, float]:
    """p50 and p99 in milliseconds from the command on the broker to the answer at the domain."""
    with server("ours") as running:
        _, stations = storm(running.port, STATIONS, ())
        waiting = selectors.DefaultSelector()
        for station in stations:
            waiting.register(station, selectors.EVENT_READ)
        assert running.process.stdin and running.process.stdout
        running.process.stdin.write(f"commands {COMMANDS}\n")
        running.process.stdin.flush()
        left = COMMANDS * len(stations)
        while left:
            for key, _ in waiting.select(10):
                station_: Any = key.fileobj
                call = station_.recv(4096)
                body = json.loads(call[call.index(b"[") :])
                station_.sendall(framed([3, body[1], {"status": "Accepted"}]))
                left -= 1
        took = sorted(json.loads(running.process.stdout.readline())["took_us"])
    return took[len(took) // 2] / 1000, took[len(took) * 99 // 100] / 1000


def table(figures: dict[tuple[str, str], float]) -> str:
    """CPU a message, and how many times ours."""
    lines = ["| CPU a message | " + " | ".join(action for _, action, _ in CASES) + " |", "|---|---|---|"]
    for name in [name for name in SERVERS if (name, CASES[0][1]) in figures]:
        cells = []
        for _, action, _ in CASES:
            times = figures[name, action] / figures["ours", action]
            cells.append(
                f"{figures[name, action]:.1f} µs" + ("" if name == "ours" else f" (**{times:.2f}** times ours)")
            )
        lines.append(f"| {SERVERS[name]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def report() -> str:
    """Everything, as Markdown."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        names = ["ours", "echo", "library", *(["peer"] if install_peer() else [])]
        figures = table(compare(names))
        with server("ours") as running:
            booted, stations = storm(running.port, BOOTING, ON_BOOT)
            for station in stations:
                station.close()
        p50, p99 = commands()
        rows = [
            ("memory for an idle connection", f"{idle_memory() / 1024:.1f} KB, at {IDLE:,}"),
            (f"{BOOTING} stations boot at once", f"{booted:.1f} s, no error"),
            (f"{RETURNING:,} come back after a restart", f"{restart():.1f} s, no error"),
            ("a command and its answer", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms, {STATIONS} stations"),
        ]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return "\n".join(
        [figures, "", "| OCPP gateway | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    )


if __name__ == "__main__":
    os.chdir(CODE)
    print(report())

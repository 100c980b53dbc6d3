"""Real processes of the edge for tests: started on free ports, killed at will, never left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CODE = Path(__file__).resolve().parents[3]


def free_port() -> int:
    """A port nobody listens at now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(true: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Wait for something to become true; fails with `what` when it does not."""
    deadline = time.monotonic() + seconds
    while not (value := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return value


def listens(port: int) -> bool:
    """Whether somebody accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_database_url() -> str:
    """Address of the database that pytest-django made, for other processes."""
    from django.db import connection

    held = connection.settings_dict
    query = {"host": held["HOST"]} | ({"port": held["PORT"]} if held["PORT"] else {})
    login = held["USER"] + (f":{held['PASSWORD']}" if held["PASSWORD"] else "")
    return f"postgresql://{login}@/{held['NAME']}?{urlencode(query)}"


test_database_url.__test__ = False  # type: ignore[attr-defined]


class House:
    """One installation: its ports, its folder, its processes."""

    def __init__(self, folder: Path, **env: str) -> None:
        self.mqtt_port, self.live_port, self.metrics_port = free_port(), free_port(), free_port()
        self.folder = folder
        self.env = os.environ | {
            "WATTLANE_MQTT_PORT": str(self.mqtt_port),
            "WATTLANE_LIVE_PORT": str(self.live_port),
            "WATTLANE_METRICS_INGESTER": str(self.metrics_port),
            "PYTHONUNBUFFERED": "1",
            **env,
        }
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, module: str) -> subprocess.Popen[bytes]:
        """`python -m module`; its output goes to a file of its name."""
        with (self.folder / f"{module}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-m", module], cwd=CODE, env=self.env, stdout=log, stderr=log)
        self._running[module] = process
        return process

    def start_broker(self) -> None:
        """The broker, listening."""
        self.start("saas.edge.broker")
        until(lambda: listens(self.mqtt_port), seconds=15, what="the broker listens")

    def kill(self, module: str) -> None:
        """kill -9."""
        process = self._running.pop(module)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end(self, module: str) -> int:
        """SIGTERM; the exit code."""
        process = self._running.pop(module)
        process.terminate()
        return process.wait(10)

    def running(self, module: str) -> int:
        """Its process id."""
        return self._running[module].pid

    def log(self, module: str) -> str:
        """What it said so far."""
        return (self.folder / f"{module}.log").read_text(encoding="utf-8")

    def close(self) -> None:
        """Stop everything that was started."""
        for process in self._running.values():
            process.kill()
        for process in self._running.values():
            process.wait(10)

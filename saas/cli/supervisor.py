"""Starts the parts of one installation as child processes, keeps them running, and stops them all.

Every part may be killed at any moment: it is started again after a pause that grows while it keeps failing.
"""

import contextlib
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

STOP_SECONDS = 12.0
FIRST_PAUSE, LONGEST_PAUSE = 0.3, 15.0


@dataclass(frozen=True)
class Part:
    """One process. `ready` is asked until it says yes; None: ready as soon as it runs."""

    name: str
    argv: list[str]
    ready: Callable[[], bool] | None = None
    environment: dict[str, str] = field(default_factory=dict)


def listens(port: int, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections there."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=0.5):
        return True
    return False


class Child:
    """One running part."""

    def __init__(self, part: Part, logs: Path) -> None:
        self.part = part
        self.log = logs / f"{part.name}.log"
        self.held = False  # killed on purpose, not to be started again until released
        self.restarts = 0
        self._pause = FIRST_PAUSE
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._again_at = 0.0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.part.argv,
                env=os.environ | self.part.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started = time.monotonic()

    def tend(self, say: Callable[[str], None]) -> None:
        """Start the part again when it died; called a few times a second."""
        if self.held or self.running():
            return
        now = time.monotonic()
        if not self._again_at:
            code = self._process.returncode if self._process else None
            self._pause = FIRST_PAUSE if now - self._started > 30 else min(self._pause * 2, LONGEST_PAUSE)
            self._again_at = now + self._pause
            say(f"{self.part.name} stopped (exit {code}); starting it again. Log: {self.log}")
        elif now >= self._again_at:
            self._again_at = 0.0
            self.restarts += 1
            self.start()

    def signal(self, number: int) -> None:
        """To the part and all its own children."""
        if self._process:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def wait(self, seconds: float) -> bool:
        if not self._process:
            return True
        try:
            self._process.wait(max(seconds, 0.01))
        except subprocess.TimeoutExpired:
            return False
        return True


class Supervisor:
    """All parts of one installation."""

    def __init__(self, logs: Path, record: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._record = record
        self._say = say
        self._children: dict[str, Child] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._tend, name="supervisor", daemon=True)

    def end_leftovers(self) -> int:
        """End what an earlier supervisor left running when it was killed itself. How many there were."""
        if not self._record.exists():
            return 0
        ended = 0
        for pid, created in json.loads(self._record.read_text(encoding="utf-8")).values():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                if abs(psutil.Process(pid).create_time() - created) < 1:
                    os.killpg(pid, signal.SIGKILL)
                    ended += 1
        self._record.unlink()
        return ended

    def start(self, *parts: Part) -> None:
        """Start parts at once, without waiting for them."""
        with self._lock:
            for part in parts:
                child = self._children[part.name] = Child(part, self._logs)
                child.start()
            self._write_record()
        if not self._thread.is_alive():
            self._thread.start()

    def wait_ready(self, seconds: float, progress: Callable[[str, float], None] | None = None) -> list[str]:
        """Names of the parts that were not ready in time; empty is good."""
        begin = time.monotonic()
        waiting = dict(self._children)
        while waiting and time.monotonic() - begin < seconds and not self._stopping.is_set():
            for name, child in list(waiting.items()):
                if child.running() and (child.part.ready is None or child.part.ready()):
                    del waiting[name]
                    if progress:
                        progress(name, time.monotonic() - begin)
            time.sleep(0.1)
        return sorted(waiting)

    def pid(self, name: str) -> int | None:
        return self._children[name].pid

    def names(self) -> list[str]:
        return list(self._children)

    def kill(self, name: str, hold: bool = False) -> None:
        """kill -9, as a crash would. With `hold` the part stays away until `release`."""
        child = self._children[name]
        child.held = hold
        child.signal(signal.SIGKILL)
        child.wait(5)

    def release(self, name: str) -> None:
        self._children[name].held = False

    def _tend(self) -> None:
        while not self._stopping.wait(0.2):
            with self._lock:
                restarts = sum(child.restarts for child in self._children.values())
                for child in self._children.values():
                    child.tend(self._say)
                if restarts != sum(child.restarts for child in self._children.values()):
                    self._write_record()

    def _write_record(self) -> None:
        record = {}
        for name, child in self._children.items():
            with contextlib.suppress(psutil.Error):
                record[name] = [child.pid, psutil.Process(child.pid).create_time()]
        self._record.write_text(json.dumps(record), encoding="utf-8")

    def stop(self) -> list[str]:
        """End everything, newest first. Names of the parts that had to be killed."""
        self._stopping.set()
        with self._lock:
            children = list(reversed(self._children.values()))
        for child in children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        stubborn = [child for child in children if not child.wait(deadline - time.monotonic())]
        for child in stubborn:
            child.signal(signal.SIGKILL)
            child.wait(5)
        self._record.unlink(missing_ok=True)
        return [child.part.name for child in stubborn]

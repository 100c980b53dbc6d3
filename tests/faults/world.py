"""One installation that may be broken: a database server of its own, brokers, ingesters, the web app, all by pid."""

import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg

from saas.cli.database import EmbeddedDatabase
from tests.saas.edge.mosquitto import INSTALLED as MOSQUITTO
from tests.saas.edge.processes import CODE, free_port, listens, until

FULL = os.environ.get("WATTLANE_FAULTS") == "full"
BROKER, INGESTER, WEB = "saas.edge.broker", "saas.edge.ingester", "web"
DISK_MB = 400
Cast = dict[str, list[dict[str, Any]]]  # adapters by group
GROUPS = ("f1", "f1b", "f1n", "f1nb", "f3", "f4", "f4b", "f5", "f5 logs", "f6", "f7 clean", "f7 wild", "f11")
MOSQUITTO_CONF = """listener {port} 0.0.0.0
user root
allow_anonymous true
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes 268435456
persistence false
"""


def scaled(full: int, short: int) -> int:
    """How much of it: the whole matrix by `make faults`, a short form in the slow tier."""
    return full if FULL else short


class World:
    """`disk`: how the disk of the database is made full: a small tmpfs of its own, or a limit on the size of files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.chmod(0o755)
        self.mqtt_port, self.web_port, self.metrics_port = free_port(), free_port(), free_port()
        self.disk = "tmpfs" if mount(folder / "disk", DISK_MB) else "RLIMIT_FSIZE"
        self.database = EmbeddedDatabase(folder / "disk" / "pg", lambda text: None)
        self.database_url = self.database.start()
        self.env = os.environ | {
            "WATTLANE_HOME": str(folder), "DATABASE_URL": self.database_url, "PYTHONUNBUFFERED": "1",
            "WATTLANE_MQTT_PORT": str(self.mqtt_port), "WATTLANE_WEB_PORT": str(self.web_port),
            "WATTLANE_METRICS_INGESTER": str(self.metrics_port), "WATTLANE_BIND": "0.0.0.0",
        }  # fmt: skip
        self.logs = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._cast: Cast = {}

    def cast(self, *groups: str) -> Cast:
        """Of the groups that were prepared when the world began."""
        return {group: self._cast[group] for group in groups}

    def prepare(self, *groups: str, each: int = 2) -> Cast:
        """More adapters by group, `each` in each of two tenants."""
        file = self.folder / "cast.json"
        command = [sys.executable, "-m", "tests.faults.prepare", str(file), str(each), *groups]
        subprocess.run(command, cwd=CODE, env=self.env, check=True, timeout=120, stdout=subprocess.DEVNULL)
        made: Cast = json.loads(file.read_bytes())
        self._cast |= made
        return made

    def sql(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query returns, on a connection of its own."""
        with psycopg.connect(self.database_url, autocommit=True, connect_timeout=5) as held:
            cursor = held.execute(query, values)  # type: ignore[arg-type]
            return list(cursor.fetchall()) if cursor.description else []

    def start(self, name: str, *, module: str | None = None, **env: str) -> subprocess.Popen[bytes]:
        """A process; its words go to a file of its name."""
        argv = [sys.executable, "-m", module or name]
        if name == WEB:
            argv = [
                sys.executable, "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1", "--port",
                str(self.web_port), "--log-level", "warning", "saas.config.asgi:application",
            ]  # fmt: skip
        return self.spawn(name, argv, **env)

    def spawn(self, name: str, argv: list[str], **env: str) -> subprocess.Popen[bytes]:
        with (self.logs / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(argv, cwd=CODE, env=self.env | env, stdout=log, stderr=log)
        self.running[name] = process
        return process

    def start_broker(self, kind: str = "amqtt") -> None:
        """Listening when this returns."""
        if kind == "mosquitto":
            conf = self.folder / "mosquitto.conf"
            conf.write_text(MOSQUITTO_CONF.format(port=self.mqtt_port), encoding="utf-8")
            self.spawn(BROKER, [str(MOSQUITTO), "-c", str(conf)])
        else:
            self.start(BROKER)
        until(lambda: listens(self.mqtt_port), seconds=20, what="the broker listens")

    def start_ingester(self, name: str = INGESTER, **env: str) -> None:
        """Connected when this returns."""
        said = self.said(name).count("broker_connected")
        self.start(name, module=INGESTER, **env)
        until(lambda: self.said(name).count("broker_connected") > said, seconds=30, what=f"{name} is connected")

    def said(self, name: str) -> str:
        """The words of a process so far."""
        log = self.logs / f"{name}.log"
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def pid(self, name: str) -> int:
        return self.running[name].pid

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait(10)

    def end_all(self) -> None:
        """End every process but the database server, and what they started."""
        started = [child for process in self.running.values() for child in _children(process.pid)]
        for process in (*self.running.values(), *started):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        for process in self.running.values():
            process.wait(10)
        self.running.clear()

    def put_logs_away(self) -> None:
        """What processes said so far is no word of the next fault; it stays in the folder."""
        for log in self.folder.glob("*.log"):
            log.rename(log.with_suffix(f".{time.time_ns()}.txt"))

    def rss_kb(self, name: str) -> int:
        return psutil.Process(self.pid(name)).memory_info().rss // 1024

    def server(self) -> list[psutil.Process]:
        """The database server's first process and all its backends."""
        first = psutil.Process(self.database.pid)
        return [first, *first.children(recursive=True)]

    @contextlib.contextmanager
    def full_disk(self) -> Iterator[None]:
        """The database can write nothing more inside the block."""
        with full(self.folder / "disk") if self.disk == "tmpfs" else self._limited():
            yield

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """New backends inherit the limit of the first process."""
        self._limit(0)
        try:
            yield
        finally:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        for process in self.server():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def close(self) -> None:
        self.end_all()
        self.database.stop()
        if self.disk == "tmpfs":
            unmount(self.folder / "disk")
        shutil.rmtree(self.folder, ignore_errors=True)


def _children(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    """The file system of this folder is full, and stays so: what somebody gives back is taken at once."""
    ballast, over = folder / "ballast", threading.Event()

    def fill() -> None:
        with ballast.open("wb", buffering=0) as file:
            while not over.is_set():
                try:
                    file.write(b"\0" * 65536)
                except OSError:
                    over.wait(0.02)

    filler = threading.Thread(target=fill)
    filler.start()
    try:
        until(lambda: shutil.disk_usage(folder).free == 0, seconds=20, what="the disk is full")
        yield
    finally:
        over.set()
        filler.join()
        ballast.unlink()


def mount(folder: Path, megabytes: int) -> bool:
    """A small file system of our own, where this machine lets us."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=755", "wattlane-faults", str(folder)]
    if shutil.which("mount") is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "-l", str(folder)], check=False)


def moments(count: int, *, of: int, seed: int) -> set[int]:
    """Random rounds to strike at, away from both ends."""
    return set(random.Random(seed).sample(range(of // 20 + 1, of - of // 20), count))


def sleep_until_dead(pid: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)

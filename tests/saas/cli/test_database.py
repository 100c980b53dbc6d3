"""The embedded PostgreSQL survives kill -9 of its first process, and of whoever started it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from saas.cli.database import USERS, EmbeddedDatabase, _lives

CRASHING = """
import os, sys
from pathlib import Path
from saas.cli.database import EmbeddedDatabase
database = EmbeddedDatabase(Path(sys.argv[1]), print)
database.start()
print(database.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Short, as its socket's path is, and open to the user that PostgreSQL runs as."""
    with tempfile.TemporaryDirectory(prefix="wattlane-") as name:
        Path(name).chmod(0o755)
        yield Path(name) / "pg"


def answers(url: str, seconds: float) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with psycopg.connect(url, connect_timeout=2) as connection:
                return connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)
        except psycopg.OperationalError:
            time.sleep(0.2)
    return False


def heard(words: str, said: list[str], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while words not in said and time.monotonic() < end:
        time.sleep(0.05)
    return words in said


@pytest.mark.req("OPS-01")
def test_it_is_started_again_and_keeps_what_was_committed(folder: Path) -> None:
    said: list[str] = []
    database = EmbeddedDatabase(folder, said.append)
    url = database.start()
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (1)")
        first = database.pid
        os.kill(first, signal.SIGKILL)
        assert answers(url, 60)
        assert heard("database is back", said, 30)  # it answers a moment before its starter notices
        assert database.pid != first
    finally:
        database.stop()
    assert not _lives(database.pid)


@pytest.mark.req("OPS-01")
def test_what_a_killed_start_left_behind_is_taken_over_and_stopped_in_the_end(folder: Path) -> None:
    crashed = subprocess.run([sys.executable, "-c", CRASHING, str(folder)], capture_output=True, text=True, check=False)
    left = int(crashed.stdout.split()[-1])
    assert crashed.returncode == -signal.SIGKILL and _lives(left)
    database = EmbeddedDatabase(folder, print)
    database.start()
    assert database.pid == left
    database.stop()
    assert not _lives(left)
    assert (folder / USERS).read_text() == "[]"

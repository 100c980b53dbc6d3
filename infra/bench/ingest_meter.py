"""What one flood cost: rate, CPU of the taker and of PostgreSQL, and what others took of the machine meanwhile."""

import contextlib
import os
import time
from dataclasses import dataclass

import psutil

MESSAGES = 300_000  # five seconds and more of each


@dataclass(frozen=True)
class Run:
    """One flood taken in. CPU in microseconds a message: of the process, of PostgreSQL. `others`: share of the machine
    that processes took which have no part in it."""

    per_second: float
    cpu_us: float
    database_us: float
    others: float


class Meter:
    """Begins when it is made."""

    def __init__(self, of: psutil.Process) -> None:
        self._of, self._server = of, _database()
        self._began, self._all = time.perf_counter(), _busy_s()
        self._cpu, self._database, self._parts = _cpu_s([of]), _cpu_s(self._server), _parts_s(self._server)

    def read(self) -> Run:
        """When the last message is in."""
        wall = time.perf_counter() - self._began
        cpu, database = _since(self._cpu, _cpu_s([self._of])), _since(self._database, _cpu_s(self._server))
        others = _busy_s() - self._all - _since(self._parts, _parts_s(self._server))
        share = max(0.0, others) / wall / (os.cpu_count() or 1)
        return Run(MESSAGES / wall, cpu / MESSAGES * 1e6, database / MESSAGES * 1e6, share)


def _database() -> list[psutil.Process]:
    """The server of our connection; empty where it runs elsewhere or is not ours to look at."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ((pid,),) = cursor.fetchall()
    with contextlib.suppress(psutil.Error):
        if (server := psutil.Process(pid).parent()) is not None:
            return [server, *server.children(recursive=True)]
    return []


Cpu = dict[int, float]  # seconds by process


def _cpu_s(processes: list[psutil.Process]) -> Cpu:
    found: Cpu = {}
    for process in processes:
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            found[process.pid] = times.user + times.system
    return found


def _since(before: Cpu, now: Cpu) -> float:
    """Of those that are still there: one that ended meanwhile (the server's helpers) would take its past along."""
    return sum(spent - before.get(pid, 0.0) for pid, spent in now.items())


def _parts_s(server: list[psutil.Process]) -> Cpu:
    """Of everything that has a part in the measurement: this process, what it started, the database."""
    us = psutil.Process()
    return _cpu_s([us, *us.children(recursive=True), *server])


def _busy_s() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)

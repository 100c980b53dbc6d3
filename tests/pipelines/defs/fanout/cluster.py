"""A Dask cluster of real processes on loopback, and a lake with enough days and tenants to be cut into pieces."""

import contextlib
import hashlib
import multiprocessing.context
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars as pl

from pipelines.defs.catalogue import STEPS
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts._table import Table
from pipelines.resources.lake import Lake
from tests.pipelines.defs.fanout import forked
from tests.pipelines.facts import DAY, NOON_MS, Store, charging, messages

DAYS = 5
LAST = DAY + timedelta(days=DAYS - 1)
NAMES = {"clean_telemetry", "set_aside", "sessions", "energy_15min", "energy_daily", "charger_health_daily"}
SPREAD = [step for step in STEPS if step.name in NAMES]
FIRST_STEPS = [step for step in STEPS if step.name in ("raw_telemetry", "imported_sessions")]


def facts(tenants: int = 6, minutes: int = 40) -> pl.DataFrame:
    """Each tenant charges three times a day on two devices; the last session of a day goes on after midnight."""
    rows = []
    for number in range(tenants):
        for day in range(DAYS):
            for device in (1, 2):
                wh = 10_000 * day
                for at, hours in enumerate((-8, 0, 11.7)):
                    start = NOON_MS + int((day * 24 + hours) * 3_600_000)
                    wh += 5_000
                    rows += charging(
                        f"s{number}-{day}-{device}-{at}", start, minutes, wh, device=f"t{number}d{device}",
                        tenant=f"tenant{number}", boot=day * 10 + at,
                    )  # fmt: skip
    return messages(*rows)


def filled(rows: pl.DataFrame) -> None:
    for step in FIRST_STEPS:
        carry_out(step, Sources(Lake(), Store(rows)), DAY, LAST)  # type: ignore[arg-type]


def spread(*steps: str) -> None:
    """The steps that a cluster may make, over all days."""
    for step in SPREAD:
        if not steps or step.name in steps:
            carry_out(step, Sources(Lake(), Store(messages(*charging()).clear())), DAY, LAST)  # type: ignore[arg-type]


def checksum(table: Table) -> str:
    """Of what the table says, whatever files it lies in."""
    rows = table.scan().collect(engine="streaming").sort(table.order, nulls_last=True)
    return hashlib.sha256(rows.write_csv().encode()).hexdigest()


def checksums() -> dict[str, str]:
    return {step.name: checksum(step.table) for step in SPREAD}


class Cluster:
    """A scheduler and workers, each a process of this test."""

    def __init__(self, home: Path, memory: str = "1GiB") -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.address = f"tcp://127.0.0.1:{self.port}"
        self._environment = {
            "WATTLANE_HOME": str(home), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "50",
            "POLARS_MAX_THREADS": "1",
        }  # fmt: skip
        self._memory = memory
        self.scheduler = self._start("scheduler", "--port", str(self.port))
        self.workers = [self.worker(), self.worker()]

    def worker(self) -> "multiprocessing.context.ForkServerProcess":
        return forked.process(self.address, self._memory, self._environment)

    def replace(self, at: int) -> None:
        """kill -9 of a worker; a supervisor would start it again, as this does."""
        os.kill(self.workers[at].pid or 0, signal.SIGKILL)
        self.workers[at].join()
        self.workers[at] = self.worker()

    def stop(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.join()
        self.scheduler.kill()
        self.scheduler.wait()

    def _start(self, *words: str) -> "subprocess.Popen[bytes]":
        argv = [sys.executable, "-m", "pipelines.defs.fanout", *words]
        return subprocess.Popen(
            argv, env=os.environ | self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )


@contextlib.contextmanager
def cluster(home: Path, memory: str = "1GiB") -> Iterator[Cluster]:
    made = Cluster(home, memory)
    try:
        _answers(made.port)
        yield made
    finally:
        made.stop()


def _answers(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    raise TimeoutError("the scheduler did not start")

"""Dask workers forked from a process that has imported all: one that is killed has a successor within a moment."""

import asyncio
import multiprocessing
import multiprocessing.context
import multiprocessing.forkserver
import os

import pytest
from dask.utils import parse_bytes
from distributed import Worker

from pipelines.defs.fanout.__main__ import SMALL, bound

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["pipelines.defs.health.assets", "pipelines.defs.sessions.assets", __name__])


def process(address: str, memory: str, environment: dict[str, str]) -> multiprocessing.context.ForkServerProcess:
    """A started worker process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SMALL.items():
            patch.setenv(name, value)
        multiprocessing.forkserver.ensure_running()
    made = _FORKS.Process(target=work, args=(address, memory, environment), daemon=True)
    made.start()
    return made


def work(address: str, memory: str, environment: dict[str, str]) -> None:
    """A bounded worker, until it is killed."""
    os.environ.update(environment)
    bound(parse_bytes(memory))

    async def until_finished() -> None:
        async with Worker(address, nthreads=1, memory_limit=memory, dashboard_address=None) as worker:
            await worker.finished()

    asyncio.run(until_finished())

"""`python -m pipelines.defs.fanout scheduler [--port P]`, `… worker ADDRESS --memory 2GiB`: the parts of a cluster.

A worker's memory is bounded by the operating system: an allocation above it fails and ends the worker, the others go
on, and its supervisor (Kubernetes, systemd, Dask's nanny) starts it again.
"""

import argparse
import os
import resource
import sys

from dask.utils import parse_bytes

# One thread, and no library that reserves a gigabyte before it needs it: the bound counts what is reserved.
SMALL = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MIMALLOC_ARENA_RESERVE": "64MiB"}


def main(argv: list[str] | None = None) -> None:
    """Becomes the asked-for process, under the same process id."""
    given = _arguments(argv)
    if given.part == "worker":
        os.environ.update({name: value for name, value in SMALL.items() if name not in os.environ})
        bound(parse_bytes(given.memory))
    os.execv(sys.executable, command(given))  # noqa: S606


def command(given: argparse.Namespace) -> list[str]:
    """Arguments of Dask's own command."""
    dask = [sys.executable, "-m", "dask", given.part]
    if given.part == "scheduler":
        return [*dask, "--host", given.host, "--port", str(given.port), "--no-dashboard"]
    nanny = "--nanny" if given.nanny else "--no-nanny"
    limits = ["--nthreads", "1", "--memory-limit", str(parse_bytes(given.memory)), nanny, "--no-dashboard"]
    listens = ["--listen-address", f"tcp://{given.host}:{given.port}"] if given.port else ["--host", given.host]
    return [*dask, given.scheduler, *limits, *listens, "--death-timeout", "60"]


def bound(size: int) -> None:
    """No process from here on may hold more private memory than `size` bytes."""
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m pipelines.defs.fanout", description=__doc__)
    parts = parser.add_subparsers(dest="part", required=True)
    scheduler = parts.add_parser("scheduler")
    scheduler.add_argument("--host", default="127.0.0.1")
    scheduler.add_argument("--port", type=int, default=8786)
    worker = parts.add_parser("worker")
    worker.add_argument("scheduler")
    worker.add_argument("--host", default="127.0.0.1")
    worker.add_argument("--port", type=int, default=0, help="0: any that is free")
    worker.add_argument("--memory", default="2GiB", help="the most private memory of the process")
    worker.add_argument("--nanny", action="store_true", help="a parent that starts it again when it dies")
    return parser.parse_args(argv)


if __name__ == "__main__":
    main()

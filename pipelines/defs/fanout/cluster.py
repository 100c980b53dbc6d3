"""The same function for each piece, on the workers of a Dask cluster.

Not `dagster-dask`, which skips mapped steps and reports success. A worker writes one staged object under a name that
the piece gives and nothing else; a piece whose worker died is made again by another. What is not made within its time,
a scheduler that is gone, and a cluster without workers are errors by name: the run fails and can be run again.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from distributed import Client, Future, KilledWorker

from pipelines.marts._table import lake_url
from pipelines.resources.staged import Piece, Staged

Make = Callable[[Piece], Staged]
CONNECT_S = 15
# A scheduler that does not answer for so long is gone; a cluster may start its first worker within this time.
GONE_S = 20
NO_WORKER_S = 120


class ClusterFailed(RuntimeError):
    """The cluster did not make all pieces. Nothing was published; running again helps once the cluster is well."""


class WrongLake(RuntimeError):
    """A worker looks at another lake than the run that asks it."""


def address() -> str | None:
    """The scheduler, `WATTLANE_DASK`; None: the work is done in this process."""
    return os.environ.get("WATTLANE_DASK") or None


def over_cluster(make: Make, pieces: list[Piece], scheduler: str) -> list[Staged]:
    """All pieces, made by the cluster. ClusterFailed."""
    deadline = time.monotonic() + float(os.environ.get("WATTLANE_DASK_TIMEOUT_S", "3600"))
    with _client(scheduler) as client:
        jobs = [client.submit(_here, make, piece, lake_url(), pure=False, key=_key(piece)) for piece in pieces]
        try:
            _wait(client, jobs, deadline)
            return [_result(job, piece) for job, piece in zip(jobs, pieces, strict=True)]
        finally:
            for job in jobs:
                job.release()


def _here(make: Make, piece: Piece, lake: str) -> Staged:
    """Runs on a worker."""
    if lake_url() != lake:
        raise WrongLake(f"this worker has LAKE_URL {lake_url()}, the run {lake}")
    return make(piece)


def _key(piece: Piece) -> str:
    return f"piece-{piece.name}-{os.getpid()}-{time.monotonic_ns()}"


@contextmanager
def _client(scheduler: str) -> Iterator[Client]:
    try:
        client = Client(scheduler, timeout=CONNECT_S, set_as_default=False)
    except OSError as error:
        raise ClusterFailed(f"the Dask scheduler {scheduler} does not answer: {error}") from error
    try:
        yield client
    finally:
        client.close(timeout=2)


def _wait(client: Client, jobs: list[Future], deadline: float) -> None:
    """Until all jobs are done or one is lost. A Future's own waiting never ends when the scheduler is gone."""
    answered = staffed = time.monotonic()
    while any(job.status == "pending" for job in jobs):
        time.sleep(0.05)
        now = time.monotonic()
        answered = now if client.status == "running" else answered
        staffed = now if _has_workers(client) else staffed
        if any(job.status in ("error", "lost", "cancelled") for job in jobs):
            return
        if now - answered > GONE_S:
            raise ClusterFailed(f"the Dask scheduler is gone for {GONE_S} s")
        if now - staffed > NO_WORKER_S:
            raise ClusterFailed(f"the Dask cluster has no worker for {NO_WORKER_S} s")
        if now > deadline:
            raise ClusterFailed("the pieces were not made in time (WATTLANE_DASK_TIMEOUT_S)")


def _has_workers(client: Client) -> bool:
    return bool(client._scheduler_identity.get("workers")) if client.status == "running" else False


def _result(job: Future, piece: Piece) -> Staged:
    if job.status != "finished":
        raise _failure(job, piece)
    staged: Staged = job.result(timeout=CONNECT_S)
    return staged


def _failure(job: Future, piece: Piece) -> Exception:
    error = job.exception(timeout=CONNECT_S) if job.status == "error" else None
    if isinstance(error, KilledWorker):
        return ClusterFailed(
            f"piece {piece.name} ended its worker again and again: is its memory limit too low? {error}"
        )
    return error or ClusterFailed(f"piece {piece.name} is {job.status}: the Dask scheduler was lost")

"""The same function for each piece, on the workers of a Dask cluster.

Not `dagster-dask`, which skips mapped steps and reports success. A worker writes one staged object under a name that
the piece gives and nothing else; a piece whose worker died is made again by another. What is not made within its time,
a scheduler that is gone, and a cluster without workers are errors by name: the run fails and can be run again.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from distributed import CancelledError, Client, Future, KilledWorker

from pipelines.defs.fanout.place import ClusterFailed, WrongLake
from pipelines.marts._table import lake_url
from pipelines.resources.staged import Piece, Staged

Make = Callable[[Piece], Staged]
CONNECT_S, FETCH_S = 15, 2
# A scheduler that does not answer for so long is gone; a cluster may start its first worker within this time.
GONE_S = 20
NO_WORKER_S = 120


def over_cluster(make: Make, pieces: list[Piece], scheduler: str) -> list[Staged]:
    """All pieces, made by the cluster. ClusterFailed."""
    deadline = time.monotonic() + float(os.environ.get("WATTLANE_DASK_TIMEOUT_S", "3600"))
    with _client(scheduler) as client:
        jobs = [client.submit(_here, make, piece, lake_url(), pure=False, key=_key(piece)) for piece in pieces]
        try:
            return list(_collected(client, dict(zip(pieces, jobs, strict=True)), deadline))
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


def _collected(client: Client, jobs: dict[Piece, "Future[Staged]"], deadline: float) -> Iterator[Staged]:
    """Each piece once it is made. What a worker held when it was killed is made again: such a job waits anew.

    A Future's own waiting never ends when the scheduler is gone: here it does.
    """
    answered = staffed = time.monotonic()
    while jobs:
        time.sleep(0.02)
        now = time.monotonic()
        answered = now if client.status == "running" else answered
        staffed = now if _has_workers(client) else staffed
        _lost(now - answered, now - staffed, now > deadline)
        for piece, job in list(jobs.items()):
            staged = _result(client, job, piece)
            if staged is not None:
                del jobs[piece]
                yield staged


def _lost(silent_s: float, unstaffed_s: float, late: bool) -> None:
    if silent_s > GONE_S:
        raise ClusterFailed(f"the Dask scheduler is gone for {GONE_S} s")
    if unstaffed_s > NO_WORKER_S:
        raise ClusterFailed(f"the Dask cluster has no worker for {NO_WORKER_S} s")
    if late:
        raise ClusterFailed("the pieces were not made in time (WATTLANE_DASK_TIMEOUT_S)")


def _has_workers(client: Client) -> bool:
    return bool(client._scheduler_identity.get("workers")) if client.status == "running" else False


def _result(client: Client, job: "Future[Staged]", piece: Piece) -> Staged | None:
    """None while it is not there."""
    if job.status == "finished":
        try:
            staged: Staged = job.result(timeout=FETCH_S)
        except (TimeoutError, CancelledError):
            return None
        return staged
    if job.status == "error":
        raise _failure(job, piece)
    if job.status == "cancelled" and client.status == "running":
        raise ClusterFailed(f"piece {piece.name} was cancelled: the Dask scheduler was lost")
    return None


def _failure(job: "Future[Staged]", piece: Piece) -> BaseException:
    error = job.exception(timeout=CONNECT_S)
    if isinstance(error, MemoryError):
        return ClusterFailed(f"piece {piece.name} needs more memory than the worker may have")
    if isinstance(error, KilledWorker):
        return ClusterFailed(f"piece {piece.name} ended its worker again and again: is its memory too little? {error}")
    return error or ClusterFailed(f"piece {piece.name} failed without a word")

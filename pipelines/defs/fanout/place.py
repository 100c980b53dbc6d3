"""Where pieces are made, and what may go wrong there."""

import os


class ClusterFailed(RuntimeError):
    """The cluster did not make all pieces. Nothing was published; running again helps once the cluster is well."""


class WrongLake(ClusterFailed):
    """A worker looks at another lake than the run that asks it."""


def address() -> str | None:
    """The scheduler, `WATTLANE_DASK`; None: the work is done in this process."""
    return os.environ.get("WATTLANE_DASK") or None

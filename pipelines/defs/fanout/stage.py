"""From a function and its pieces to staged objects, wherever they are made."""

import importlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.defs.fanout.place import address
from pipelines.marts._table import Table
from pipelines.resources import staged
from pipelines.resources.lake import shaped
from pipelines.resources.staged import Piece, Staged

_CLUSTER = "pipelines.defs.fanout.cluster"
Rows = Callable[[Piece], pl.DataFrame]


@dataclass(frozen=True)
class Maker:
    """Makes a piece and stages it. Travels to the workers: `rows` is a plain function, or a partial of one."""

    rows: Rows
    table: Table
    token: str

    def __call__(self, piece: Piece) -> Staged:
        return staged.put(self.table, self.token, piece, shaped(self.table, self.rows(piece)))


def stage(rows: Rows, table: Table, pieces: list[Piece], *, anywhere: bool) -> list[Staged]:
    """All pieces, staged: by the Dask cluster where one is named and the work may be done anywhere, else here.

    What earlier attempts left behind is removed first; a worker that still works for one of them writes where nobody
    looks. place.ClusterFailed.
    """
    staged.drop(table)
    make = Maker(rows, table, uuid.uuid4().hex[:12])
    scheduler = address()
    if anywhere and scheduler:
        # Loaded only where a cluster is named: Dask would cost every other run a second.
        staged_there: list[Staged] = importlib.import_module(_CLUSTER).over_cluster(make, pieces, scheduler)
        return staged_there
    return [make(piece) for piece in pieces]

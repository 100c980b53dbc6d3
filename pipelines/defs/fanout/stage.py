"""From a function and its pieces to staged objects, wherever they are made."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from pipelines.defs.fanout import cluster
from pipelines.marts._table import Table
from pipelines.resources import staged
from pipelines.resources.lake import shaped
from pipelines.resources.staged import Piece, Staged

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
    looks. cluster.ClusterFailed.
    """
    staged.drop(table)
    make = Maker(rows, table, uuid.uuid4().hex[:12])
    scheduler = cluster.address()
    if anywhere and scheduler:
        return cluster.over_cluster(make, pieces, scheduler)
    return [make(piece) for piece in pieces]

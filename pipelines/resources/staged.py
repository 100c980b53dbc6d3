"""Pieces of a table that were made and are not published: whole Parquet objects below `_staged`, then one commit."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import polars as pl

from pipelines.marts._table import Table, collect, lake_url
from pipelines.resources import objects

FOLDER = "_staged"


@dataclass(frozen=True)
class Piece:
    """UTC days first..last, both included, of these tenants; None for all of them."""

    first: date
    last: date
    tenants: tuple[str, ...] | None = None
    shard: str = "all"

    @property
    def name(self) -> str:
        return f"{self.first}_{self.last}_{self.shard}"


@dataclass(frozen=True)
class Staged:
    """A piece that lies at `url` as `rows` rows in the table's order."""

    piece: Piece
    url: str
    rows: int


def folder(table: Table, token: str = "") -> str:
    """Where the pieces of one attempt at a table lie; without a token those of all attempts."""
    return f"{lake_url().rstrip('/')}/{FOLDER}/{table.path}/{token}".rstrip("/")


def put(table: Table, token: str, piece: Piece, rows: pl.DataFrame) -> Staged:
    """Writes a piece under a name that its days and shard give: making it twice leaves one object."""
    url = f"{folder(table, token)}/{piece.name}.parquet"
    content = io.BytesIO()
    rows.write_parquet(content, compression="lz4", statistics=False)
    # A run that ends with its machine begins anew: it drops what lies here, unread.
    objects.write(url, content.getvalue(), lasting=False)
    return Staged(piece, url, rows.height)


def frames(table: Table, staged: Iterable[Staged]) -> Iterator[tuple[date, date, pl.DataFrame]]:
    """Days first..last with all their shards together, in the order of the days. ValueError where rows are missing."""
    by_days: dict[tuple[date, date], list[Staged]] = {}
    for one in staged:
        by_days.setdefault((one.piece.first, one.piece.last), []).append(one)
    for (first, last), parts in sorted(by_days.items()):
        rows = pl.concat([collect(pl.scan_parquet(part.url, hive_partitioning=False)) for part in parts])
        if rows.height != sum(part.rows for part in parts):
            raise ValueError(f"{table.path}: a staged piece of {first}..{last} is not as it was made")
        yield first, last, rows if len(parts) == 1 else rows.sort(table.order, nulls_last=True)


def drop(table: Table) -> int:
    """Removes what any attempt at the table left behind; says how many objects."""
    return objects.remove_below(folder(table))


def drop_all() -> int:
    """Removes what any attempt at any table left behind."""
    return objects.remove_below(f"{lake_url().rstrip('/')}/{FOLDER}")

"""Persons whose data was erased, by the hash of their pseudonym: what names them later is left out again."""

import hashlib
from datetime import date

import polars as pl

from pipelines.marts._table import Table, collect

TABLE = Table(
    "clean/erased",
    {"tenant": pl.String, "person": pl.String, "day": pl.Date},
    ("tenant", "person"),
    (),
)


def hashed(tenant: str, pseudonym: str) -> str:
    """What is kept of a person: nothing that another file could hold."""
    return hashlib.sha256(f"{tenant}\x00{pseudonym}".encode()).hexdigest()


def row(tenant: str, pseudonym: str, day: date) -> pl.DataFrame:
    return pl.DataFrame([{"tenant": tenant, "person": hashed(tenant, pseudonym), "day": day}], schema=TABLE.schema)


def all_known() -> frozenset[str]:
    """Hashes of all erased persons."""
    return frozenset(collect(TABLE.scan())["person"])


def without(rows: pl.DataFrame, *also: str) -> pl.DataFrame:
    """Rows with `tenant` and `driver`: where the driver was erased, driver, vehicle and the columns `also` are null."""
    gone = all_known()
    if not gone:
        return rows
    pairs = rows.select("tenant", "driver").drop_nulls().unique()
    of_erased = pairs.filter(
        pl.Series([hashed(tenant, driver) in gone for tenant, driver in pairs.iter_rows()], dtype=pl.Boolean)
    )
    if of_erased.is_empty():
        return rows
    mark = rows.join(of_erased.with_columns(_gone=True), on=["tenant", "driver"], how="left", maintain_order="left")
    private = [name for name in ("driver", "vehicle", *also) if name in rows.columns]
    cleared = (pl.when(pl.col("_gone").is_null()).then(pl.col(name)).alias(name) for name in private)
    return mark.with_columns(cleared).drop("_gone")

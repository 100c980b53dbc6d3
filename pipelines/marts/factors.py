"""Emission factors of the carbon mart: dated rows with source, region, gas basis, boundary, unit, licence."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/factors",
    {
        "factor": pl.String,
        "kind": pl.String,
        "region": pl.String,
        "region_name": pl.String,
        "year": pl.Int64,
        "mg_per_kwh": pl.Int64,
        "published": pl.String,
        "unit": pl.String,
        "gas_basis": pl.String,
        "boundary": pl.String,
        "resolution": pl.String,
        "source": pl.String,
        "source_url": pl.String,
        "licence": pl.String,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
    },
    ("factor",),
    (),
)


def read(*, names: tuple[str, ...] | None = None, version: int | None = None) -> pl.DataFrame:
    """Factors by name, or all of them. They belong to no tenant."""
    rows = TABLE.scan(version)
    return collect((rows if names is None else rows.filter(pl.col("factor").is_in(names))).sort("factor"))


def state() -> State | None:
    return TABLE.state()

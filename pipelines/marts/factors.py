"""Emission factors as dated rows: source, year, region, gas basis, boundary, unit, licence, validity, version.

Rows are only added. A factor that changes becomes a further row `<base>@<version>`, so what an old report names is
still there as it was. `tenant` is empty for the platform's own rows, else whose they are. `value` is a whole number in
`value_unit`: mg/kWh, mg/l or Wh/l; `mg_per_kwh` repeats it for factors of electricity. `boundary_kind`: life_cycle or
generation of electricity, upstream (well to tank), losses (transmission and distribution), combustion, content.
"""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/factors",
    {
        "factor": pl.String,
        "base": pl.String,
        "version": pl.Int64,
        "tenant": pl.String,
        "kind": pl.String,
        "activity": pl.String,
        "region": pl.String,
        "region_name": pl.String,
        "year": pl.Int64,
        "value": pl.Int64,
        "value_unit": pl.String,
        "mg_per_kwh": pl.Int64,
        "published": pl.String,
        "unit": pl.String,
        "gas_basis": pl.String,
        "gwp": pl.String,
        "boundary": pl.String,
        "boundary_kind": pl.String,
        "resolution": pl.String,
        "source": pl.String,
        "source_url": pl.String,
        "licence": pl.String,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
    },
    ("factor", "tenant"),
    (),
)


def read(*, names: tuple[str, ...] | None = None, version: int | None = None, tenant: str = "") -> pl.DataFrame:
    """Factors by name, or all: those of the platform and, when one is named, of this tenant."""
    if TABLE.state() is None:
        return pl.DataFrame(schema=TABLE.schema)
    rows = TABLE.scan(version).filter(pl.col("tenant").is_in(["", tenant]))
    return collect((rows if names is None else rows.filter(pl.col("factor").is_in(names))).sort("factor"))


def state() -> State | None:
    return TABLE.state()

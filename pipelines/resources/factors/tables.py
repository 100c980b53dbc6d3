"""What tenants told of carbon, as it lies in the lake. Only pipelines read these."""

import polars as pl

from pipelines.marts._table import Table

INSTRUMENTS = Table(
    "clean/carbon_instruments",
    {
        "tenant": pl.String,
        "instrument": pl.String,
        "organisation": pl.String,
        "kind": pl.String,
        "name": pl.String,
        "evidence": pl.String,
        "registry": pl.String,
        "energy_source": pl.String,
        "technology": pl.String,
        "regions": pl.List(pl.String),
        "site": pl.String,
        "produced_from": pl.Date,
        "produced_to": pl.Date,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
        "volume_wh": pl.Int64,
        "mg_per_kwh": pl.Int64,
        "gas_basis": pl.String,
        "source": pl.String,
        "counts": pl.Boolean,
        "why_not": pl.String,
    },
    ("tenant", "instrument"),
    (),
)
FUEL = Table(
    "clean/carbon_fuel",
    {
        "tenant": pl.String,
        "entry": pl.String,
        "organisation": pl.String,
        "vehicle": pl.String,
        "fuel": pl.String,
        "volume_ml": pl.Int64,
        "country": pl.String,
        "first_day": pl.Date,
        "end_day": pl.Date,
        "evidence": pl.String,
    },
    ("tenant", "first_day", "entry"),
    (),
)
INPUTS = Table(
    "clean/carbon_inputs",
    {"tenant": pl.String, "region": pl.String, "digest": pl.String, "first": pl.Date, "last": pl.Date},
    ("tenant", "region", "digest"),
    (),
)

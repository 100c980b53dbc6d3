"""Instruments with what became of them: how much each covers, what is left, and why one does not count.

`volume_wh` is null for a rate without a volume (supplier, residual mix); then `left_wh` is null too. `used_wh` and
`left_wh` sum to the volume. `why_not` names the quality criteria of the GHG Protocol Scope 2 Guidance that are missing.
"""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/carbon_instruments",
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
        "regions": pl.String,
        "site": pl.String,
        "produced_from": pl.Date,
        "produced_to": pl.Date,
        "valid_from": pl.Date,
        "valid_to": pl.Date,
        "mg_per_kwh": pl.Int64,
        "gas_basis": pl.String,
        "source": pl.String,
        "volume_wh": pl.Int64,
        "used_wh": pl.Int64,
        "left_wh": pl.Int64,
        "counts": pl.Boolean,
        "why_not": pl.String,
    },
    ("tenant", "instrument"),
    (),
)


def read(*, tenant: str, organisations: tuple[str, ...] | None = None, version: int | None = None) -> pl.DataFrame:
    """Instruments of the tenant, or only of these organisations."""
    rows = TABLE.of_tenant(tenant, version)
    if organisations is not None:
        rows = rows.filter(pl.col("organisation").is_in(list(organisations)))
    return collect(rows.sort("valid_from", "instrument"))


def state() -> State | None:
    return TABLE.state()

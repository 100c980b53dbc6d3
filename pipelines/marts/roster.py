"""Names for the ids in the other marts: organisations, chargers, fleet vehicles, fleet drivers."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/roster",
    {
        "tenant": pl.String,
        "kind": pl.String,
        "id": pl.String,
        "name": pl.String,
        "organisation": pl.String,
    },
    ("tenant", "kind", "id"),
    (),
)


def read(*, tenant: str, organisations: tuple[str, ...] | None = None) -> pl.DataFrame:
    """Rows of kind organisation, charger, vehicle or driver; only of these organisations when given."""
    rows = TABLE.of_tenant(tenant)
    if organisations is not None:
        rows = rows.filter(pl.col("organisation").is_in(organisations).fill_null(False))
    return collect(rows.sort("kind", "name", "id"))


def state() -> State | None:
    return TABLE.state()

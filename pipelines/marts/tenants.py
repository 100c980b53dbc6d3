"""A tenant's brand as the data side last heard it: name, colours, logo, language, currency, time zone."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/tenants",
    {
        "tenant": pl.String,
        "name": pl.String,
        "kind": pl.String,
        "country": pl.String,
        "language": pl.String,
        "currency": pl.String,
        "timezone": pl.String,
        "logo_svg": pl.String,
        "colour_primary": pl.String,
        "colour_accent": pl.String,
    },
    ("tenant",),
    (),
)


def read(*, tenant: str) -> pl.DataFrame:
    """One row, or none while the tenant is unknown here."""
    return collect(TABLE.of_tenant(tenant))


def state() -> State | None:
    return TABLE.state()

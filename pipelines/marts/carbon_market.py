"""Which instrument covers which Wh: certificates, contracts, supplier rates and residual mixes, allocated once.

One row per hour of a session, reporter (`organisation`, empty for the tenant itself), scope column and instrument.
Wh that no instrument covers are not here: they keep the grid's average factor of the location-based method.
`location_ug` is what these Wh emit by that average, so that market = location − location_ug + ug.
"""

from datetime import date

import polars as pl

from ._table import State, Table, between, collect

TABLE = Table(
    "marts/carbon_market",
    {
        "tenant": pl.String,
        "organisation": pl.String,
        "consolidated": pl.Boolean,
        "scope": pl.String,
        "session": pl.String,
        "hour": pl.Datetime("ms", "UTC"),
        "source": pl.String,
        "site": pl.String,
        "country": pl.String,
        "local_day": pl.Date,
        "instrument": pl.String,
        "kind": pl.String,
        "energy_source": pl.String,
        "energy_wh": pl.Int64,
        "mg_per_kwh": pl.Int64,
        "ug": pl.Int64,
        "location_ug": pl.Int64,
    },
    ("tenant", "organisation", "scope", "local_day", "site", "hour", "session", "instrument"),
    (),
    edition=2,
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    organisation: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Covered Wh of the tenant's own inventory, or of these organisations."""
    wanted = (organisation,) if organisation else organisations
    return collect(between(scan(tenant=tenant, organisations=wanted, version=version), "local_day", start, end))


def scan(*, tenant: str, organisations: tuple[str, ...] | None, version: int | None = None) -> pl.LazyFrame:
    """The same, not yet read."""
    rows = TABLE.of_tenant(tenant, version)
    if organisations is None:
        return rows.filter(pl.col("consolidated"))
    return rows.filter(pl.col("organisation").is_in(list(organisations)))


def state() -> State | None:
    return TABLE.state()

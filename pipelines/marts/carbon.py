"""Carbon of each session. Micrograms are exact products (Wh × mg/kWh); round once, half-even, where a sum is shown."""

from datetime import date

import polars as pl

from ._table import State, Table, between, collect

TABLE = Table(
    "marts/carbon",
    {
        "tenant": pl.String,
        "session": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "country": pl.String,
        "country_from": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "driver": pl.String,
        "vehicle": pl.String,
        "started_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "local_day": pl.Date,
        "energy_wh": pl.Int64,
        "resolution": pl.String,
        "location_factor": pl.String,
        "location_mg_per_kwh": pl.Int64,
        "co2e_location_ug": pl.Int64,
        "market_factor": pl.String,
        "market_basis": pl.String,
        "market_mg_per_kwh": pl.Int64,
        "co2e_market_ug": pl.Int64,
        "baseline_factor": pl.String,
        "baseline_mg_per_kwh": pl.Int64,
        "baseline_ug": pl.Int64,
        "avoided_ug": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "ended_at", "charger", "session"),
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisation: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sessions that ended in the local days [start, end), of `source` and of these organisations when given."""
    rows = between(TABLE.of_tenant(tenant, version), "local_day", start, end)
    if source and source != "all":
        rows = rows.filter(pl.col("source") == source)
    wanted = (organisation,) if organisation else organisations
    if wanted is not None:
        of = pl.col("fleet_organisation").is_in(wanted) | pl.col("host_organisation").is_in(wanted)
        rows = rows.filter(of.fill_null(False))
    return collect(rows.sort("ended_at", "charger", "session"))


def state() -> State | None:
    return TABLE.state()

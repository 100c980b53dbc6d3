"""What fleets charge, per vehicle, driver, site and local day: energy, time, cost, emissions."""

from datetime import date

import polars as pl

from ._sums import Where, rows_of, summed
from ._table import State, Table

TABLE = Table(
    "marts/fleet_daily",
    {
        "tenant": pl.String,
        "source": pl.String,
        "fleet_organisation": pl.String,
        "vehicle": pl.String,
        "driver": pl.String,
        "site": pl.String,
        "currency": pl.String,
        "local_day": pl.Date,
        "sessions": pl.Int64,
        "energy_wh": pl.Int64,
        "duration_s": pl.Int64,
        "cost_minor": pl.Int64,
        "unpriced": pl.Int64,
        "co2e_location_ug": pl.Int64,
        "co2e_market_ug": pl.Int64,
        "avoided_ug": pl.Int64,
        "without_factor": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "local_day", "vehicle", "driver", "site", "fleet_organisation", "source", "currency", "day"),
    edition=2,
)
SUMS = {
    name: pl.col(name).sum()
    for name in ("sessions", "energy_wh", "duration_s", "cost_minor", "unpriced", "co2e_location_ug",
                 "co2e_market_ug", "avoided_ug", "without_factor")
}  # fmt: skip


def read(
    *,
    tenant: str,
    by: tuple[str, ...] = (),
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    where: Where | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sums per value of `by`: vehicle, driver, site, fleet_organisation, currency, local_day, words of TIMES.

    `organisations`: only these fleets' rows. `cost_minor` in minor units means something only per `currency`.
    """
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=source, organisations=organisations,
        sides=("fleet_organisation",), where=where, version=version,
    )  # fmt: skip
    return summed(rows, by, SUMS)


def state() -> State | None:
    return TABLE.state()

"""What fleets charge: sums of their sessions with emissions, and their costs by currency. A view of two other marts."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from . import carbon, sessions
from ._sums import rows_of, summed
from ._table import Table

_ENERGY = {
    "sessions": pl.len().cast(pl.Int64),
    "energy_wh": pl.col("energy_wh").sum(),
    "duration_s": pl.col("duration_s").sum(),
    "unpriced": pl.col("cost_minor").null_count().cast(pl.Int64),
}
_CARBON = {
    "co2e_location_ug": pl.col("co2e_location_ug").sum(),
    "co2e_market_ug": pl.col("co2e_market_ug").sum(),
    "avoided_ug": pl.col("avoided_ug").sum(),
}
# A vehicle is named on live sessions of fleets only; imported files name anybody's.
_OF_FLEETS = pl.col("fleet_organisation").is_not_null() | (
    pl.col("vehicle").is_not_null() & (pl.col("source") == "live")
)


def read(
    *,
    tenant: str,
    by: tuple[str, ...] = (),
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
) -> pl.DataFrame:
    """Sessions, energy, time and micrograms of CO2e of fleet sessions per value of `by`.

    `by`: vehicle, driver, site, fleet_organisation, local_day, words of TIMES. `organisations`: only these fleets'.
    Emissions are null where the carbon mart does not hold the sessions yet.
    """
    asked = {"tenant": tenant, "start": start, "end": end, "source": source, "organisations": organisations}
    energy, emitted = _of(sessions.TABLE, by, _ENERGY, asked), _of(carbon.TABLE, by, _CARBON, asked)
    if not by:
        return pl.concat([energy, emitted], how="horizontal")
    return energy.join(emitted, on=by, how="left", nulls_equal=True, maintain_order="left")


def costs(
    *,
    tenant: str,
    by: tuple[str, ...] = (),
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
) -> pl.DataFrame:
    """`cost_minor` in minor units per value of `by` and `currency`, of the same sessions; unpriced ones left out."""
    asked = {"tenant": tenant, "start": start, "end": end, "source": source, "organisations": organisations}
    rows = _rows(sessions.TABLE, asked).filter(pl.col("cost_minor").is_not_null())
    return summed(rows, (*by, "currency"), {"cost_minor": pl.col("cost_minor").sum()})


def version() -> tuple[int | None, int | None]:
    """Versions of the two marts that this one reads."""
    return sessions.TABLE.version(), carbon.TABLE.version()


def _of(table: Table, by: tuple[str, ...], sums: Mapping[str, pl.Expr], asked: dict[str, object]) -> pl.DataFrame:
    return summed(_rows(table, asked), by, sums)


def _rows(table: Table, asked: dict[str, object]) -> pl.LazyFrame:
    return rows_of(table, sides=("fleet_organisation",), **asked).filter(_OF_FLEETS)  # type: ignore[arg-type]

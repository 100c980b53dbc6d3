"""What charging by the grid's marginal carbon would have saved, per site and local day, between none and all foresight.

Emissions of the very same energy, charged three ways: `none_ug` at once from arrival; `forecast_ug` planned with what
the series and its forecasts said by then; `perfect_ug` knowing the whole series: the bounds are none and perfect.
Marginal carbon says what a shift changes; it is no inventory figure and must not be added to one.
`sessions` were judged, `aside` were not (no energy, or the series has a gap). A session may draw what its
charger's strongest session drew on average: sessions do not say the power of their charger.
"""

from collections.abc import Sequence
from datetime import date

import polars as pl

from ._sums import rows_of, summed
from ._table import State, Table, collect

TABLE = Table(
    "marts/shift_potential",
    {
        "tenant": pl.String,
        "source": pl.String,
        "site": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "region": pl.String,
        "local_day": pl.Date,
        "sessions": pl.Int64,
        "aside": pl.Int64,
        "energy_wh": pl.Int64,
        "none_ug": pl.Int64,
        "forecast_ug": pl.Int64,
        "perfect_ug": pl.Int64,
        "basis": pl.String,
    },
    ("tenant", "local_day", "region", "site", "host_organisation", "fleet_organisation", "source"),
    (),
    edition=2,
)
SUMS = {
    name: pl.col(name).sum() for name in ("sessions", "aside", "energy_wh", "none_ug", "forecast_ug", "perfect_ug")
}  # fmt: skip


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Rows of the local days [start, end); without `organisations` those of all."""
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=_named(source), organisations=organisations, version=version
    )
    return collect(rows.sort("local_day", "site"))


def totals(
    *,
    tenant: str,
    by: Sequence[str] = ("site", "month_of"),
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Sums by columns or by the words `week`, `month_of`, `year`: sessions, aside, energy_wh, the three ways in µg."""
    rows = rows_of(
        TABLE, tenant=tenant, start=start, end=end, source=_named(source), organisations=organisations, version=version
    )
    return summed(rows, tuple(by), SUMS)


def state() -> State | None:
    return TABLE.state()


def _named(source: str | None) -> str | None:
    return None if source in (None, "all") else source

"""Demand to come, per charger and area: energy by the hour, 1, 6 and 24 hours ahead, with the interval that holds 90 %.

`marts/forecast` has the hours: the last days as they were forecast beforehand (`actual_wh` known) and those to come.
`marts/forecast_card` says for each level and horizon which forecaster ships and how good all of them were.
"""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/forecast",
    {
        "tenant": pl.String,
        "source": pl.String,
        "network": pl.String,  # chargers on one clock: their time zone; files of other places end at other times
        "level": pl.String,  # charger | area
        "unit": pl.String,
        "horizon_h": pl.Int64,
        "at": pl.Datetime("ms", "UTC"),  # beginning of the hour
        "local": pl.Datetime("ms"),
        "actual_wh": pl.Int64,  # null: to come
        "forecast_wh": pl.Int64,
        "low_wh": pl.Int64,
        "high_wh": pl.Int64,
        "method": pl.String,
    },
    ("tenant", "source", "network", "level", "unit", "horizon_h", "at"),
    (),
    edition=2,
)
CARD = Table(
    "marts/forecast_card",
    {
        "tenant": pl.String,
        "source": pl.String,
        "network": pl.String,
        "level": pl.String,
        "horizon_h": pl.Int64,
        "state": pl.String,  # forecast | too_little_history
        "method": pl.String,
        "shipped": pl.Boolean,
        "rmse_wh": pl.Float64,
        "mae_wh": pl.Float64,
        "coverage": pl.Float64,
        "validation_rmse_wh": pl.Float64,
        "units": pl.Int64,
        "hours": pl.Int64,
        "judged": pl.Int64,
        "energy_wh": pl.Int64,  # of all those hours
        "until": pl.Datetime("ms", "UTC"),
    },
    ("tenant", "source", "network", "level", "horizon_h", "method"),
    (),
)


def read(
    *, tenant: str, source: str, level: str, horizon_h: int, network: str | None = None, unit: str | None = None
) -> pl.DataFrame:
    """Hours in the order of time; of one charger or area, or of all; of one network, or of all."""
    rows = _of(tenant, source, level, network).filter(pl.col("horizon_h") == horizon_h)
    if unit is not None:
        rows = rows.filter(pl.col("unit") == unit)
    return collect(rows.sort("unit", "at"))


def units(*, tenant: str, source: str, level: str, network: str | None = None) -> pl.DataFrame:
    """Chargers or areas that have a forecast, those with most energy first."""
    used = _of(tenant, source, level, network).group_by("unit").agg(wh=pl.col("actual_wh").sum())
    return collect(used.sort("wh", "unit", descending=[True, False]))


def cards(*, tenant: str) -> pl.DataFrame:
    """How good each forecaster was, and which ships."""
    return collect(CARD.of_tenant(tenant).sort("source", "network", "level", "horizon_h", "rmse_wh", "method"))


def _of(tenant: str, source: str, level: str, network: str | None) -> pl.LazyFrame:
    rows = TABLE.of_tenant(tenant).filter((pl.col("source") == source) & (pl.col("level") == level))
    return rows if network is None else rows.filter(pl.col("network") == network)


def state() -> State | None:
    return TABLE.state()

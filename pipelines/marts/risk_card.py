"""The report card of the models of failure risk: one row per figure, of each model, on days that it never saw."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/risk_card",
    {
        "tenant": pl.String,
        "source": pl.String,
        "network": pl.String,
        "horizon_days": pl.Int64,
        "model": pl.String,  # rule | logistic | logistic and boosting; a column's name where `split` is drift
        "split": pl.String,  # time | group | drift | none (no model: `lacking` says why)
        "figure": pl.String,
        "place": pl.Int64,  # bin of a reliability curve
        "value": pl.Float64,
        "shipped": pl.Boolean,
        "state": pl.String,  # steady | watch | broken
        "lacking": pl.String,  # days | chargers | failures; empty where there is a model
        "capacity": pl.Int64,  # visits a week
        "data_version": pl.String,
        "as_of": pl.Datetime("ms", "UTC"),
    },
    ("tenant", "source", "network", "horizon_days", "split", "model", "figure", "place"),
    (),
)


def read(*, tenant: str, horizon_days: int | None = None, source: str | None = None) -> pl.DataFrame:
    """Figures of the models of one tenant. They tell of whole networks, so no organisation has a part of them."""
    rows = TABLE.of_tenant(tenant)
    if horizon_days is not None:
        rows = rows.filter(pl.col("horizon_days") == horizon_days)
    if source:
        rows = rows.filter(pl.col("source") == source)
    return collect(rows.sort("network", "horizon_days", "split", "model", "figure", "place"))


def state() -> State | None:
    return TABLE.state()

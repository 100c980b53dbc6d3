"""Reads and sums for the page of failure risk: answers and report cards of one viewer's chargers."""

from typing import Any

import polars as pl

from analytics_app.data import cached, placed
from analytics_app.who import Viewer
from pipelines.marts import risk, risk_card

FIGURES = (
    "average_precision", "roc_auc", "brier", "precision_at_capacity", "recall_at_capacity", "lead_time_days",
    "calibration_error", "rows", "positives",
)  # fmt: skip


@cached
def _risks(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return risk.read(**asked)


@cached
def _cards(*, version: int | None, **asked: Any) -> pl.DataFrame:
    return risk_card.read(**asked)


def risks_of(viewer: Viewer, source: str | None) -> pl.DataFrame:
    """The latest answers for the viewer's chargers."""
    rows = _risks(
        tenant=viewer.tenant, organisations=viewer.organisations, source=source, version=risk.TABLE.version()
    )  # fmt: skip
    return placed(viewer, rows)


def cards_of(viewer: Viewer) -> pl.DataFrame:
    """Figures of the models. They tell of all chargers of the tenant: who sees only some gets none."""
    rows = _cards(tenant=viewer.tenant, version=risk_card.TABLE.version())
    return rows if viewer.organisations is None else rows.clear()


def card(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per split and model, figures as columns (null where one does not exist)."""
    plain = rows.filter(pl.col("split").is_in(["time", "group"]) & pl.col("place").is_null())
    known = [pl.col("value").filter(pl.col("figure") == name).first().alias(name) for name in FIGURES]
    return plain.group_by("split", "model", "shipped", maintain_order=True).agg(known).sort(
        "split", "model", descending=[True, False]
    )  # fmt: skip


def curve(rows: pl.DataFrame, model: str) -> pl.DataFrame:
    """Bins of a model's reliability on the last window: said, came, rows."""
    bins = rows.filter((pl.col("split") == "time") & (pl.col("model") == model) & pl.col("place").is_not_null())
    names = {"curve_said": "said", "curve_came": "came", "curve_rows": "rows"}
    known = [pl.col("value").filter(pl.col("figure") == key).first().alias(name) for key, name in names.items()]
    return bins.group_by("place").agg(known).sort("place")


def moved(rows: pl.DataFrame) -> pl.DataFrame:
    """Stability index of each column that the shipped model reads, most moved first."""
    found = rows.filter((pl.col("split") == "drift") & (pl.col("figure") == "stability"))
    return found.select(column="model", index="value").sort("index", "column", descending=[True, False])

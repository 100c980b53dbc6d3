"""The tables of failure risk: how good its models are, and what they answer."""

import polars as pl

from pipelines.defs.checks import Rule, once
from pipelines.defs.steps import WholeStep, later
from pipelines.marts import risk as risk_mart
from pipelines.marts import risk_card as card_mart


def _twice(rows: pl.DataFrame) -> pl.DataFrame:
    """Answers that a charger has more than once; without their reasons, which no table of bad rows can hold."""
    key = once("tenant", "source", "network", "charger", "horizon_days")
    return key.bad(rows.drop("reasons"))


_ANSWERS = "pipelines.defs.risk.answers"
CARD = WholeStep(
    "risk_card", card_mart.TABLE, later(_ANSWERS, "card_rows"), ("maintenance_log", "work_order_outcomes"),
    "How good each model of failure risk is on days that it never saw, and which one is shipped.",
    (once("tenant", "source", "network", "horizon_days", "model", "split", "figure", "place"),), learns=True,
)  # fmt: skip
RISK = WholeStep(
    "risk", risk_mart.TABLE, later(_ANSWERS, "risk_rows"), ("risk_card",),
    "Risk of failure within 7 and 30 days for each charger, with its reasons.",
    (
        Rule("once", _twice, "one row per tenant, source, network, charger, horizon_days"),
        Rule(
            "probability", lambda r: r.filter(~pl.col("probability_ppm").is_between(0, 1_000_000)).drop("reasons"),
            "a probability lies between 0 and 1",
        ),
    ),
    learns=True,
)  # fmt: skip

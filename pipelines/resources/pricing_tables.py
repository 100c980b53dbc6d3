"""What the web app told of searches and of listed chargers."""

import polars as pl

from pipelines.marts._table import Table

SEARCHES = Table(
    "clean/searches",
    {
        "tenant": pl.String,
        "cell": pl.String,
        "at": pl.Datetime("ms", "UTC"),
        "connector": pl.String,
        "power_w": pl.Int64,
        "timed": pl.Boolean,
        "searches": pl.Int64,
        "unmet": pl.Int64,
    },
    ("tenant", "at", "cell", "connector", "power_w", "timed"),
    (),
)
# `offer`: JSON of saas.contracts.pricing.Offer, whole: what the rule is given comes from here.
OFFERS = Table(
    "clean/offers",
    {
        "tenant": pl.String,
        "listing": pl.String,
        "charger": pl.String,
        "cell": pl.String,
        "kwh_micro": pl.Int64,
        "hour_micro": pl.Int64,
        "currency": pl.String,
        "offer": pl.String,
    },
    ("tenant", "listing"),
    (),
)

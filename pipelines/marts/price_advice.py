"""What the price rule says of each listed charger, with all that it was given, and its back-test."""

import polars as pl

from ._table import State, Table, collect

TABLE = Table(
    "marts/price_advice",
    {
        "tenant": pl.String,
        "listing": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "city": pl.String,
        "kind": pl.String,  # kwh | hour
        "currency": pl.String,
        "current_micro": pl.Int64,
        "price_micro": pl.Int64,
        "floor_micro": pl.Int64,
        "reserve_micro": pl.Int64,  # null: prices never varied, no estimate
        "auction_micro": pl.Int64,
        "walk_up_micro": pl.Int64,
        "reasons": pl.List(pl.String),
        "rule": pl.String,
        "inputs": pl.String,  # JSON of saas.contracts.pricerule.Inputs: the rule gives the same again
        "neighbours": pl.Int64,
        "prices_tried": pl.Int64,
        # profit a day, in millionths: by simulation on the observed answers, and from the log of what was tried
        "simulation": pl.String,  # done | no_estimate
        "fixed_day_micro": pl.Int64,
        "rule_day_micro": pl.Int64,
        "gain_low_micro": pl.Int64,
        "gain_high_micro": pl.Int64,
        "log": pl.String,  # done | no_overlap | no_estimate
        "log_day_micro": pl.Int64,
        "log_low_micro": pl.Int64,
        "log_high_micro": pl.Int64,
        "effective_days": pl.Float64,
        "days": pl.Int64,
        "as_of": pl.Datetime("ms", "UTC"),
    },
    ("tenant", "listing", "kind"),
    (),
    edition=2,
)


def read(*, tenant: str) -> pl.DataFrame:
    """Chargers by name."""
    return collect(TABLE.of_tenant(tenant).sort("site", "charger", "listing", "kind"))


def state() -> State | None:
    return TABLE.state()

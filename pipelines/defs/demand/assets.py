"""Demand to come per charger and area, and demand that nobody met."""

from datetime import datetime, timedelta

import polars as pl

from pipelines.defs.checks import Rule, once
from pipelines.defs.steps import Sources, WholeStep, later
from pipelines.marts import forecast as mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import tenants
from pipelines.marts import unmet_demand as unmet_mart
from pipelines.marts._table import collect
from pipelines.resources.pricing_tables import OFFERS, SEARCHES
from pipelines.transforms.pricing import unmet


def unmet_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """Searches with the place of their cell; writes the openings too."""
    zones = dict(collect(tenants.TABLE.scan().select("tenant", "timezone")).iter_rows())
    rows = unmet.placed(collect(SEARCHES.scan()), zones)
    sources.lake.replace_all(unmet_mart.OPENINGS, _openings(rows, now))
    return rows


def _openings(rows: pl.DataFrame, now: datetime) -> pl.DataFrame:
    recent = rows.filter(pl.col("at") >= now - timedelta(days=unmet.DAYS))
    offers = collect(OFFERS.scan())
    parts = []
    for (tenant,), mine in recent.group_by("tenant", maintain_order=True):
        count, usual = _usual(str(tenant), now)
        found = unmet.openings(mine, offers.filter(pl.col("tenant") == tenant), count, usual)
        if found.height:
            parts.append(found.with_columns(tenant=pl.lit(tenant)))
    schema = unmet_mart.OPENINGS.schema
    shaped = [part.select(pl.col(name).cast(kind) for name, kind in schema.items()) for part in parts]
    return pl.concat(shaped) if shaped else pl.DataFrame(schema=schema)


def _usual(tenant: str, now: datetime) -> tuple[int, int | None]:
    """Live sessions of the last days, and the energy of a usual one."""
    rows = sessions_mart.TABLE.of_tenant(tenant).filter(
        (pl.col("source") == "live")
        & (pl.col("energy_wh") > 0)
        & (pl.col("ended_at") >= now - timedelta(days=unmet.DAYS))
    )
    found = collect(rows.select(pl.len(), pl.col("energy_wh").median().cast(pl.Int64))).row(0)
    return found[0], found[1]


def narrow(rows: pl.DataFrame) -> pl.DataFrame:
    """Forecasts outside their own interval."""
    return rows.filter((pl.col("forecast_wh") < pl.col("low_wh")) | (pl.col("forecast_wh") > pl.col("high_wh")))


def more_unmet(rows: pl.DataFrame) -> pl.DataFrame:
    """More searches in vain than searches."""
    return rows.filter(pl.col("unmet") > pl.col("searches"))


FORECAST = WholeStep(
    "forecast", mart.TABLE, later("pipelines.defs.demand.forecast", "forecast_rows"), ("energy_15min",),
    "Energy by the hour per charger and area, 1, 6 and 24 hours ahead, with intervals; the best forecaster ships.",
    (once("tenant", "source", "network", "level", "unit", "horizon_h", "at"),
     Rule("inside", narrow, "each forecast lies in its interval")),
    group="demand", learns=True,
)  # fmt: skip
UNMET_DEMAND = WholeStep(
    "unmet_demand", unmet_mart.TABLE, unmet_rows, ("pricing_words", "sessions"),
    "Searches by cell and hour, those in vain, and where a host would earn.",
    (Rule("counts", more_unmet, "no more searches in vain than searches"),),
    group="demand",
)  # fmt: skip

"""Carbon of each session, with the factors that it was reckoned by."""

from datetime import date

import polars as pl

from pipelines.defs.steps import Sources, Step
from pipelines.marts import carbon as carbon_mart
from pipelines.marts import factors as factors_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources import factors
from pipelines.transforms import carbon


def carbon_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    sources.lake.replace_all(factors_mart.TABLE, factors.table())
    ended = collect(sources.lake.days(sessions_mart.TABLE, first, last))
    return carbon.of_sessions(ended, factors.table(), factors.VM0038_US_LEVEL_2)


CARBON = Step(
    "carbon", carbon_mart.TABLE, carbon_rows, ("sessions",),
    "CO2e of each session: location-based, market-based, and against petrol.",
)  # fmt: skip

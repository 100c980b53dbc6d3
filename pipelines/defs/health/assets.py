"""What each charger did on a day."""

from datetime import date

import polars as pl

from pipelines.defs.steps import Sources, Step
from pipelines.defs.telemetry.assets import heard
from pipelines.marts import charger_health_daily as health_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources.tables import CHARGERS, CLEAN
from pipelines.transforms import health


def health_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    messages = collect(sources.lake.days(CLEAN, first, last))
    ended = collect(sources.lake.days(sessions_mart.TABLE, first, last))
    return health.daily(messages, ended, collect(CHARGERS.scan()))


CHARGER_HEALTH = Step(
    "charger_health_daily", health_mart.TABLE, health_rows, ("sessions",),
    "Messages, gaps, faults, sessions and energy of each charger and day.",
    weights=heard, anywhere=True,
)  # fmt: skip

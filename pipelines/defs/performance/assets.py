"""Daily sums of sessions and energy, so that a page reads thousands of rows where there are millions of sessions."""

from datetime import date

import polars as pl

from pipelines.defs.checks import Rule
from pipelines.defs.steps import Sources, Step
from pipelines.marts import carbon, energy_daily, energy_hours, fleet_daily, sessions, sessions_daily
from pipelines.marts._table import Table, collect
from pipelines.resources.tables import CHARGERS
from pipelines.transforms import performance


def daily_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    return performance.daily_sessions(collect(sources.lake.days(sessions.TABLE, first, last)))


def fleet_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    emitted, ended = (collect(sources.lake.days(table, first, last)) for table in (carbon.TABLE, sessions.TABLE))
    return performance.daily_fleets(emitted, ended)


def hour_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    energy = collect(sources.lake.days(energy_daily.TABLE, first, last))
    return performance.hourly_energy(energy, collect(CHARGERS.scan()))


def differs_from(table: Table) -> Rule:
    """No watt-hour is lost on the way from `table`: sums per tenant and UTC day agree."""

    def bad(rows: pl.DataFrame) -> pl.DataFrame:
        if not rows.height:
            return rows.clear()
        days = pl.col("day").is_between(rows["day"].min(), rows["day"].max())
        keys = ["tenant", "day"]
        there = collect(table.scan().filter(days).group_by(keys).agg(there_wh=pl.col("energy_wh").sum()))
        here = rows.group_by(keys).agg(here_wh=pl.col("energy_wh").sum())
        both = there.join(here, on=keys, how="full", coalesce=True)
        return both.filter(pl.col("here_wh").fill_null(0) != pl.col("there_wh").fill_null(0))

    return Rule("sums_agree", bad, f"energy per tenant and day is that of {table.path}")


SESSIONS_DAILY = Step(
    "sessions_daily", sessions_daily.TABLE, daily_rows, ("sessions",),
    "Sessions, energy, time and cost per charger, parties and local day: what dashboards sum.",
    (differs_from(sessions.TABLE),),
)  # fmt: skip
ENERGY_HOURS = Step(
    "energy_hours", energy_hours.TABLE, hour_rows, ("energy_daily",),
    "Energy per host organisation and local hour: what heat maps show.", (differs_from(energy_daily.TABLE),),
)  # fmt: skip
FLEET_DAILY = Step(
    "fleet_daily", fleet_daily.TABLE, fleet_rows, ("sessions", "carbon"),
    "Energy, cost and emissions per vehicle, driver, site and local day of each fleet.",
)  # fmt: skip

"""What each charger did on a day."""

import dagster as dg

from pipelines.defs.partitions import COMMON, days_of
from pipelines.defs.sessions.assets import sessions
from pipelines.marts import charger_health_daily as health_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources.lake import Lake
from pipelines.resources.tables import CHARGERS, CLEAN
from pipelines.transforms import health


@dg.asset(deps=[sessions], description="Messages, gaps, faults, sessions and energy of each charger and day.", **COMMON)
def charger_health_daily(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    first, last = days_of(context)
    messages, ended = collect(lake.days(CLEAN, first, last)), collect(lake.days(sessions_mart.TABLE, first, last))
    done = lake.replace_days(health_mart.TABLE, health.daily(messages, ended, collect(CHARGERS.scan())), first, last)
    return dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})

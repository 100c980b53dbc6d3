"""Carbon of each session, with the factors that it was reckoned by."""

import dagster as dg

from pipelines.defs.partitions import COMMON, days_of
from pipelines.defs.sessions.assets import sessions
from pipelines.marts import carbon as carbon_mart
from pipelines.marts import factors as factors_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import collect
from pipelines.resources import factors
from pipelines.resources.lake import Lake
from pipelines.transforms import carbon as carbon_steps


@dg.asset(deps=[sessions], description="CO2e of each session: location-based, market-based, and against petrol.", **COMMON)
def carbon(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    first, last = days_of(context)
    lake.replace_all(factors_mart.TABLE, factors.table())
    ended = collect(lake.days(sessions_mart.TABLE, first, last))
    rows = carbon_steps.of_sessions(ended, factors.table(), factors.VM0038_US_LEVEL_2)
    done = lake.replace_days(carbon_mart.TABLE, rows, first, last)
    without = rows["location_mg_per_kwh"].null_count()
    return dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "without_factor": without})

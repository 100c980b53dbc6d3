"""All definitions, for Dagster. `pipelines.defs.start` starts its two processes."""

import dagster as dg

from pipelines.defs.catalogue import ASSETS, resources
from pipelines.defs.history import history
from pipelines.defs.reports.assets import queued_reports, report
from pipelines.defs.schedule import NIGHTLY, REFRESH, landing_news, telemetry_news, tidy

defs = dg.Definitions(
    assets=ASSETS,
    jobs=[REFRESH, history, tidy, report],
    sensors=[telemetry_news, landing_news, queued_reports],
    schedules=[NIGHTLY],
    resources=resources(),
    executor=dg.in_process_executor,
)

"""All definitions, for Dagster. `pipelines.defs.start` starts its two processes."""

import dagster as dg

from pipelines.defs.carbon.news import JOB as CARBON_KNOWLEDGE
from pipelines.defs.carbon.news import carbon_news
from pipelines.defs.catalogue import ASSETS, KNOWLEDGE, LEARNING, resources
from pipelines.defs.history import history
from pipelines.defs.reports.assets import queued_reports, report
from pipelines.defs.schedule import (
    KNOW,
    LEARN,
    NIGHTLY,
    REFRESH,
    knowledge_news,
    landing_news,
    last_two_days,
    learning_news,
    telemetry_news,
    tidy,
)

defs = dg.Definitions(
    assets=[*ASSETS, *KNOWLEDGE, *LEARNING],
    jobs=[REFRESH, KNOW, LEARN, CARBON_KNOWLEDGE, history, tidy, report],
    sensors=[telemetry_news, landing_news, knowledge_news, learning_news, carbon_news, queued_reports],
    schedules=[NIGHTLY, last_two_days],
    resources=resources(),
    executor=dg.in_process_executor,
)

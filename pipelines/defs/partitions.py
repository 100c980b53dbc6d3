"""One partition is one UTC day, for all tenants together."""

import warnings
from datetime import date

import dagster as dg

# Backfills of many days in one run are marked beta in the pinned version; the pin is the answer to that.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
FIRST_DAY = date(2000, 1, 1)
DAYS = dg.DailyPartitionsDefinition(start_date=FIRST_DAY.isoformat(), timezone="UTC", end_offset=1)
ONE_RUN = dg.BackfillPolicy.single_run()
# Runs that wait or work.
ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def days_of(context: dg.AssetExecutionContext) -> tuple[date, date]:
    """First and last day that this run makes, both included."""
    keys = context.partition_keys
    return date.fromisoformat(keys[0]), date.fromisoformat(keys[-1])


def run_tags(first: date, last: date) -> dict[str, str]:
    """Tags of a run that makes the days first..last in one go."""
    return {
        "dagster/asset_partition_range_start": max(first, FIRST_DAY).isoformat(),
        "dagster/asset_partition_range_end": last.isoformat(),
    }

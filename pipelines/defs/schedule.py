"""When the refresh runs: soon after news from devices, after an import, and once a night to tidy up."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pipelines.defs import due
from pipelines.defs.catalogue import ASSETS, KNOWLEDGE, WHOLE
from pipelines.defs.history import history, is_long, run_config
from pipelines.defs.partitions import run_tags
from pipelines.marts import carbon, charger_health_daily, energy_daily, sessions
from pipelines.resources import imported
from pipelines.resources.lake import Lake
from pipelines.resources.store import NoDatabase, TelemetryStore
from pipelines.resources.tables import CLEAN, CONTEXT, ENERGY_15MIN, RAW

AGAIN = timedelta(minutes=10)
REST = timedelta(hours=1)
Asked = Iterator[dg.RunRequest | dg.SkipReason]
ALIVE = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]
REFRESH = dg.define_asset_job(
    "refresh", selection=dg.AssetSelection.assets(*ASSETS), executor_def=dg.in_process_executor,
    tags={"lake": "writer"}, description="Makes the days that a sensor or a person asks for, in one run.",
)  # fmt: skip


KNOW = dg.define_asset_job(
    "knowledge", selection=dg.AssetSelection.assets(*KNOWLEDGE), executor_def=dg.in_process_executor,
    tags={"lake": "writer"}, description="Makes anew what is learned from all days: risks, forecasts, monthly figures.",
)  # fmt: skip


def busy(context: dg.SensorEvaluationContext) -> bool:
    """A run that writes the lake waits or works: news will be seen again next time."""
    return bool(context.instance.get_run_records(dg.RunsFilter(tags={"lake": "writer"}, statuses=ALIVE), limit=1))


def request(first: date, last: date, now: datetime) -> dg.RunRequest:
    """One run for the range: by day as assets, or `history` when it is long."""
    key = f"{first}..{last}@{now.isoformat()}"
    if is_long(first, last):
        return dg.RunRequest(run_key=key, job_name="history", run_config=run_config(first, last))
    return dg.RunRequest(run_key=key, job_name="refresh", tags=run_tags(first, last))


@dg.sensor(
    jobs=[REFRESH, history],
    minimum_interval_seconds=int(os.environ.get("WATTLANE_REFRESH_S", "45")),
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def telemetry_news(context: dg.SensorEvaluationContext, store: dg.ResourceParam[TelemetryStore]) -> Asked:
    """Runs the days for which devices sent something, today's or long past."""
    if busy(context):
        yield dg.SkipReason("a refresh is on its way")
        return
    now = datetime.now(UTC)
    try:
        ranges, newest = due.telemetry(store, looked_until(context.cursor, now), now.date())
    except NoDatabase as error:
        yield dg.SkipReason(f"no database: {error}")
        return
    ranges = due.merged([*ranges, *due.unpriced(now), *due.behind()])
    for first, last in ranges:
        yield request(first, last, now)
    context.update_cursor(cursor_after(newest, now))
    if not ranges:
        yield dg.SkipReason("nothing new")


def looked_until(cursor: str | None, now: datetime) -> datetime | None:
    """From when on to look: a while before the last news, so that a failed run is tried again; once a day, all."""
    held = _read(cursor)
    if held.get("all") != now.date().isoformat() or not held.get("newest"):
        return None
    return datetime.fromisoformat(held["newest"]) - AGAIN


def _read(cursor: str | None) -> dict[str, str]:
    """What a cursor says; nothing for one that another version of this code wrote."""
    try:
        held = json.loads(cursor or "{}")
    except ValueError:
        return {}
    return held if isinstance(held, dict) else {}


def cursor_after(newest: datetime | None, now: datetime) -> str:
    return json.dumps({"all": now.date().isoformat(), "newest": newest.isoformat() if newest else None})


@dg.sensor(jobs=[REFRESH, history], minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def landing_news(context: dg.SensorEvaluationContext) -> Asked:
    """Runs the days of newly imported session files."""
    files = json.dumps(imported.files_by_tenant(), sort_keys=True)
    if files == context.cursor or busy(context):
        yield dg.SkipReason("no new file" if files == context.cursor else "a refresh is on its way")
        return
    ranges = due.landed()
    for first, last in ranges:
        yield request(first, last, datetime.now(UTC))
    if not ranges:
        context.update_cursor(files)
        yield dg.SkipReason("all imported sessions are in the marts")


@dg.sensor(job=KNOW, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def knowledge_news(context: dg.SensorEvaluationContext) -> Asked:
    """Runs `knowledge` when sessions changed since, at most once an hour; at once while a table was never made."""
    held, now, state = _read(context.cursor), datetime.now(UTC), sessions.state()
    if state is None or busy(context):
        yield dg.SkipReason("no sessions yet" if state is None else "the lake is being written")
        return
    made = all(step.table.state() for step in WHOLE)
    rested = not held.get("at") or now - datetime.fromisoformat(held["at"]) >= REST
    if (made and held.get("version") == str(state.version)) or not (rested or not held):
        yield dg.SkipReason("nothing new, or made within the hour")
        return
    yield dg.RunRequest(run_key=f"knowledge@{state.version}@{now.isoformat()}")
    context.update_cursor(json.dumps({"version": str(state.version), "at": now.isoformat()}))


@dg.op(description="Compacts small files and drops those that only versions older than 30 days need.")
def tidy_lake(lake: dg.ResourceParam[Lake]) -> None:
    marts = (sessions.TABLE, energy_daily.TABLE, charger_health_daily.TABLE, carbon.TABLE)
    for table in (RAW, CLEAN, CONTEXT, ENERGY_15MIN, *marts):
        lake.tidy(table, keep=timedelta(days=30))


@dg.job(executor_def=dg.in_process_executor, tags={"lake": "writer"})
def tidy() -> None:
    tidy_lake()


NIGHTLY = dg.ScheduleDefinition(
    job=tidy, cron_schedule="17 2 * * *", default_status=dg.DefaultScheduleStatus.RUNNING, execution_timezone="UTC"
)

"""When the refresh runs: soon after news from devices, after an import, and once a night to tidy up."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pipelines.defs import due
from pipelines.defs.catalogue import ASSETS, KNOWLEDGE, LEARNING, WHOLE
from pipelines.defs.history import history, is_long, run_config
from pipelines.defs.partitions import ALIVE, run_tags
from pipelines.defs.steps import WholeStep
from pipelines.marts import sessions
from pipelines.marts._table import Table, lake_url
from pipelines.resources import imported, staged
from pipelines.resources.lake import Lake
from pipelines.resources.store import NoDatabase, TelemetryStore
from pipelines.resources.tables import CLEAN, IMPORTED, RAW

AGAIN = timedelta(minutes=10)
REST = timedelta(hours=1)
# So long readings alone may wait; a message may be received some seconds before it is seen.
QUIET, SEEN = timedelta(seconds=180), timedelta(seconds=20)
Asked = Iterator[dg.RunRequest | dg.SkipReason]
REFRESH = dg.define_asset_job(
    "refresh", selection=dg.AssetSelection.assets(*ASSETS), executor_def=dg.in_process_executor,
    tags={"lake": "writer"}, description="Makes the days that a sensor or a person asks for, in one run.",
)  # fmt: skip


KNOW = dg.define_asset_job(
    "knowledge", selection=dg.AssetSelection.assets(*KNOWLEDGE), executor_def=dg.in_process_executor,
    tags={"lake": "writer"}, description="Makes anew what is learned from all days: risks, forecasts, monthly figures.",
)  # fmt: skip


LEARN = dg.define_asset_job(
    "learning", selection=dg.AssetSelection.assets(*LEARNING), executor_def=dg.in_process_executor,
    tags={"work": "learning"}, description="Risks and forecasts, learned anew; takes minutes and holds nothing up.",
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
    now, held = datetime.now(UTC), _read(context.cursor)
    try:
        if only_readings(store, held, now):
            yield dg.SkipReason("only readings of sessions that go on; looked at again soon")
            return
        ranges, newest = due.telemetry(store, looked_until(context.cursor, now), now.date())
    except NoDatabase as error:
        yield dg.SkipReason(f"no database: {error}")
        return
    older, said = made_anew(held, now)
    ranges = due.merged([*ranges, *due.unpriced(now), *older])
    for first, last in ranges:
        yield request(first, last, now)
    context.update_cursor(cursor_after(newest, now, now.isoformat() if ranges else held.get("asked"), said))
    if not ranges:
        yield dg.SkipReason("nothing new")


def only_readings(store: TelemetryStore, held: dict[str, str], now: datetime) -> bool:
    """A run was asked for a short while ago, and no session ended since: a run costs seconds, readings can wait."""
    if not held.get("asked"):
        return False
    asked = datetime.fromisoformat(held["asked"])
    return now - asked < QUIET and not store.ended_since(asked - SEEN) and not due.unpriced(now)


def made_anew(held: dict[str, str], now: datetime) -> tuple[list[due.Range], str | None]:
    """Days of tables of an older edition, and what to remember of it: asked for within the hour in vain, they wait, so
    that a table which a rule stops is not made over and over."""
    ranges = due.behind(now.date())
    said = ", ".join(f"{first}..{last}" for first, last in ranges)
    before, _, at = (held.get("anew") or "").partition("@")
    if ranges and said == before and now - datetime.fromisoformat(at) < REST:
        return [], held["anew"]
    return ranges, f"{said}@{now.isoformat()}" if ranges else None


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


def cursor_after(newest: datetime | None, now: datetime, asked: str | None = None, anew: str | None = None) -> str:
    """What a sensor remembers: the day it looked at everything, the newest news, when it last asked for a run, and
    which days to make anew."""
    seen = newest.isoformat() if newest else None
    return json.dumps({"all": now.date().isoformat(), "newest": seen, "asked": asked, "anew": anew})


@dg.sensor(jobs=[REFRESH, history], minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def landing_news(context: dg.SensorEvaluationContext) -> Asked:
    """Runs the days of newly imported session files."""
    files = json.dumps({"table": IMPORTED.path, "files": imported.files_by_tenant()}, sort_keys=True)
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
    """Runs `knowledge` when sessions changed since, at most once an hour; at once while a table was never made, or by
    an older edition."""
    if busy(context):
        yield dg.SkipReason("the lake is being written")
        return
    yield from _anew(context, "knowledge", [step for step in WHOLE if not step.learns])


@dg.sensor(job=LEARN, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def learning_news(context: dg.SensorEvaluationContext) -> Asked:
    """Runs `learning` by the same rule, one at a time, whoever writes the lake meanwhile."""
    alive = dg.RunsFilter(job_name="learning", statuses=ALIVE)
    if context.instance.get_run_records(alive, limit=1):
        yield dg.SkipReason("still learning")
        return
    yield from _anew(context, "learning", [step for step in WHOLE if step.learns])


def _anew(context: dg.SensorEvaluationContext, job: str, steps: list[WholeStep]) -> Asked:
    held, now, state = _read(context.cursor), datetime.now(UTC), sessions.state()
    if state is None:
        yield dg.SkipReason("no sessions yet")
        return
    made = all(step.table.current() for step in steps)
    rested = not held.get("at") or now - datetime.fromisoformat(held["at"]) >= REST
    if (made and held.get("version") == str(state.version)) or not (rested or not held):
        yield dg.SkipReason("nothing new, or made within the hour")
        return
    yield dg.RunRequest(run_key=f"{job}@{state.version}@{now.isoformat()}")
    context.update_cursor(json.dumps({"version": str(state.version), "at": now.isoformat()}))


@dg.op(description="Compacts small files, drops those that only old versions need, and what no run will finish.")
def tidy_lake(context: dg.OpExecutionContext, lake: dg.ResourceParam[Lake]) -> None:
    staged.drop_all()
    for url in lake.tables():
        kind = url.removeprefix(f"{lake_url().rstrip('/')}/").partition("/")[0]
        lake.tidy(url, keep=VERSIONS.get(kind, VERSIONS["marts"]))
    for table, days in kept_days().items():
        gone = lake.forget(table, before=datetime.now(UTC).date() - timedelta(days=days))
        context.log.info(f"{table.path}: {gone} rows older than {days} days forgotten")


# How long a version can still be read: reports name the versions of marts that they were made from.
VERSIONS = {
    "raw": timedelta(days=7), "clean": timedelta(days=7), "curated": timedelta(days=7), "marts": timedelta(days=30),
}  # fmt: skip


def kept_days() -> dict[Table, int]:
    """Telemetry that is forgotten after so many days; without the setting all of it stays."""
    asked = {RAW: os.environ.get("WATTLANE_KEEP_RAW_DAYS"), CLEAN: os.environ.get("WATTLANE_KEEP_CLEAN_DAYS")}
    return {table: int(days) for table, days in asked.items() if days}


@dg.job(executor_def=dg.in_process_executor, tags={"lake": "writer"})
def tidy() -> None:
    tidy_lake()


NIGHTLY = dg.ScheduleDefinition(
    job=tidy, cron_schedule="17 2 * * *", default_status=dg.DefaultScheduleStatus.RUNNING, execution_timezone="UTC"
)


@dg.schedule(
    job=REFRESH, cron_schedule="41 1 * * *", execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)  # fmt: skip
def last_two_days(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
    """Yesterday and today once a night, whatever is due: every table is known to be fresh."""
    today = (context.scheduled_execution_time or datetime.now(UTC)).date()
    return dg.RunRequest(run_key=today.isoformat(), tags=run_tags(today - timedelta(days=1), today))

"""The job worker: `python -m saas.config.worker`. One periodic job per kind of work fans out to one job per tenant.

A job is taken by one worker, survives its death (another takes it over) and a restart of the database. SIGTERM ends the
process once the running jobs are done, at most after some seconds.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.config.settings")
import django

django.setup()

import psycopg  # noqa: E402
import structlog  # noqa: E402
from django.db import close_old_connections  # noqa: E402
from procrastinate import App, exceptions  # noqa: E402
from procrastinate.contrib.django import app as django_app  # noqa: E402
from procrastinate.jobs import Status  # noqa: E402
from procrastinate.utils import sync_to_async  # noqa: E402

from saas.devices import tasks as devices  # noqa: E402
from saas.kit import logs  # noqa: E402
from saas.kit.jobs import Work, inside  # noqa: E402
from saas.tenancy.queries import active_schemas  # noqa: E402
from tenants.accounts import tasks as accounts  # noqa: E402
from tenants.charging import tasks as charging  # noqa: E402
from tenants.credits import tasks as credits  # noqa: E402
from tenants.energy import tasks as energy  # noqa: E402
from tenants.feed import tasks as feed  # noqa: E402
from tenants.maintenance import tasks as maintenance  # noqa: E402
from tenants.operations import tasks as operations  # noqa: E402
from tenants.pricing import tasks as pricing  # noqa: E402
from tenants.stations import tasks as stations  # noqa: E402

log = structlog.get_logger("wattlane.worker")
GRACE_S, RETRY_S, MOST_RETRY_S = 10, 1.0, 15.0
STALLED_S, TIDY_S, KEPT_HOURS = 30, 20, 24
CONCURRENCY = 4
PUBLIC = ("public",)


@dataclass(frozen=True)
class Regular:
    """Work that comes again. `cron` has six fields, the last are seconds. `everywhere` False: in the public schema."""

    name: str
    cron: str
    work: Work
    everywhere: bool = True


REGULAR = (
    Regular("sweep", "* * * * * */10", charging.sweep),
    Regular("mails", "* * * * * */5", charging.mails),
    Regular("operations", "* * * * * */5", operations.drive),
    Regular("maintenance", "* * * * * */10", maintenance.watch),
    Regular("maintenance_mails", "* * * * * */5", maintenance.mails),
    Regular("compare_configuration", "7 1 * * * 0", operations.compare),
    Regular("stations", "* * * * * */10", stations.sweep),
    Regular("local_lists", "* * * * * 30", stations.sync_lists),
    Regular("forget_notices", "11 4 * * * 0", stations.forget),
    Regular("proof", "17 2 * * * 0", charging.proof),
    Regular("forget_tokens", "41 3 * * * 0", accounts.forget_tokens),
    Regular("forget_answers", "51 3 * * * 0", feed.forget_answers),
    Regular("forget_events", "21 4 * * * 0", feed.forget_events),
    Regular("tidy_credentials", "41 * * * * 0", devices.tidy_credentials, everywhere=False),
    Regular("forget_marks", "31 4 * * * 0", devices.forget_marks, everywhere=False),
    Regular("forget_searches", "1 4 * * * 0", pricing.forget),
    Regular("requeue_reports", "*/5 * * * * 0", energy.requeue_reports),
    Regular("rewards", "*/2 * * * * 20", credits.rewards),
    Regular("forget_windows", "11 * * * * 0", accounts.forget_windows, everywhere=False),
)


def register(app: App) -> None:
    """For each kind of work: the job of one tenant, and the periodic one that defers it for every tenant."""
    for regular in REGULAR:
        job = app.task(name=f"{regular.name}.one", queue="tenant", pass_context=False)(
            inside(regular.name, regular.work)
        )
        fan = app.task(name=f"{regular.name}.all", queue="public", queueing_lock=f"{regular.name}.all")(
            partial(_fan_out, regular, job)
        )
        app.periodic(cron=regular.cron, periodic_id=regular.name)(fan)


async def _fan_out(regular: Regular, job: object, timestamp: int) -> None:
    """One job per tenant, unless its last one still waits. A slow tenant never holds up the others."""
    schemas = await sync_to_async(_schemas) if regular.everywhere else PUBLIC
    for schema in schemas:
        try:
            await job.configure(  # type: ignore[attr-defined]
                queueing_lock=f"{regular.name}:{schema}", lock=f"{regular.name}:{schema}"
            ).defer_async(schema=schema)
        except exceptions.AlreadyEnqueued:
            continue


def _schemas() -> list[str]:
    close_old_connections()
    try:
        return active_schemas()
    finally:
        close_old_connections()


async def serve(app: App, stopping: asyncio.Event) -> None:
    """Work until told to stop; when the database goes away, wait for it and go on."""
    pause = RETRY_S
    while not stopping.is_set():
        try:
            async with app.open_async():
                log.info("working")
                await _until(stopping, app)
                pause = RETRY_S
        except (psycopg.Error, exceptions.ConnectorException, OSError) as error:
            log.warning("database_gone", error=type(error).__name__, again_in_s=pause)
            await _rest(stopping, pause)
            pause = min(pause * 2, MOST_RETRY_S)


async def _until(stopping: asyncio.Event, app: App) -> None:
    worker = asyncio.ensure_future(
        app.run_worker_async(
            concurrency=CONCURRENCY,
            install_signal_handlers=False,
            shutdown_graceful_timeout=GRACE_S,
            delete_jobs="successful",
            fetch_job_polling_interval=2.0,
            listen_notify=True,
        )
    )
    stop, tidying = asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(_tidy(app))
    await asyncio.wait({worker, stop, tidying}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    tidying.cancel()
    if not worker.done():
        worker.cancel()
    try:
        await worker
    except asyncio.CancelledError:
        if not stopping.is_set():
            raise


async def _tidy(app: App) -> None:
    """Let go of jobs whose worker died: they hold the lock of their tenant. Their work comes again by itself."""
    while True:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_S):
            log.warning("stalled", job=job.task_name, args=job.task_kwargs)
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        await app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS, include_failed=True)
        await asyncio.sleep(TIDY_S)


async def _rest(stopping: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return


async def _main() -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    app = django_app.with_connector(django_app.connector.get_worker_connector())  # type: ignore[attr-defined]
    register(app)
    await serve(app, stopping)


def main(run: Callable[[], object] = lambda: asyncio.run(_main())) -> int:
    """Exit code 0 after a clean stop."""
    logs.configure("worker")
    run()
    log.info("stopped")
    return 0


if __name__ == "__main__":
    sys.exit(main())

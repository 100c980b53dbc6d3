"""Report requests: a sensor sees queued ones, a run makes each and registers its files through the internal API."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import dagster as dg

from pipelines.defs.carbon.news import JOB as CARBON_JOB
from pipelines.defs.partitions import ALIVE
from pipelines.defs.reports.gather import inventory
from pipelines.defs.reports.making import OF_INVENTORY, NoData, make
from pipelines.marts import carbon_hourly
from pipelines.resources.saas import Denied, SaasClient, Unreachable
from reports.render import RenderFailed
from saas.contracts.internal import QueuedReport, ReportFailed, ReportMade, RunStarted, TenantCard

TRIES = 3
AGAIN = dg.RetryPolicy(max_retries=TRIES, delay=5, backoff=dg.Backoff.EXPONENTIAL)
# A run that died leaves its request queued; another run may try after this long.
_SAME_TRY_S = 300
PAUSES_S = (5, 15, 30, 60)


class Request(dg.Config):
    """Which report of which tenant."""

    tenant: str
    uid: str


@dg.op(retry_policy=AGAIN, description="Makes one report. Waits and repeats while the web app does not answer.")
def make_report(context: dg.OpExecutionContext, config: Request, saas: dg.ResourceParam[SaasClient]) -> None:
    card, wanted = find(saas, config.tenant, config.uid)
    if wanted is None:
        context.log.info("The request is no longer queued: another run has it.")
        return
    last = context.retry_number >= TRIES
    evidence = carry_out(saas, card, wanted, context.run_id, last=last)
    context.add_output_metadata({"files": evidence})


@dg.job(executor_def=dg.in_process_executor, tags={"work": "document"})
def report() -> None:
    make_report()


def find(saas: SaasClient, tenant: str, uid: str) -> tuple[TenantCard, QueuedReport | None]:
    """The tenant's card, and the request when it still waits."""
    card = next(card for card in saas.tenants() if card.tenant == tenant)
    return card, next((r for r in saas.queued_reports(card) if r.uid == uid), None)


def carry_out(saas: SaasClient, card: TenantCard, wanted: QueuedReport, run_id: str, *, last: bool = True) -> str:
    """Makes the files and tells the web app; when that cannot be, tells it why and raises dagster.Failure.

    The request is claimed when the files lie ready: a run that dies before leaves it queued for the next one. When
    another run has claimed it meanwhile, its files are the same bytes and nothing more is to be done. What nobody
    foresaw is tried again; when it was the `last` try, the person is told that it cannot be made.
    """
    try:
        made = make(card, wanted, run_id)
    except (RenderFailed, NoData) as error:
        if _claimed(saas, card, wanted, run_id):
            _tell(saas, card, wanted, "failed", ReportFailed(run_id=run_id, error=str(error)[:300]))
        raise dg.Failure(str(error), allow_retries=False) from error
    except Exception as error:
        if last and _claimed(saas, card, wanted, run_id):
            said = f"It could not be made ({type(error).__name__}); the operators find the cause in the run {run_id}."
            _tell(saas, card, wanted, "failed", ReportFailed(run_id=run_id, error=said))
        raise
    if not _claimed(saas, card, wanted, run_id):
        return "another run has made this report"
    _tell(saas, card, wanted, "ready", made)
    return "\n".join(f"{file.path} {file.size_bytes} bytes sha256 {file.sha256}" for file in made.files)


def _claimed(saas: SaasClient, card: TenantCard, wanted: QueuedReport, run_id: str) -> bool:
    try:
        saas.report_is(card, wanted.uid, "running", RunStarted(run_id=run_id))
    except Denied:
        return False
    return True


def _tell(saas: SaasClient, card: TenantCard, wanted: QueuedReport, word: str, body: ReportMade | ReportFailed) -> None:
    """Once claimed, nobody else will tell: keeps trying for two minutes while the web app restarts."""
    for pause in PAUSES_S:
        try:
            saas.report_is(card, wanted.uid, word, body)
        except Unreachable:
            time.sleep(pause)
        else:
            return
    saas.report_is(card, wanted.uid, word, body)


@dg.sensor(
    jobs=[report, CARBON_JOB],
    minimum_interval_seconds=int(os.environ.get("WATTLANE_REPORT_POLL_S", "5")),
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def queued_reports(
    context: dg.SensorEvaluationContext, saas: dg.ResourceParam[SaasClient]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Starts a run for each queued report of each tenant; those of the inventory wait until it is up to date."""
    started = _started(context.instance)
    try:
        waiting = [(card.tenant, r.uid, r.kind) for card in saas.tenants() for r in saas.queued_reports(card)]
    except (Unreachable, Denied) as error:
        yield dg.SkipReason(f"the web app does not answer: {error}")
        return
    attempt = int(datetime.now(UTC).timestamp()) // _SAME_TRY_S
    behind = any(kind in OF_INVENTORY for _, _, kind in waiting) and inventory.stale()
    if behind:
        key = f"carbon-for-report@{carbon_hourly.TABLE.version()}/{attempt}"
        yield dg.RunRequest(run_key=key, job_name=CARBON_JOB.name)
    ready = ((tenant, uid) for tenant, uid, kind in waiting if not (behind and kind in OF_INVENTORY))
    for tenant, uid in ((tenant, uid) for tenant, uid in ready if uid not in started):
        yield dg.RunRequest(
            job_name=report.name,
            run_key=f"{uid}/{attempt}",
            run_config={"ops": {"make_report": {"config": {"tenant": tenant, "uid": uid}}}},
            tags={"report": uid, "tenant": tenant},
        )
    if not waiting:
        yield dg.SkipReason("no report is queued")


def _started(instance: dg.DagsterInstance) -> set[str]:
    """Reports whose run waits or works: a second one would find nothing to do."""
    alive = instance.get_runs(filters=dg.RunsFilter(job_name=report.name, statuses=ALIVE))
    return {run.tags.get("report", "") for run in alive}

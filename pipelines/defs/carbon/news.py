"""When carbon is reckoned anew: a tenant entered an instrument, fuel or a factor, or imported a series."""

import hashlib
from collections.abc import Iterator

import dagster as dg

from pipelines.defs.carbon import words
from pipelines.defs.carbon.assets import INSTRUMENT_COVERAGE, INVENTORY, MARKET
from pipelines.defs.carbon_shift.assets import SHIFT_POTENTIAL, series_mark
from pipelines.marts import carbon_hourly
from pipelines.resources.saas import Denied, SaasClient, Unreachable
from saas.contracts.carbon import Mark

JOB = dg.define_asset_job(
    "carbon_knowledge",
    selection=dg.AssetSelection.assets(
        "carbon_words",
        "carbon_again",
        *(step.name for step in (MARKET, INSTRUMENT_COVERAGE, INVENTORY, SHIFT_POTENTIAL)),
    ),
    executor_def=dg.in_process_executor,
    tags={"lake": "writer"},
    description="Instruments, fuel and factors of tenants, what they cover, and the inventory.",
)


@dg.sensor(job=JOB, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def carbon_news(
    context: dg.SensorEvaluationContext, saas: dg.ResourceParam[SaasClient]
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Runs when what tenants told, or the series they imported, is another than at the last run."""
    if carbon_hourly.TABLE.version() is None:
        yield dg.SkipReason("no carbon yet")
        return
    try:
        mark = heard(saas)
    except (Unreachable, Denied) as error:
        yield dg.SkipReason(f"the web app does not answer: {error}")
        return
    if mark == context.cursor:
        yield dg.SkipReason("nothing new")
        return
    yield dg.RunRequest(run_key=f"carbon@{mark}")
    context.update_cursor(mark)


def heard(saas: SaasClient) -> str:
    """One text that changes when anything does that tenants told."""
    marks = [f"{card.tenant}={saas.get('/carbon/mark', card, words.SCOPE, Mark).mark}" for card in saas.tenants()]
    series = words.inputs().write_csv() + series_mark()
    return hashlib.sha256("\n".join([*sorted(marks), series]).encode()).hexdigest()

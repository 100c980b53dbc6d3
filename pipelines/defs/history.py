"""Years in one go: the same steps as the daily assets, over a long range, with one event per asset instead of per day.

Dagster writes several events for each partition of a range, some eight milliseconds each on SQLite: two years of an
imported file would cost a minute of book-keeping for three seconds of work.
"""

from collections.abc import Iterator
from datetime import date

import dagster as dg

from pipelines.defs.brand.assets import learn
from pipelines.defs.catalogue import STEPS
from pipelines.defs.steps import Sources, carry_out
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient, Unreachable
from pipelines.resources.store import TelemetryStore

LONG_DAYS = 14


class Days(dg.Config):
    """UTC days, both included."""

    first: str
    last: str


@dg.op(out={}, description="Makes every table for the days first..last.")
def all_steps(
    context: dg.OpExecutionContext, config: Days, lake: dg.ResourceParam[Lake],
    store: dg.ResourceParam[TelemetryStore], saas: dg.ResourceParam[SaasClient],
) -> Iterator[dg.AssetMaterialization]:  # fmt: skip
    try:
        learn(lake, saas)
    except Unreachable as error:
        context.log.warning(f"The web app does not answer; using what was known before. {error}")
    sources, first, last = Sources(lake, store), date.fromisoformat(config.first), date.fromisoformat(config.last)
    for step in STEPS:
        outcome = carry_out(step, sources, first, last)
        warned = [f"{check.check_name}: {check.description}" for check in outcome.checks if not check.passed]
        metadata: dict[str, dg.RawMetadataValue] = {
            **outcome.metadata,
            "days": f"{first}..{last}",
            "warnings": "\n".join(warned),
        }
        yield dg.AssetMaterialization(step.name, description=f"{first}..{last}", metadata=metadata)


@dg.job(executor_def=dg.in_process_executor, tags={"lake": "writer"})
def history() -> None:
    all_steps()


def run_config(first: date, last: date) -> dict[str, object]:
    return {"ops": {"all_steps": {"config": {"first": first.isoformat(), "last": last.isoformat()}}}}


def is_long(first: date, last: date) -> bool:
    return (last - first).days >= LONG_DAYS

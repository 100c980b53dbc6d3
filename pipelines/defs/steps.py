"""A step makes one table of the lake for a range of UTC days. Each is an asset; `history` runs them all over years."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from pipelines.defs.checks import Rule, judge, specs, stop_if_bad
from pipelines.defs.partitions import DAYS, ONE_RUN, days_of
from pipelines.marts._table import Table
from pipelines.resources.lake import Lake, Published
from pipelines.resources.store import TelemetryStore


@dataclass(frozen=True)
class Sources:
    """What a step may read."""

    lake: Lake
    store: TelemetryStore


@dataclass(frozen=True)
class Step:
    """`rows` gives what the table holds for the days first..last; it is published when all rules hold."""

    name: str
    table: Table
    rows: Callable[[Sources, date, date], pl.DataFrame]
    deps: tuple[str, ...]
    says: str
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True)
class WholeStep:
    """Makes a whole table anew from what the lake holds at `now`: models' answers, monthly figures, small marts."""

    name: str
    table: Table
    rows: Callable[[Sources, datetime], pl.DataFrame]
    deps: tuple[str, ...]
    says: str
    rules: tuple[Rule, ...] = ()
    group: str = "knowledge"


@dataclass(frozen=True)
class Outcome:
    published: Published
    checks: list[dg.AssetCheckResult]

    @property
    def metadata(self) -> dict[str, int | bool]:
        done = self.published
        return {"rows": done.rows, "version": done.version, "changed": done.changed}


def judged(step: Step, sources: Sources, first: date, last: date) -> tuple[pl.DataFrame, list[dg.AssetCheckResult]]:
    """The rows of a step and what its rules say of them."""
    rows = step.rows(sources, first, last)
    return rows, judge(step.name, rows, step.rules)


def carry_out(step: Step, sources: Sources, first: date, last: date) -> Outcome:
    """Makes, judges and publishes. dagster.Failure when a rule is broken; the table stays as it was then."""
    rows, checks = judged(step, sources, first, last)
    stop_if_bad(checks)
    return Outcome(sources.lake.replace_days(step.table, rows, first, last), checks)


def day_asset(step: Step) -> dg.AssetsDefinition:
    """The step as an asset, partitioned by UTC day; a range of days is one run."""

    @dg.asset(
        name=step.name,
        deps=list(step.deps),
        check_specs=specs(step.name, step.rules),
        description=step.says,
        metadata={"table": step.table.path},
        partitions_def=DAYS,
        backfill_policy=ONE_RUN,
        group_name="energy",
        owners=["team:data"],
    )
    def made(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], store: dg.ResourceParam[TelemetryStore]
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        first, last = days_of(context)
        rows, checks = judged(step, Sources(lake, store), first, last)
        yield from checks
        stop_if_bad(checks)
        done = lake.replace_days(step.table, rows, first, last)
        yield dg.MaterializeResult(metadata=Outcome(done, checks).metadata)

    return made


def whole_asset(step: WholeStep) -> dg.AssetsDefinition:
    """The step as an asset without partitions; `knowledge` runs them by the schedule."""

    @dg.asset(
        name=step.name, deps=list(step.deps), check_specs=specs(step.name, step.rules), description=step.says,
        metadata={"table": step.table.path}, group_name=step.group, owners=["team:data"],
    )  # fmt: skip
    def made(
        lake: dg.ResourceParam[Lake], store: dg.ResourceParam[TelemetryStore]
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        rows = step.rows(Sources(lake, store), datetime.now(UTC))
        checks = judge(step.name, rows, step.rules)
        yield from checks
        stop_if_bad(checks)
        done = lake.replace_all(step.table, rows)
        yield dg.MaterializeResult(metadata=Outcome(done, checks).metadata)

    return made

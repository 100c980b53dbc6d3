"""A step makes one table of the lake for a range of UTC days. Each is an asset; `history` runs them all over years."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from importlib import import_module

import dagster as dg
import polars as pl

from pipelines.defs.checks import Rule, judge, specs, stop_if_bad, together
from pipelines.defs.fanout.pieces import Weights, cut, piece_rows, total
from pipelines.defs.fanout.place import ClusterFailed, address
from pipelines.defs.fanout.stage import stage
from pipelines.defs.partitions import DAYS, ONE_RUN, days_of
from pipelines.marts._table import Table
from pipelines.resources import staged
from pipelines.resources.lake import Lake, Published
from pipelines.resources.staged import Piece, Staged
from pipelines.resources.store import TelemetryStore

# A day's figures are made at least once a day (the nightly schedule makes the last two anew, whatever is due).
FRESH = dg.FreshnessPolicy.time_window(fail_window=timedelta(hours=50), warn_window=timedelta(hours=26))


@dataclass(frozen=True)
class Sources:
    """What a step may read."""

    lake: Lake
    store: TelemetryStore


@dataclass(frozen=True)
class Step:
    """`rows` gives what the table holds for the days first..last; it is published when all rules hold.

    `weights`: how much the step reads on each day. With it a range is made in pieces, a day with telemetry by itself,
    so that a day's rows are the same whatever else the run makes, and a long range needs the memory of a day.
    `anywhere`: pieces read nothing but the lake, and tenants never meet in them: other machines may make them.
    """

    name: str
    table: Table
    rows: Callable[[Sources, date, date], pl.DataFrame]
    deps: tuple[str, ...]
    says: str
    rules: tuple[Rule, ...] = ()
    weights: Callable[[Sources, date, date], Weights] | None = None
    anywhere: bool = False
    group: str = "energy"
    owners: tuple[str, ...] = ("team:data",)


@dataclass(frozen=True)
class WholeStep:
    """Makes a whole table anew from what the lake holds at `now`: models' answers, monthly figures, small marts.

    What `learns` takes minutes: it runs in a job of its own (`learning`), beside the refreshes.
    """

    name: str
    table: Table
    rows: Callable[[Sources, datetime], pl.DataFrame]
    deps: tuple[str, ...]
    says: str
    rules: tuple[Rule, ...] = ()
    group: str = "knowledge"
    learns: bool = False


def later(module: str, name: str) -> Callable[[Sources, datetime], pl.DataFrame]:
    """`rows` of a step that learns: its module is imported when the step runs.

    Scikit-learn and what it brings cost seconds; every process that refreshes a day imports all steps.
    """

    def rows(sources: Sources, now: datetime) -> pl.DataFrame:
        found: pl.DataFrame = getattr(import_module(module), name)(sources, now)
        return found

    return rows


@dataclass(frozen=True)
class Outcome:
    published: Published
    checks: list[dg.AssetCheckResult]

    @property
    def metadata(self) -> dict[str, int | bool]:
        done = self.published
        return {"rows": done.rows, "version": done.version, "changed": done.changed}


@dataclass(frozen=True)
class Made:
    """Rows that are made and judged, not published: in memory, or staged when they are many."""

    step: Step
    checks: list[dg.AssetCheckResult]
    rows: pl.DataFrame | None = None
    pieces: tuple[Staged, ...] = ()

    def publish(self, lake: Lake, first: date, last: date) -> Published:
        """In one commit. dagster.Failure when a rule is broken; the table stays as it was then."""
        stop_if_bad(self.checks)
        if self.rows is None:
            return lake.replace_staged(self.step.table, list(self.pieces))
        return lake.replace_days(self.step.table, self.rows, first, last)


def make(step: Step, sources: Sources, first: date, last: date) -> Made:
    """The rows of a step and what its rules say of them. dagster.Failure when a cluster did not make them."""
    if step.weights is None:
        return _in_memory(step, step.rows(sources, first, last))
    weights = step.weights(sources, first, last)
    pieces = cut(weights, first, last, piece_rows())
    if total(weights) <= piece_rows() and not (step.anywhere and address()):
        return _in_memory(step, pl.concat([piece_of(step, sources, piece) for piece in pieces], how="vertical_relaxed"))
    return _staged(step, sources, pieces)


def piece_of(step: Step, sources: Sources, piece: Piece) -> pl.DataFrame:
    """The rows of one piece, the same wherever it is made."""
    if piece.tenants is None:
        return step.rows(sources, piece.first, piece.last)
    of = replace(sources, lake=Lake(piece.tenants))
    return step.rows(of, piece.first, piece.last).filter(pl.col("tenant").is_in(list(piece.tenants)))


def _in_memory(step: Step, rows: pl.DataFrame) -> Made:
    return Made(step, judge(step.name, rows, step.rules), rows)


def _staged(step: Step, sources: Sources, pieces: list[Piece]) -> Made:
    """Each day judged by itself, as when it is made alone."""
    rows_of = partial(piece_of, replace(step, rules=(), weights=None), sources)
    try:
        made = stage(rows_of, step.table, pieces, anywhere=step.anywhere)
    except ClusterFailed as error:
        raise dg.Failure(f"{step.name}: {error}", allow_retries=False) from error
    checks = [judge(step.name, rows, step.rules) for _, _, rows in staged.frames(step.table, made)]
    return Made(step, together(checks), pieces=tuple(made))


def carry_out(step: Step, sources: Sources, first: date, last: date) -> Outcome:
    """Makes, judges and publishes. dagster.Failure when a rule is broken; the table stays as it was then."""
    made = make(step, sources, first, last)
    return Outcome(made.publish(sources.lake, first, last), made.checks)


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
        group_name=step.group,
        owners=list(step.owners),
        freshness_policy=FRESH,
    )
    def made(
        context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], store: dg.ResourceParam[TelemetryStore]
    ) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        first, last = days_of(context)
        rows = make(step, Sources(lake, store), first, last)
        yield from rows.checks
        done = rows.publish(lake, first, last)
        yield dg.MaterializeResult(metadata=Outcome(done, rows.checks).metadata)

    return made


def whole_asset(step: WholeStep) -> dg.AssetsDefinition:
    """The step as an asset without partitions. One that learns holds the lake only while it publishes."""
    key = "open_lake" if step.learns else "lake"

    @dg.asset(
        name=step.name, deps=list(step.deps), check_specs=specs(step.name, step.rules), description=step.says,
        metadata={"table": step.table.path}, group_name=step.group, owners=["team:data"],
        required_resource_keys={key, "store"},
    )  # fmt: skip
    def made(context: dg.AssetExecutionContext) -> Iterator[dg.AssetCheckResult | dg.MaterializeResult[None]]:
        lake: Lake = getattr(context.resources, key)
        rows = step.rows(Sources(lake, context.resources.store), datetime.now(UTC))
        checks = judge(step.name, rows, step.rules)
        yield from checks
        stop_if_bad(checks)
        with lake.writing() if step.learns else nullcontext():
            done = lake.replace_all(step.table, rows)
        yield dg.MaterializeResult(metadata=Outcome(done, checks).metadata)

    return made

"""Sessions and energy: one row per ended session, live and imported alike, and their energy by quarter and day."""

from collections.abc import Iterator
from datetime import date

import dagster as dg
import pandera.polars as pa
import polars as pl

from pipelines.defs.brand.assets import business
from pipelines.defs.checks import Rule, check_specs, once, results, schema_rule, stop_if_bad
from pipelines.defs.partitions import COMMON, days_of
from pipelines.defs.telemetry.assets import clean_telemetry
from pipelines.marts import energy_daily as energy_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts import tenants
from pipelines.marts._table import collect
from pipelines.resources import imported
from pipelines.resources.lake import Lake
from pipelines.resources.tables import CHARGERS, CLEAN, CONTEXT, ENERGY_15MIN
from pipelines.transforms import energy
from pipelines.transforms import sessions as session_steps


def overlapping(rows: pl.DataFrame) -> pl.DataFrame:
    """Live sessions that begin before another one on the same connector has ended."""
    live = rows.filter(pl.col("source") == "live").sort("tenant", "charger", "connector", "started_at")
    before = pl.col("ended_at").shift(1).over("tenant", "charger", "connector")
    return live.filter(pl.col("started_at") < before)


SESSION_RULES = (
    schema_rule(
        sessions_mart.TABLE,
        tenant=pa.Column(nullable=False),
        session=pa.Column(nullable=False),
        energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0)),
        duration_s=pa.Column(nullable=False, checks=pa.Check.in_range(0, 48 * 3600)),
        source=pa.Column(checks=pa.Check.isin(["live", "imported"])),
    ),
    once("tenant", "session"),
    Rule("no_overlap", overlapping, "live sessions of one connector do not overlap"),
)
QUARTER_RULES = (schema_rule(ENERGY_15MIN, energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0))),)


@dg.asset(
    deps=[clean_telemetry, business],
    check_specs=check_specs("sessions", SESSION_RULES),
    description="Sessions that ended on the day, from start and stop events and from imported files.",
    **COMMON,
)
def sessions(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[object]:
    first, last = days_of(context)
    rows = session_steps.on_local_days(pl.concat([_live(lake, first, last), _imported(first, last)], how="vertical_relaxed"))
    found = results(rows, SESSION_RULES)
    yield from found
    stop_if_bad(found)
    done = lake.replace_days(sessions_mart.TABLE, rows, first, last)
    counts = dict(rows.group_by("source").len().iter_rows())
    yield dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed, **counts})


@dg.asset(
    deps=[sessions],
    check_specs=[*check_specs("energy_15min", QUARTER_RULES), dg.AssetCheckSpec("reconciles", asset="energy_15min")],
    description="Energy by quarter of an hour: live from meter readings, imported spread evenly over the session.",
    **COMMON,
)
def energy_15min(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[object]:
    first, last = days_of(context)
    ended = collect(lake.days(sessions_mart.TABLE, first, last))
    spans = energy.intervals(collect(lake.days(CLEAN, first, last, look_back=True)), first, last)
    live = energy.of_meters(spans, collect(CHARGERS.scan()), collect(tenants.TABLE.scan()))
    rows = pl.concat([live, energy.of_sessions(ended.filter(pl.col("source") == "imported"))], how="diagonal_relaxed")
    found = [*results(rows, QUARTER_RULES), reconciliation(ended, rows)]
    yield from found
    stop_if_bad(found[:-1])
    done = lake.replace_days(ENERGY_15MIN, rows, first, last)
    yield dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})


def reconciliation(ended: pl.DataFrame, quarters: pl.DataFrame) -> dg.AssetCheckResult:
    """Compares each session with its quarters. A live one that crossed midnight has its first part in the day before."""
    spread = quarters.group_by("tenant", "session").agg(quarters_wh=pl.col("energy_wh").sum())
    both = ended.join(spread, on=["tenant", "session"], how="left").with_columns(pl.col("quarters_wh").fill_null(0))
    within_day = pl.col("started_at").dt.date() == pl.col("ended_at").dt.date()
    off = both.filter(within_day & ((pl.col("energy_wh") - pl.col("quarters_wh")).abs() > 1))
    shown = off.select("tenant", "session", "energy_wh", "quarters_wh").head(20).write_csv()
    return dg.AssetCheckResult(
        check_name="reconciles",
        passed=off.height == 0,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{off.height} sessions differ by more than 1 Wh from the sum of their quarters",
        metadata={"bad_rows": off.height, "shown": shown, "sessions_wh": int(ended["energy_wh"].sum())},
    )


@dg.asset(deps=[energy_15min], description="Energy per charger, local day and hour.", **COMMON)
def energy_daily(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    first, last = days_of(context)
    rows = energy.daily(collect(lake.days(ENERGY_15MIN, first, last)))
    done = lake.replace_days(energy_mart.TABLE, rows, first, last)
    return dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})


def _live(lake: Lake, first: date, last: date) -> pl.DataFrame:
    ended = session_steps.ended(collect(lake.days(CLEAN, first, last, look_back=True)), first, last)
    names, homes = collect(CHARGERS.scan()), collect(tenants.TABLE.scan())
    return session_steps.live(ended, collect(CONTEXT.scan()), names, homes)


def _imported(first: date, last: date) -> pl.DataFrame:
    rows = imported.ended_between(first, last)
    return session_steps.imported(rows, collect(tenants.TABLE.scan()), imported.country_of_zone())

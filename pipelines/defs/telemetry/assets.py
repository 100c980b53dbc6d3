"""Raw and clean telemetry: the lake's copy of what devices said, and the part of it that can be used."""

from collections.abc import Iterator

import dagster as dg
import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import check_specs, once, results, schema_rule, stop_if_bad
from pipelines.defs.partitions import COMMON, days_of
from pipelines.marts import set_aside as set_aside_mart
from pipelines.marts._table import collect
from pipelines.resources.lake import Lake
from pipelines.resources.store import NoDatabase, TelemetryStore
from pipelines.resources.tables import CLEAN, RAW
from pipelines.transforms import sessions, telemetry

CLEAN_RULES = (
    schema_rule(
        CLEAN,
        tenant=pa.Column(nullable=False),
        device=pa.Column(nullable=False),
        energy_wh=pa.Column(nullable=True, checks=pa.Check.ge(0)),
        kind=pa.Column(checks=pa.Check.isin(["telemetry", "event", "reply"])),
    ),
    once("device", "boot", "seq"),
)


@dg.asset(description="Messages of the day as the ingester stored them, kept after the store drops them.", **COMMON)
def raw_telemetry(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], store: dg.ResourceParam[TelemetryStore]
) -> dg.MaterializeResult:
    first, last = days_of(context)
    rows = collect(lake.days(RAW, first, last))
    try:
        rows = pl.concat([store.days(first, last), rows]).unique(["ts_ms", "device", "boot", "seq"], keep="first")
    except NoDatabase as error:
        context.log.warning(f"The telemetry store does not answer; using what the lake holds. {error}")
    done = lake.replace_days(RAW, rows, first, last)
    return dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})


@dg.asset(
    deps=[raw_telemetry],
    check_specs=check_specs("clean_telemetry", CLEAN_RULES),
    description="Messages that can be used: owned, once each, not from the future, meters that never fall.",
    **COMMON,
)
def clean_telemetry(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> Iterator[object]:
    first, last = days_of(context)
    rows = telemetry.clean(telemetry.judged(collect(lake.days(RAW, first, last))))
    found = results(rows, CLEAN_RULES)
    yield from found
    stop_if_bad(found)
    done = lake.replace_days(CLEAN, rows, first, last)
    yield dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})


@dg.asset(deps=[raw_telemetry, clean_telemetry], description="What was kept out, by day and reason.", **COMMON)
def set_aside(context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake]) -> dg.MaterializeResult:
    first, last = days_of(context)
    messages = telemetry.set_aside(telemetry.judged(collect(lake.days(RAW, first, last))))
    ended = sessions.ended(collect(lake.days(CLEAN, first, last, look_back=True)), first, last)
    rows = pl.concat([messages, sessions.set_aside(ended)], how="diagonal_relaxed")
    done = lake.replace_days(set_aside_mart.TABLE, rows, first, last)
    return dg.MaterializeResult(metadata={"rows": done.rows, "version": done.version, "changed": done.changed})

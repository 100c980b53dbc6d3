"""The parts of the lake's bench, each the work of one process: `python -m infra.bench.lake_parts PART ROWS`.

Prints JSON: seconds, cpu, mb (the most resident memory) and the answer, by which the parts are held to agree.
"""

import json
import os
import random
import resource
import sys
import time
from datetime import date, timedelta
from typing import Any

import duckdb as duck
import polars as pl
from deltalake import DeltaTable, WriterProperties, write_deltalake

from pipelines.defs.sessions.assets import ENERGY_15, SESSIONS
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import sessions
from pipelines.marts import tenants as tenants_mart
from pipelines.resources.lake import Lake
from pipelines.resources.store import TelemetryStore
from pipelines.resources.tables import CHARGERS, CLEAN, ENERGY_15MIN
from pipelines.transforms.sessions import on_local_days

from . import lake_rows

QUARTER_MS = 900_000
METER = ["tenant", "device", "evse"]
READS = 200


def generate(rows: int) -> dict[str, int]:
    """Clean telemetry by day, and the names of the chargers."""
    days = lake_rows.days_for(rows)
    for day in days:
        write_deltalake(CLEAN.uri, lake_rows.telemetry(day), mode="append", partition_by=["day"])
    Lake().replace_all(CHARGERS, lake_rows.chargers())
    Lake().replace_all(tenants_mart.TABLE, pl.DataFrame(schema=tenants_mart.TABLE.schema))
    size = sum(DeltaTable(CLEAN.uri).get_add_actions()["size_bytes"].to_pylist())
    return {"rows": len(days) * lake_rows.ROWS_A_DAY, "days": len(days), "bytes": size}


def ours(rows: int) -> list[int]:
    """What the pipelines do: sessions and quarters of all days, judged by their rules and committed."""
    days = lake_rows.days_for(rows)
    sources = Sources(Lake(), TelemetryStore())
    for step in (SESSIONS, ENERGY_15):
        carry_out(step, sources, days[0], days[-1])
    return []


def found() -> list[int]:
    """What `ours` published: not part of its time."""
    quarters = ENERGY_15MIN.scan().select(pl.len(), pl.col("energy_wh").sum()).collect(engine="streaming").row(0)
    ended = sessions.TABLE.scan().select(pl.len(), pl.col("energy_wh").sum()).collect(engine="streaming").row(0)
    return [*quarters, *ended]


def polars(_rows: int) -> list[int]:
    """The same aggregate as one query of each kind, by somebody who knows Polars."""
    rows = pl.scan_parquet(DeltaTable(CLEAN.uri).file_uris())
    read = rows.filter(pl.col("energy_wh").is_not_null()).select(*METER, "session", "ts_ms", "boot", "seq", "energy_wh")
    read = read.sort(*METER, "ts_ms", "boot", "seq").with_columns(
        p=pl.col("ts_ms").shift(1).over(METER), d=pl.col("energy_wh").diff().over(METER),
        session=pl.coalesce("session", pl.col("session").shift(1).over(METER)),
    ).filter(pl.col("d") > 0)  # fmt: skip
    read = read.with_columns(l=pl.max_horizontal(pl.col("ts_ms") - pl.col("p"), pl.lit(1)))
    last = (pl.col("p") + pl.col("l") - 1) // QUARTER_MS
    read = read.with_columns(at=pl.int_ranges(pl.col("p") // QUARTER_MS, last + 1)).explode("at")
    begun = pl.max_horizontal(pl.col("at") * QUARTER_MS - pl.col("p"), pl.lit(0))
    ended = pl.min_horizontal((pl.col("at") + 1) * QUARTER_MS - pl.col("p"), pl.col("l"))
    share = pl.col("d") * ended // pl.col("l") - pl.col("d") * begun // pl.col("l")
    quarters = read.with_columns(wh=share, day=pl.from_epoch("ts_ms", time_unit="ms").dt.date())
    made = quarters.group_by(*METER, "session", "at", "day").agg(pl.col("wh").sum()).collect(engine="streaming")
    made.write_parquet(f"{os.environ['WATTLANE_HOME']}/polars_quarters.parquet")
    whole = _polars_sessions(rows)
    whole.write_parquet(f"{os.environ['WATTLANE_HOME']}/polars_sessions.parquet")
    return [made.height, made["wh"].sum(), whole.height, (whole["stop_wh"] - whole["start_wh"]).sum()]


def _polars_sessions(rows: pl.LazyFrame) -> pl.DataFrame:
    started, stopped = pl.col("type") == "started", pl.col("type") == "stopped"
    ended = rows.filter(pl.col("session").is_not_null()).group_by(*METER, "session").agg(
        start_ms=pl.coalesce(pl.col("ts_ms").filter(started).min(), pl.col("ts_ms").min()),
        start_wh=pl.coalesce(pl.col("energy_wh").filter(started).min(), pl.col("energy_wh").min()),
        stop_ms=pl.col("ts_ms").filter(stopped).max(),
        stop_wh=pl.col("energy_wh").filter(stopped).max(),
        reason=pl.col("reason").filter(stopped).last(),
    )  # fmt: skip
    return ended.filter(pl.col("stop_wh").is_not_null()).collect(engine="streaming")


def duckdb(_rows: int) -> list[int]:
    """The same aggregate in SQL."""
    files = f"read_parquet({DeltaTable(CLEAN.uri).file_uris()!r}, hive_partitioning=false)"
    folder = os.environ["WATTLANE_HOME"]
    with duck.connect() as connection:
        connection.sql(f"SET temp_directory = '{folder}/spill'")
        connection.sql(f"COPY ({_QUARTERS.format(files=files, q=QUARTER_MS)}) TO '{folder}/duckdb_quarters.parquet'")
        connection.sql(f"COPY ({_SESSIONS.format(files=files)}) TO '{folder}/duckdb_sessions.parquet'")
    quarters, whole = (pl.scan_parquet(f"{folder}/duckdb_{name}.parquet") for name in ("quarters", "sessions"))
    counts = (
        quarters.select(pl.len(), pl.col("wh").sum()),
        whole.select(pl.len(), (pl.col("stop_wh") - pl.col("start_wh")).sum()),
    )
    return [value for counted in counts for value in counted.collect(engine="streaming").row(0)]


_QUARTERS = """
WITH r AS (
  SELECT tenant, device, evse, ts_ms, lag(ts_ms) OVER w p, energy_wh - lag(energy_wh) OVER w d,
         coalesce(session, lag(session) OVER w) session
  FROM {files} WHERE energy_wh IS NOT NULL
  WINDOW w AS (PARTITION BY tenant, device, evse ORDER BY ts_ms, boot, seq)),
s AS (SELECT *, greatest(ts_ms - p, 1) l, epoch_ms(ts_ms)::DATE AS day FROM r WHERE d > 0),
x AS (SELECT *, unnest(range(p // {q}, (p + l - 1) // {q} + 1)) AS quarter FROM s)
SELECT tenant, device, evse, session, quarter, day,
       sum(d * least((quarter + 1) * {q} - p, l) // l - d * greatest(quarter * {q} - p, 0) // l)::BIGINT wh
FROM x GROUP BY ALL"""
_SESSIONS = """
SELECT tenant, device, evse, session,
       coalesce(min(ts_ms) FILTER (type = 'started'), min(ts_ms)) start_ms,
       coalesce(arg_min(energy_wh, ts_ms) FILTER (type = 'started'), min(energy_wh)) start_wh,
       max(ts_ms) FILTER (type = 'stopped') stop_ms, arg_max(energy_wh, ts_ms) FILTER (type = 'stopped') stop_wh,
       arg_max(reason, ts_ms) FILTER (type = 'stopped') reason
FROM {files} WHERE session IS NOT NULL GROUP BY ALL HAVING stop_wh IS NOT NULL"""


def history(rows: int) -> int:
    """A mart of so many sessions: equal days, as many as it takes, a commit a month as after compaction."""
    months: dict[str, list[pl.DataFrame]] = {}
    for day in _days(rows):
        months.setdefault(f"{day:%Y-%m}", []).append(_sessions(day))
    for frames in months.values():
        made = pl.concat(frames).sort(sessions.TABLE.order)
        write_deltalake(
            sessions.TABLE.uri, made, mode="append", partition_by=["month"],
            writer_properties=WriterProperties(max_row_group_size=65_536),
        )  # fmt: skip
    return len(months)


A_DAY = 8_000


def _days(rows: int) -> list[date]:
    return [lake_rows.FIRST - timedelta(days=n + 1) for n in range(rows // A_DAY)]


def _sessions(day: date) -> pl.DataFrame:
    """The day's sessions as the step makes them, of the bench's own telemetry."""
    midnight = pl.lit(day).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    rows = pl.select(n=pl.int_range(A_DAY)).with_columns(
        tenant=pl.lit("ampere") + (pl.col("n") % 4).cast(pl.String), session=pl.format("s-{}-{}", pl.lit(day), "n"),
        source=pl.lit("live"), charger=pl.format("Charger {}", pl.col("n") // 4), connector=pl.lit("1"),
        site=pl.format("Site {}", pl.col("n") // 80), timezone=pl.lit("Europe/Helsinki"), country=pl.lit("FI"),
        country_from=pl.lit("site"), city=pl.lit("Helsinki"), driver=pl.format("d_{}", pl.col("n") * 7919 % 900),
        started_at=midnight + pl.duration(seconds=pl.col("n") * 5), energy_wh=9_000 + pl.col("n") * 37 % 20_000,
        cost_minor=300 + pl.col("n") % 700, currency=pl.lit("EUR"), reason=pl.lit("time"), day=pl.lit(day),
        host_organisation=pl.format("h{}", pl.col("n") % 40), month=pl.lit(f"{day:%Y-%m}"),
    )  # fmt: skip
    rows = rows.with_columns(ended_at=pl.col("started_at") + pl.duration(minutes=40 + pl.col("n") % 60))
    rows = on_local_days(rows.with_columns(fleet_organisation=None, vehicle=None))
    return rows.select(pl.col(name).cast(kind) for name, kind in sessions.TABLE.schema.items())


def day(_rows: int) -> dict[str, Any]:
    """One more day of 8,000 sessions out of 1.6 million messages, five times, each a day of its own."""
    generate(lake_rows.ROWS_A_DAY * 5)
    took, sources = [], Sources(Lake(), TelemetryStore())
    for one in lake_rows.days_for(lake_rows.ROWS_A_DAY * 5):
        began = time.perf_counter()
        for step in (SESSIONS, ENERGY_15):
            carry_out(step, sources, one, one)
        took.append(time.perf_counter() - began)
    return {"seconds": took, "rows": lake_rows.DEVICES * lake_rows.SESSIONS}


def read(rows: int) -> dict[str, float]:
    """A week of one tenant, somewhere in the history, through the mart's own face."""
    chance, days, took = random.Random(4), _days(rows), []  # noqa: S311 - a bench's choice of days
    for _ in range(READS):
        first = chance.choice(days)
        began = time.perf_counter()
        sessions.read(tenant=f"ampere{chance.randrange(4)}", start=first, end=first + timedelta(days=7))
        took.append((time.perf_counter() - began) * 1000)
    took.sort()
    return {"p50": took[READS // 2], "p99": took[int(READS * 0.99) - 1]}


PARTS = {
    "generate": generate, "ours": ours, "polars": polars, "duckdb": duckdb, "history": history, "day": day,
    "read": read,
}  # fmt: skip


def main(part: str, rows: int) -> None:
    """What is loaded before the clock starts is the same for all parts."""
    began, cpu = time.perf_counter(), time.process_time()
    answer = PARTS[part](rows)
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    spent = {"seconds": seconds, "cpu": cpu, "mb": most}
    if part == "generate" and isinstance(answer, dict):
        spent |= answer
    sys.stdout.write(json.dumps(spent | {"answer": found() if part == "ours" else answer}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

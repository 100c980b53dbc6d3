"""The parts of the lake's bench, each the work of one process: `python -m infra.bench.lake_parts PART ROWS`.

Prints JSON: seconds, cpu, mb (the most resident memory) and the answer, by which the parts are held to agree.
"""

import json
import random
import resource
import sys
import time
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import polars as pl
from deltalake import CommitProperties, DeltaTable, WriterProperties, write_deltalake

from pipelines.defs.checks import judge
from pipelines.defs.sessions.assets import ENERGY_15, SESSIONS
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import sessions
from pipelines.marts import tenants as tenants_mart
from pipelines.marts._table import EDITION
from pipelines.resources.lake import Lake
from pipelines.resources.store import TelemetryStore
from pipelines.resources.tables import CHARGERS, CLEAN, ENERGY_15MIN
from pipelines.transforms.sessions import on_local_days

from . import lake_bare, lake_rows

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


def history(rows: int) -> int:
    """A mart of so many sessions: equal days, as many as it takes, a commit a month as after compaction."""
    months = [list(days) for _, days in groupby(_days(rows), key=lambda day: (day.year, day.month))]
    for days in months:
        made = pl.concat([_sessions(day) for day in days]).sort(sessions.TABLE.order)
        write_deltalake(
            sessions.TABLE.uri, made, mode="append", partition_by=["month"],
            writer_properties=WriterProperties(max_row_group_size=65_536),
            commit_properties=CommitProperties(custom_metadata={EDITION: str(sessions.TABLE.edition)}),
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
    took, worked, sources = [], [], Sources(Lake(), TelemetryStore())
    for one in lake_rows.days_for(lake_rows.ROWS_A_DAY * 5):
        began, cpu = time.perf_counter(), time.process_time()
        for step in (SESSIONS, ENERGY_15):
            carry_out(step, sources, one, one)
        took.append(time.perf_counter() - began)
        worked.append(time.process_time() - cpu)
    return {"seconds": took, "cpu": worked, "rows": lake_rows.DEVICES * lake_rows.SESSIONS}


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
    "generate": generate, "ours": ours, "polars": lake_bare.polars, "duckdb": lake_bare.duckdb,
    "duckdb_short": lake_bare.duckdb_short, "history": history, "day": day, "read": read,
}  # fmt: skip


def main(part: str, rows: int) -> None:
    """What is loaded before the clock starts is the same for all parts: so are the engines of the rules, of which one
    brings a library for tests along."""
    judge("bench", pl.DataFrame(schema=sessions.TABLE.schema), SESSIONS.rules[:1])
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

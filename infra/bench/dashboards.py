"""How fast the dashboards read and open when the lake holds many sessions: `python -m infra.bench.dashboards`.

Makes sessions of several tenants (the first has half of them) over three years, with the very steps of the pipelines,
then times each page's reads with cold caches, and each page as Streamlit draws it. Not a part of `make bench`.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from pipelines.resources.lake import Lake

YEARS_DAYS = 1096
TENANTS = ("ampere", "barq", "celsius", "dynamo", "ember", "faraday", "galvani", "hertz")
WEIGHTS = (0.5, 0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.05)
CHARGERS_OF, SITES_OF, HOSTS_OF, VEHICLES_OF = 4000, 500, 60, 3000
ROUNDS = 20


def fill(sessions: int, last: date) -> None:
    """Writes all tables that pages read, month by month, ending on `last`."""
    from pipelines.marts import roster, tenants
    from pipelines.resources.lake import Lake
    from pipelines.resources.tables import CHARGERS

    lake = Lake()
    lake.replace_all(tenants.TABLE, _tenants())
    lake.replace_all(roster.TABLE, _roster())
    lake.replace_all(CHARGERS, _chargers())
    for first, end in _months(last):
        days = (end - first).days
        _month(lake, _sessions(sessions * days // YEARS_DAYS, first, days), first, end - timedelta(days=1))
        sys.stderr.write(f"{first}\n")


def _months(last: date) -> Iterator[tuple[date, date]]:
    first = (last - timedelta(days=YEARS_DAYS)).replace(day=1)
    while first <= last:
        following = (first + timedelta(days=32)).replace(day=1)
        yield first, min(following, last + timedelta(days=1))
        first = following


def _month(lake: "Lake", rows: pl.DataFrame, first: date, last: date) -> None:
    from pipelines.defs.carbon.assets import CARBON
    from pipelines.defs.health.assets import CHARGER_HEALTH
    from pipelines.defs.performance.assets import ENERGY_HOURS, FLEET_DAILY, SESSIONS_DAILY
    from pipelines.defs.steps import Sources
    from pipelines.marts import energy_daily, sessions
    from pipelines.resources.store import TelemetryStore
    from pipelines.transforms import energy

    lake.replace_days(sessions.TABLE, rows, first, last)
    lake.replace_days(energy_daily.TABLE, energy.daily(energy.of_sessions(rows)), first, last)
    for step in (CHARGER_HEALTH, CARBON, SESSIONS_DAILY, ENERGY_HOURS, FLEET_DAILY):
        lake.replace_days(step.table, step.rows(Sources(lake, TelemetryStore()), first, last), first, last)


def _sessions(count: int, first: date, days: int) -> pl.DataFrame:
    """Sessions as the mart has them: more by day than by night, more in some places than in others."""
    rng = np.random.default_rng(first.toordinal())
    charger = (rng.beta(1, 2, count) * CHARGERS_OF).astype(np.int64)
    hour = rng.choice(24, count, p=_DAY / _DAY.sum())
    start = rng.integers(0, days, count) * 86_400 + hour * 3600 + rng.integers(0, 3600, count)
    length = rng.integers(900, 3 * 3600, count)
    fleet = rng.random(count) < 0.3
    rows = pl.DataFrame({
        "tenant": np.array(TENANTS)[rng.choice(len(TENANTS), count, p=WEIGHTS)],
        "n": np.arange(count), "charger_n": charger, "start_s": start, "duration_s": length, "fleet": fleet,
        "vehicle_n": rng.integers(0, VEHICLES_OF, count), "driver_n": rng.integers(0, 60_000, count),
        "energy_wh": rng.integers(0, 60_000, count),
    })  # fmt: skip
    began = datetime(first.year, first.month, first.day, tzinfo=UTC)
    at = pl.lit(began).dt.cast_time_unit("ms") + pl.duration(seconds=pl.col("start_s"), time_unit="ms")
    host = (pl.col("charger_n") % HOSTS_OF).cast(pl.String)
    last_s = days * 86_400 - 1
    rows = rows.with_columns(ended_at=at + pl.duration(seconds=pl.min_horizontal(
        pl.col("duration_s"), last_s - pl.col("start_s")), time_unit="ms"), started_at=at)  # fmt: skip
    person = pl.concat_str(pl.lit("d_"), pl.when("fleet").then(pl.col("vehicle_n")).otherwise(pl.col("driver_n")))
    return rows.select(
        "tenant", pl.format("{}-{}", pl.lit(first.isoformat()), "n").alias("session"), pl.lit("live").alias("source"),
        pl.format("Charger {}", "charger_n").alias("charger"), pl.lit("1").alias("connector"),
        pl.format("Site {}", pl.col("charger_n") % SITES_OF).alias("site"), pl.lit("Helsinki").alias("city"),
        pl.lit("FI").alias("country"), pl.lit("site").alias("country_from"), pl.lit("UTC").alias("timezone"),
        pl.concat_str(pl.lit("host-"), host).alias("host_organisation"),
        pl.when("fleet").then(pl.concat_str(pl.lit("fleet-"), (pl.col("vehicle_n") % 6).cast(pl.String))).alias(
            "fleet_organisation"),
        person.alias("driver"), pl.when("fleet").then(pl.format("v_{}", "vehicle_n")).alias("vehicle"),
        "started_at", "ended_at", pl.col("ended_at").dt.date().alias("local_day"),
        (pl.col("ended_at") - pl.col("started_at")).dt.total_seconds().alias("duration_s"), "energy_wh",
        (pl.col("energy_wh") * 49 // 1000).alias("cost_minor"), pl.lit("EUR").alias("currency"),
        pl.lit("time").alias("reason"), pl.col("ended_at").dt.date().alias("day"),
    )  # fmt: skip


_DAY = np.array([1, 1, 1, 1, 1, 2, 4, 7, 9, 8, 7, 7, 8, 8, 7, 7, 8, 9, 9, 7, 5, 4, 2, 1], dtype=float)


def _tenants() -> pl.DataFrame:
    plain = {"kind": "reseller", "country": "FI", "language": "en", "currency": "EUR", "timezone": "Europe/Helsinki",
             "logo_svg": "", "colour_primary": "#0B6E4F", "colour_accent": "#e0a100"}  # fmt: skip
    return pl.DataFrame([{"tenant": name, "name": name.title(), **plain} for name in TENANTS])


def _roster() -> pl.DataFrame:
    rows: list[dict[str, str]] = []
    for tenant in TENANTS:
        kinds = (
            ("organisation", "host-", "Host ", HOSTS_OF, "host-", HOSTS_OF),
            ("organisation", "fleet-", "Fleet ", 6, "fleet-", 6),
            ("vehicle", "v_", "KAL-", VEHICLES_OF, "fleet-", 6),
            ("driver", "d_", "Driver ", VEHICLES_OF, "fleet-", 6),
            ("charger", "Charger ", "Charger ", CHARGERS_OF, "host-", HOSTS_OF),
        )
        for kind, key, name, count, owner, owners in kinds:
            rows += [
                {"tenant": tenant, "kind": kind, "id": f"{key}{n}", "name": f"{name}{n}",
                 "organisation": f"{owner}{n % owners}"} for n in range(count)
            ]  # fmt: skip
    return pl.DataFrame(rows)


def _chargers() -> pl.DataFrame:
    rows = [
        {"tenant": tenant, "device": f"{tenant}-{n}", "evse": 1, "charger": f"Charger {n}",
         "site": f"Site {n % SITES_OF}",
         "city": "Helsinki", "country": "FI", "timezone": "UTC", "host_organisation": f"host-{n % HOSTS_OF}"}
        for tenant in TENANTS for n in range(CHARGERS_OF)
    ]  # fmt: skip
    return pl.DataFrame(rows)


def main() -> None:
    arguments = _arguments()
    os.environ["WATTLANE_HOME"] = str(arguments.home)
    os.environ.pop("LAKE_URL", None)
    if not (arguments.home / "lake" / "marts" / "energy_hours").exists():
        fill(arguments.sessions, datetime.now(UTC).date())
    from infra.bench.dashboards_reads import measure

    measure(TENANTS[0], ROUNDS)
    sys.stdout.write(f"peak RSS {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000_000)
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "wattlane-dashboards")
    return parser.parse_args()


if __name__ == "__main__":
    began = time.monotonic()
    main()
    sys.stdout.write(f"{time.monotonic() - began:.0f} s in all\n")

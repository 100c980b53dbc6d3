"""The same aggregate as bare queries over the same files: what a person who knows the engine would write.

A span between two readings of a meter belongs to the session of the later one, or of the earlier where the later names
none; it is cut at quarters of an hour to the watt-hour; a register that falls gives nothing; days come in any order.
"""

import os

import duckdb as duck
import polars as pl
from deltalake import DeltaTable

from pipelines.resources.tables import CLEAN

QUARTER_MS = 900_000
METER = ["tenant", "device", "evse"]
_KEYS = [*METER, "session", "at", "day"]


def polars(_rows: int) -> list[int]:
    """One query of each kind."""
    rows = pl.scan_parquet(DeltaTable(CLEAN.uri).file_uris())
    made = _quarters(rows).group_by(_KEYS).agg(pl.col("wh").sum()).collect(engine="streaming")
    made.write_parquet(f"{os.environ['WATTLANE_HOME']}/polars_quarters.parquet")
    whole = _sessions(rows)
    whole.write_parquet(f"{os.environ['WATTLANE_HOME']}/polars_sessions.parquet")
    return [made.height, made["wh"].sum(), whole.height, (whole["stop_wh"] - whole["start_wh"]).sum()]


def _quarters(rows: pl.LazyFrame) -> pl.LazyFrame:
    read = rows.filter(pl.col("energy_wh").is_not_null()).select(*METER, "session", "ts_ms", "boot", "seq", "energy_wh")
    same = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in METER)
    read = read.sort(*METER, "ts_ms", "boot", "seq").with_columns(
        same=same, p=pl.col("ts_ms").shift(1), d=pl.col("energy_wh").diff(),
        session=pl.coalesce("session", pl.when(same).then(pl.col("session").shift(1))),
    )  # fmt: skip
    read = read.filter(pl.col("same") & (pl.col("d") > 0)).with_columns(
        l=pl.max_horizontal(pl.col("ts_ms") - pl.col("p"), pl.lit(1)), at=pl.col("p") // QUARTER_MS,
        day=pl.from_epoch("ts_ms", time_unit="ms").dt.date(),
    )  # fmt: skip
    last = (pl.col("p") + pl.col("l") - 1) // QUARTER_MS
    inside = read.filter(last == pl.col("at")).select(*_KEYS, wh="d")
    cut = read.filter(last != pl.col("at")).with_columns(at=pl.int_ranges(pl.col("at"), last + 1)).explode("at")
    begun = pl.max_horizontal(pl.col("at") * QUARTER_MS - pl.col("p"), pl.lit(0))
    ended = pl.min_horizontal((pl.col("at") + 1) * QUARTER_MS - pl.col("p"), pl.col("l"))
    share = pl.col("d") * ended // pl.col("l") - pl.col("d") * begun // pl.col("l")
    return pl.concat([inside, cut.with_columns(wh=share).select(*_KEYS, "wh")])


def _sessions(rows: pl.LazyFrame) -> pl.DataFrame:
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
    """The same in SQL."""
    return _in_sql(_QUARTERS)


def duckdb_short(_rows: int) -> list[int]:
    """In SQL, by the first and the last reading of each quarter: as long as no register falls and no session is
    interrupted within a quarter it finds the same, and sorts quarters instead of readings."""
    return _in_sql(_SHORT)


def _in_sql(query: str) -> list[int]:
    files = f"read_parquet({DeltaTable(CLEAN.uri).file_uris()!r}, hive_partitioning=false)"
    folder = os.environ["WATTLANE_HOME"]
    with duck.connect() as connection:
        connection.sql(f"SET temp_directory = '{folder}/spill'")
        connection.sql(f"COPY ({query.format(files=files, q=QUARTER_MS)}) TO '{folder}/duckdb_quarters.parquet'")
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
_SHORT = """
WITH g AS (
  SELECT tenant, device, evse, session, ts_ms // {q} AS quarter, epoch_ms(min(ts_ms))::DATE AS day,
         min(ts_ms) t0, max(ts_ms) t1, min(energy_wh) w0, max(energy_wh) w1
  FROM {files} WHERE energy_wh IS NOT NULL GROUP BY tenant, device, evse, session, ts_ms // {q}),
b AS (SELECT *, lag(t1) OVER w p, t0 - lag(t1) OVER w l, w0 - lag(w1) OVER w d, lag(session) OVER w before
      FROM g WINDOW w AS (PARTITION BY tenant, device, evse ORDER BY t0)),
x AS (SELECT * REPLACE (coalesce(session, before) AS session),
             unnest(range(p // {q}, (p + l - 1) // {q} + 1)) AS cut FROM b WHERE d > 0),
a AS (SELECT tenant, device, evse, session, quarter, day, w1 - w0 AS wh FROM g UNION ALL
      SELECT tenant, device, evse, session, cut, day,
             d * least((cut + 1) * {q} - p, l) // l - d * greatest(cut * {q} - p, 0) // l FROM x)
SELECT tenant, device, evse, session, quarter, day, sum(wh)::BIGINT wh FROM a GROUP BY ALL HAVING wh > 0"""
_SESSIONS = """
SELECT tenant, device, evse, session,
       coalesce(min(ts_ms) FILTER (type = 'started'), min(ts_ms)) start_ms,
       coalesce(arg_min(energy_wh, ts_ms) FILTER (type = 'started'), min(energy_wh)) start_wh,
       max(ts_ms) FILTER (type = 'stopped') stop_ms, arg_max(energy_wh, ts_ms) FILTER (type = 'stopped') stop_wh,
       arg_max(reason, ts_ms) FILTER (type = 'stopped') reason
FROM {files} WHERE session IS NOT NULL GROUP BY ALL HAVING stop_wh IS NOT NULL"""

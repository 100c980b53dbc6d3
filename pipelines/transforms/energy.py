"""From meter readings and whole sessions to energy in quarters of an hour. No watt-hour is lost in the division."""

from datetime import date

import polars as pl

from .sessions import local

QUARTER_MS = 900_000
_METER = ["tenant", "device", "evse"]


def intervals(messages: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    """Spans between two readings of one meter, with the energy between them, of the days first..last.

    A span counts for the day of its later reading. A register that falls (a new meter) gives no energy.
    """
    rows = messages.filter(pl.col("energy_wh").is_not_null()).sort(*_METER, "ts_ms", "boot", "seq")
    spans = rows.with_columns(
        start_ms=pl.col("ts_ms").shift(1).over(_METER),
        delta_wh=pl.col("energy_wh").diff().over(_METER),
        session=pl.coalesce("session", pl.col("session").shift(1).over(_METER)),
    )
    spans = spans.filter((pl.col("delta_wh") > 0) & pl.col("day").is_between(first, last))
    return spans.select(*_METER, "session", "start_ms", end_ms="ts_ms", energy_wh="delta_wh", day="day")


def spread(spans: pl.DataFrame) -> pl.DataFrame:
    """Each span's energy evenly over its time, cut at quarters of an hour: adds `quarter`; sums stay exact.

    Needs start_ms, end_ms, energy_wh. The share up to a cut is rounded down, the last quarter takes what is left.
    """
    start, whole = pl.col("start_ms"), pl.col("energy_wh")
    length = pl.max_horizontal(pl.col("end_ms") - start, pl.lit(1))
    rows = spans.with_columns(length=length).with_columns(
        at=pl.int_ranges(start // QUARTER_MS, (start + pl.col("length") - 1) // QUARTER_MS + 1)
    )
    rows = rows.explode("at")
    opened = pl.max_horizontal(pl.col("at") * QUARTER_MS - start, pl.lit(0))
    shut = pl.min_horizontal((pl.col("at") + 1) * QUARTER_MS - start, pl.col("length"))
    share = whole * shut // pl.col("length") - whole * opened // pl.col("length")
    quarter = pl.from_epoch(pl.col("at") * QUARTER_MS, time_unit="ms").dt.replace_time_zone("UTC")
    return rows.with_columns(energy_wh=share, quarter=quarter).drop("length", "at", "start_ms", "end_ms")


def of_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Quarters of imported sessions, of which only the whole is known: spread evenly from start to end."""
    spans = sessions.select(
        "tenant", "source", "charger", "site", "timezone", "session", "energy_wh", "day",
        start_ms=pl.col("started_at").dt.epoch("ms"), end_ms=pl.col("ended_at").dt.epoch("ms"),
    )  # fmt: skip
    return spread(spans.filter(pl.col("energy_wh") > 0))


def of_meters(spans: pl.DataFrame, chargers: pl.DataFrame, tenants: pl.DataFrame) -> pl.DataFrame:
    """Quarters of live meters, with the names of their chargers."""
    homes = tenants.select("tenant", home="timezone")
    rows = spans.join(chargers.select(*_METER, "charger", "site", "timezone"), on=_METER, how="left")
    rows = rows.join(homes, on="tenant", how="left")
    named = rows.select(
        "tenant", pl.lit("live").alias("source"), pl.coalesce("charger", "device").alias("charger"),
        pl.coalesce("site", "device").alias("site"), pl.coalesce("timezone", "home", pl.lit("UTC")).alias("timezone"),
        "session", "energy_wh", "day", "start_ms", "end_ms",
    )  # fmt: skip
    quarters = spread(named)
    keys = [name for name in quarters.columns if name != "energy_wh"]
    return quarters.group_by(keys).agg(pl.col("energy_wh").sum())


def daily(quarters: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `energy_daily`: per charger, local day and hour."""
    zones = quarters["timezone"].unique().drop_nulls().to_list()
    there = quarters.with_columns(there=local("quarter", zones))
    keys = ["tenant", "source", "charger", "site", "local_day", "local_hour", "day"]
    timed = there.with_columns(local_day=pl.col("there").dt.date(), local_hour=pl.col("there").dt.hour())
    return timed.group_by(keys).agg(pl.col("energy_wh").sum())

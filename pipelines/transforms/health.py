"""What each charger did on a UTC day, from clean messages and ended sessions."""

import polars as pl

_DAY = ["tenant", "source", "charger", "site", "day"]


def daily(messages: pl.DataFrame, sessions: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `charger_health_daily`: what was heard, joined with what was charged."""
    heard, charged = _heard(messages, chargers), _charged(sessions)
    rows = heard.join(charged, on=_DAY, how="full", coalesce=True)
    times = (("first_at", "began_at"), ("last_at", "ended_at"))
    rows = rows.with_columns(pl.coalesce(heard_at, charged_at).alias(heard_at) for heard_at, charged_at in times)
    zero = [name for name, kind in rows.schema.items() if kind.is_integer() and name != "missing"]
    return rows.with_columns(pl.col(zero).fill_null(0), pl.col("fault_codes").fill_null(""))


def _heard(messages: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    names = chargers.select("tenant", "device", "evse", "charger", "site")
    rows = messages.join(names, on=["tenant", "device", "evse"], how="left").with_columns(
        pl.coalesce("charger", "device").alias("charger"),
        pl.coalesce("site", "device").alias("site"),
        source=pl.lit("live"),
    )
    at = pl.from_epoch("ts_ms", time_unit="ms").dt.replace_time_zone("UTC")
    fault = pl.col("type") == "fault"
    found = rows.group_by(_DAY).agg(
        messages=pl.len().cast(pl.Int64),
        minutes_heard=(pl.col("ts_ms") // 60_000).n_unique().cast(pl.Int64),
        faults=fault.sum().cast(pl.Int64),
        fault_codes=pl.col("code").filter(fault).drop_nulls().unique().sort().str.join(", "),
        refusals=(pl.col("type") == "refused").sum().cast(pl.Int64),
        first_at=at.min(),
        last_at=at.max(),
    )
    return found.join(_missing(rows), on=_DAY, how="left")


def _missing(rows: pl.DataFrame) -> pl.DataFrame:
    """Numbers between the first and the last message of a boot that never came.

    Null where the numbers are no dense count (a station's derive from its transactions): there a gap says nothing.
    """
    boots = rows.group_by(*_DAY, "device", "boot").agg(
        held=pl.col("seq").n_unique().cast(pl.Int64), span=(pl.col("seq").max() - pl.col("seq").min() + 1)
    )
    gap = pl.when(pl.col("span") <= 2 * pl.col("held") + 100).then(pl.col("span") - pl.col("held"))
    total = pl.when(pl.col("gap").is_null().any()).then(None).otherwise(pl.col("gap").sum())
    return boots.with_columns(gap=gap).group_by(_DAY).agg(missing=total)


def _charged(sessions: pl.DataFrame) -> pl.DataFrame:
    return sessions.group_by(_DAY).agg(
        sessions=pl.len().cast(pl.Int64),
        sessions_without_energy=(pl.col("energy_wh") == 0).sum().cast(pl.Int64),
        energy_wh=pl.col("energy_wh").sum(),
        occupied_s=pl.col("duration_s").sum(),
        began_at=pl.col("started_at").min(),
        ended_at=pl.col("ended_at").max(),
    )

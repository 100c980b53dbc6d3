"""From start and stop events, and from imported files, to one row per ended session."""

import re
from datetime import date

import polars as pl

HOUR_MS = 3_600_000
LONGEST_MS = 48 * HOUR_MS
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_ID = ["tenant", "device", "evse", "session"]
_STARTED, _STOPPED = pl.col("type") == "started", pl.col("type") == "stopped"
EVENT = [*_ID, "ts_ms", "boot", "seq", "type", "energy_wh", "reason"]


def events(messages: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Columns `EVENT` of the messages by which sessions start and stop: few of all that devices say."""
    told = messages.lazy().filter(pl.col("session").is_not_null() & (_STARTED | _STOPPED))
    return told.select(EVENT).collect(engine="streaming")


def ended(
    messages: pl.DataFrame | pl.LazyFrame, first: date, last: date, told: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Live sessions whose last stop lies in the UTC days first..last, from clean messages in any order.

    Energy is the register at the last stop less that at the first start; where the start was lost, less the lowest
    register heard in the session. Columns: tenant, device, evse, session, start_ms, stop_ms, energy_wh, reason, wrong
    (see `_judged`), of all tenants. `told`: the `events` of the messages, where they are known.
    """
    found = _from_events(events(messages) if told is None else told)
    found = _with_lost_starts(found, messages.lazy().filter(pl.col("session").is_not_null()))
    day = pl.from_epoch("stop_ms", time_unit="ms").dt.date()
    found = found.with_columns(day=day, energy_wh=pl.col("stop_wh") - pl.col("start_wh"))
    return _judged(found).filter(pl.col("day").is_between(first, last))


def _judged(found: pl.DataFrame) -> pl.DataFrame:
    """Adds `wrong`. Of two that overlap on one EVSE the one that began first counts; of two with one name that which
    ended first: whatever a device says, no energy counts twice and no two sessions of a tenant have one name."""
    found = found.with_columns(wrong=_fault()).sort("tenant", "device", "evse", "start_ms", "stop_ms", "session")
    good = pl.when(pl.col("wrong").is_null())
    reached = good.then("stop_ms").cum_max().forward_fill().shift(1).over("tenant", "device", "evse")
    late = pl.when(pl.col("start_ms") < reached).then(pl.lit("overlaps"))
    found = found.with_columns(wrong=pl.coalesce("wrong", late)).sort("stop_ms", "device", "evse")
    named = pl.when(pl.col("wrong").is_null()).then(pl.struct("tenant", "session"))
    again = pl.when(named.is_not_null() & ~named.is_first_distinct()).then(pl.lit("same_name"))
    return found.with_columns(wrong=pl.coalesce("wrong", again)).sort("tenant", "stop_ms", "device", "evse", "session")


def _from_events(told: pl.DataFrame) -> pl.DataFrame:
    """Sessions that have stopped, with what their first start said, where there was one."""
    told = told.sort("ts_ms", "boot", "seq")
    began = told.filter(_STARTED).unique(_ID, keep="first").select(*_ID, start_ms="ts_ms", start_wh="energy_wh")
    over = told.filter(_STOPPED).unique(_ID, keep="last", maintain_order=True)
    over = over.filter(pl.col("energy_wh").is_not_null()).select(*_ID, "reason", stop_ms="ts_ms", stop_wh="energy_wh")
    both = over.join(began, on=_ID, how="left", nulls_equal=True, maintain_order="left")
    return both.select(*_ID, "start_ms", "start_wh", "stop_ms", "stop_wh", "reason")


def _with_lost_starts(found: pl.DataFrame, rows: pl.LazyFrame) -> pl.DataFrame:
    """Sessions without a start event, or without its register, begin with what was heard first and lowest. Only for
    these are all messages read."""
    lost = found.filter(pl.col("start_ms").is_null() | pl.col("start_wh").is_null()).select(_ID)
    if lost.is_empty():
        return found
    heard = rows.join(lost.lazy(), on=_ID, how="semi", nulls_equal=True).group_by(_ID)
    least = heard.agg(least_ms=pl.col("ts_ms").min(), least_wh=pl.col("energy_wh").min()).collect(engine="streaming")
    both = found.join(least, on=_ID, how="left", nulls_equal=True, maintain_order="left")
    both = both.with_columns(start_ms=pl.coalesce("start_ms", "least_ms"), start_wh=pl.coalesce("start_wh", "least_wh"))
    return both.drop("least_ms", "least_wh")


def _fault() -> pl.Expr:
    return (
        pl.when(pl.col("energy_wh") < 0)
        .then(pl.lit("negative_energy"))
        .when(pl.col("stop_ms") < pl.col("start_ms"))
        .then(pl.lit("end_before_start"))
        .when(pl.col("stop_ms") - pl.col("start_ms") > LONGEST_MS)
        .then(pl.lit("over_48_hours"))
    )


def live(found: pl.DataFrame, context: pl.DataFrame, chargers: pl.DataFrame, tenants: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `sessions` for live ones: business context joined where the web app has told it."""
    known = found.filter(pl.col("wrong").is_null())
    told = context.drop("day", "month", "energy_wh", "device_id").unique(["tenant", "session"], keep="last")
    rows = known.join(told, on=["tenant", "session"], how="left", suffix="_told", maintain_order="left")
    rows = rows.join(chargers, on=["tenant", "device", "evse"], how="left", suffix="_c", maintain_order="left")
    rows = _homes(rows, tenants)
    named = ("charger", "site", "city", "country", "host_organisation")
    rows = rows.with_columns(pl.coalesce(name, f"{name}_c").alias(name) for name in named)
    return rows.select(
        "tenant", "session", pl.lit("live").alias("source"),
        pl.coalesce("charger", "device").alias("charger"), pl.col("evse").cast(pl.String).alias("connector"),
        pl.coalesce("site", "device").alias("site"), "city",
        pl.coalesce("country", "country_home").alias("country"),
        pl.when(pl.col("country").is_null()).then(pl.lit("tenant")).otherwise(pl.lit("site")).alias("country_from"),
        pl.coalesce("timezone", "timezone_home").alias("timezone"),
        "host_organisation", "fleet_organisation", "driver", "vehicle",
        pl.from_epoch("start_ms", time_unit="ms").dt.replace_time_zone("UTC").alias("started_at"),
        pl.from_epoch("stop_ms", time_unit="ms").dt.replace_time_zone("UTC").alias("ended_at"),
        "energy_wh", "cost_minor", "currency", "reason", "day",
    )  # fmt: skip


def _homes(rows: pl.DataFrame, tenants: pl.DataFrame) -> pl.DataFrame:
    homes = tenants.select("tenant", country_home="country", timezone_home="timezone")
    return rows.join(homes, on="tenant", how="left", maintain_order="left").with_columns(
        pl.col("timezone_home").fill_null("UTC")
    )


def imported(rows: pl.DataFrame, tenants: pl.DataFrame, country_of_zone: dict[str, str]) -> pl.DataFrame:
    """Columns of the mart `sessions` for landed files. The country is that of the times' zone, else the tenant's."""
    zone_country = pl.col("timezone").replace_strict(country_of_zone, default=None, return_dtype=pl.String)
    rows = _homes(rows, tenants).with_columns(country_zone=zone_country)
    no_text = pl.lit(None, dtype=pl.String)
    return rows.select(
        "tenant", pl.col("session_key").alias("session"), pl.lit("imported").alias("source"),
        pl.col("charger").fill_null("?"), pl.col("connector").fill_null(""),
        pl.coalesce("site", "charger", pl.lit("?")).alias("site"), no_text.alias("city"),
        pl.coalesce("country_zone", "country_home").alias("country"),
        pl.when(pl.col("country_zone").is_null()).then(pl.lit("tenant")).otherwise(pl.lit("zone")).alias("country_from"),
        "timezone", no_text.alias("host_organisation"), no_text.alias("fleet_organisation"), "driver", "vehicle",
        pl.col("start_utc").alias("started_at"), pl.col("end_utc").alias("ended_at"),
        "energy_wh", "cost_minor", "currency", no_text.alias("reason"), pl.col("end_utc").dt.date().alias("day"),
    )  # fmt: skip


def on_local_days(rows: pl.DataFrame) -> pl.DataFrame:
    """Adds `local_day` of the end and `duration_s`. Rows name their own time zone."""
    return rows.with_columns(
        local_day=local("ended_at", rows["timezone"].unique().drop_nulls().to_list()).dt.date(),
        duration_s=(pl.col("ended_at") - pl.col("started_at")).dt.total_seconds(),
    )


def local(column: str, zones: list[str]) -> pl.Expr:
    """Wall-clock time of a UTC column, for rows whose `timezone` is one of `zones`; else UTC."""
    result = pl.col(column).dt.replace_time_zone(None)
    for zone in sorted(zones):
        result = pl.when(pl.col("timezone") == zone).then(_there(column, zone)).otherwise(result)
    return result


def _there(column: str, zone: str) -> pl.Expr:
    """Wall-clock time in an IANA zone, or at a written offset such as -07:00."""
    offset = _OFFSET.fullmatch(zone)
    if offset is None:
        return pl.col(column).dt.convert_time_zone(zone).dt.replace_time_zone(None)
    minutes = int(offset[2]) * 60 + int(offset[3])
    return pl.col(column).dt.replace_time_zone(None) + pl.duration(minutes=-minutes if offset[1] == "-" else minutes)


def set_aside(found: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `set_aside` for sessions that cannot be."""
    wrong = found.filter(pl.col("wrong").is_not_null())
    return (
        wrong.group_by("tenant", "day", reason="wrong", maintain_order=True)
        .agg(rows=pl.len().cast(pl.Int64), examples=pl.col("session").head(3).str.join("; "))
        .with_columns(origin=pl.lit("session"))
    )

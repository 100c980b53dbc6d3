"""The figures of 23 CFR 680.116(b) over the previous twelve months, and how long failures and repairs take."""

import polars as pl

from .spans import PORT, merged

YEAR_MIN = 525_600  # minutes of the year in the regulation's equation, in leap years too
THRESHOLD_PCT = 97  # 680.116(b): "an average annual uptime of greater than 97%"
MONTHS = 12
_SUMMED = ("seconds", "up_s", "down_s", "excluded_s", "unknown_s", "offline_s", "absent_s")


def rolling(monthly: pl.DataFrame) -> pl.DataFrame:
    """Adds to each port's months (`day` is the first of the month) the figures of the twelve that end with it.

    `uptime_pct` is the regulation's: ((525,600 - (T_outage - T_excluded)) / 525,600) x 100, never below 0. In a leap
    year, or before the port is a year old, its constant stays: `months` says of how many months we know.
    `strict_pct` also counts the time offline as outage (the letter of "online" in (b)(1)). `observed_pct` is up out of
    up and down, of the seconds really observed; their share is `observed_share`. None where nothing was observed.
    """
    number = pl.col("day").dt.year().cast(pl.Int64) * 12 + pl.col("day").dt.month().cast(pl.Int64)
    rows = monthly.with_columns(number=number).sort(*PORT, "number")
    sums = [pl.col(name).sum().alias(f"{name}_12") for name in _SUMMED]
    window = rows.rolling("number", period=f"{MONTHS}i", group_by=PORT).agg(*sums, months=_lived())
    rows = rows.join(window, on=[*PORT, "number"], how="left").drop("number")
    return rows.with_columns(*_percentages()).drop("seconds_12", "offline_s_12", "absent_s_12")


def _lived() -> pl.Expr:
    """Months in which the port was there at all."""
    return (pl.col("absent_s") < pl.col("seconds")).sum().cast(pl.Int64)


def _percentages() -> tuple[pl.Expr, ...]:
    year_s, down, excluded = 60 * YEAR_MIN, pl.col("down_s_12"), pl.col("excluded_s_12")
    up, offline = pl.col("up_s_12"), pl.col("offline_s_12")
    observed = up + down
    return (
        ((down + excluded) / 60).alias("t_outage_min"),
        (excluded / 60).alias("t_excluded_min"),
        _percent(year_s - down, pl.lit(year_s)).alias("uptime_pct"),
        _percent(year_s - down - offline, pl.lit(year_s)).alias("strict_pct"),
        pl.when(observed > 0).then(_percent(up, observed)).alias("observed_pct"),
        ((observed + excluded) / (pl.col("seconds_12") - pl.col("absent_s_12"))).fill_nan(None).alias("observed_share"),
    )


def _percent(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    return (pl.max_horizontal(part, pl.lit(0)) * 100) / whole


def failures(outages: pl.DataFrame, now_s: int) -> pl.DataFrame:
    """Failures of each port by the month (`day`, its first) in which they began: how many, how long, how many last.

    A failure is an outage of the charger itself (`broken`); overlapping and adjoining ones of a port are one. An open
    one counts until `now_s` (right-censored: its true repair time is longer) and stands in `open_failures` too.
    """
    start, end = pl.col("began_at").dt.epoch("s"), pl.col("ended_at").dt.epoch("s")
    bad = outages.filter(pl.col("broken") & ~pl.col("withdrawn")).select(
        *PORT, start_s=start, end_s=end.fill_null(now_s), open=end.is_null()
    )
    opened = bad.filter(pl.col("open")).group_by(PORT).agg(open_at=pl.col("start_s").max())
    runs = merged(bad.filter(pl.col("end_s") > pl.col("start_s")), PORT).join(opened, on=PORT, how="left")
    lasts = (pl.col("open_at") >= pl.col("start_s")) & (pl.col("end_s") >= now_s)
    day = pl.from_epoch("start_s", time_unit="s").dt.date().dt.truncate("1mo").alias("day")
    found = runs.with_columns(day, lasts=lasts.fill_null(False), took=pl.col("end_s") - pl.col("start_s"))
    return found.group_by(*PORT, "day").agg(
        failures=pl.len().cast(pl.Int64),
        failure_s=pl.col("took").sum(),
        open_failures=pl.col("lasts").sum().cast(pl.Int64),
    )

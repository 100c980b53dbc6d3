"""Sums for the pages: marts in, small frames out. Pure."""

from datetime import date
from typing import Any

import polars as pl

KWH, KG = 1000, 1_000_000_000


def over_time(sums: pl.DataFrame, grain: str) -> pl.DataFrame:
    """Energy and sessions per `day`: a local day, or the first day of a month."""
    return with_kwh(sums).select(pl.col(grain).alias("day"), "sessions", "kwh").sort("day")


def with_kwh(sums: pl.DataFrame) -> pl.DataFrame:
    return sums.with_columns(kwh=pl.col("energy_wh") / KWH)


def ranked(sums: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sessions and kWh per value of a column, most energy first."""
    return with_kwh(sums).select(column, "sessions", "kwh").sort("kwh", column, descending=[True, False])


def heat(hours: pl.DataFrame, weekdays: list[str]) -> pl.DataFrame:
    """kWh per weekday (named) and local hour."""
    names = dict(enumerate(weekdays, start=1))
    rows = with_kwh(hours).sort("weekday", "local_hour")
    return rows.select(pl.col("weekday").replace_strict(names), "local_hour", "kwh")


def utilisation(used: pl.DataFrame, heard: pl.DataFrame, days: int) -> pl.DataFrame:
    """Per charger: use in hours and as a share of `days`, and what was heard of it.

    `used`: sums per charger and site, in the order of days; a charger's site is that of most of its sessions.
    """
    sums = used.sort("sessions", descending=True).group_by("charger", maintain_order=True).agg(
        pl.col("site").first(), pl.col("sessions").sum(), kwh=pl.col("energy_wh").sum() / KWH,
        occupied_h=pl.col("duration_s").sum() / 3600, without_energy=pl.col("without_energy").sum(),
    )  # fmt: skip
    rows = sums.join(heard, on="charger", how="full", coalesce=True, suffix="_heard")
    rows = rows.with_columns(
        pl.coalesce("site", "site_heard").alias("site"),
        pl.col("sessions", "kwh", "occupied_h", "without_energy").fill_null(0),
    ).drop("site_heard")
    share = pl.min_horizontal(pl.col("occupied_h") / (24 * max(days, 1)), pl.lit(1.0))
    return rows.with_columns(utilisation=share).sort("utilisation", "charger", descending=[True, False])


def fleet_by(sums: pl.DataFrame, column: str, *, priced: bool) -> pl.DataFrame:
    """Sessions, kWh, kg CO2e per value of a column, most energy first; `cost_<currency>` in minor units beside.

    `sums` is per value and `currency`.
    """
    rows = sums.group_by(column).agg(
        pl.col("sessions").sum(), kwh=pl.col("energy_wh").sum() / KWH, co2e_kg=pl.col("co2e_location_ug").sum() / KG,
        avoided_kg=pl.col("avoided_ug").sum() / KG,
    ).sort("kwh", column, descending=[True, False], nulls_last=True)  # fmt: skip
    costs = sums.filter(pl.col("currency").is_not_null() & (pl.col("sessions") > pl.col("unpriced")))
    if not priced or not costs.height:
        return rows
    wide = costs.pivot("currency", index=column, values="cost_minor", sort_columns=True)
    wide = wide.rename({name: f"cost_{name}" for name in wide.columns if name != column})
    return rows.join(wide, on=column, how="left", nulls_equal=True, maintain_order="left")


def share_of_time(sums: dict[str, Any], days: int) -> float:
    """Hours in use of all hours of the chargers that were used at all, 0 to 1."""
    return min(float((sums["duration_s"] or 0) / (86_400 * max(days, 1) * max(sums["chargers"] or 0, 1))), 1.0)


def partners(sums: pl.DataFrame, priced: pl.DataFrame, days: int) -> pl.DataFrame:
    """Use per host organisation, most energy first; `cost_<currency>` in minor units beside."""
    by = "host_organisation"
    time = pl.col("duration_s") / (86_400 * max(days, 1) * pl.col("chargers"))
    rows = with_kwh(sums).select(
        by, "sessions", "kwh", "chargers", utilisation=pl.min_horizontal(time, pl.lit(1.0))
    ).sort("kwh", by, descending=[True, False])  # fmt: skip
    costs = priced.filter(pl.col("currency").is_not_null() & (pl.col("sessions") > pl.col("unpriced")))
    if not costs.height:
        return rows
    wide = costs.pivot("currency", index=by, values="cost_minor", sort_columns=True)
    wide = wide.rename({name: f"cost_{name}" for name in wide.columns if name != by})
    return rows.join(wide, on=by, how="left", nulls_equal=True, maintain_order="left")


def flows(counts: pl.DataFrame, words: dict[str, str]) -> pl.DataFrame:
    """People per `month` and `figure` (in words), for bars side by side."""
    rows = counts.select(pl.col("month_of").dt.strftime("%Y-%m").alias("month"), *words).rename(words)
    return rows.unpivot(index="month", variable_name="figure", value_name="people").drop_nulls("people")


def named(rows: pl.DataFrame, column: str, roster: pl.DataFrame, kind: str, unknown: str) -> pl.DataFrame:
    """Ids of a column as the names of the roster."""
    names = roster.filter(pl.col("kind") == kind).select("id", "name").unique("id")
    found = dict(names.iter_rows())
    return rows.with_columns(pl.col(column).replace_strict(found, default=unknown, return_dtype=pl.String))


def period_before(start: date, end: date) -> tuple[date, date]:
    """The period of the same length that ends where this one begins."""
    return start - (end - start), start


def change(now: int, before: int) -> str | None:
    """Change in percent as text, None when there is nothing to compare with."""
    return f"{(now - before) / before:+.0%}" if before else None

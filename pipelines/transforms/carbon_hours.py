"""From sessions and quarters of an hour to each session's hours with the factor of each. Whole Wh, whole micrograms."""

import polars as pl

from .carbon_factors import chosen

_KEY = ["tenant", "session"]
_HOUR = pl.duration(hours=1)
OF_SESSION = (
    "tenant", "session", "source", "charger", "site", "country", "host_organisation", "fleet_organisation", "local_day",
    "ended_at", "energy_wh", "day",
)  # fmt: skip


def parts(sessions: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    """Each session cut at the hours of UTC. The parts sum to the session's energy, whatever the meter readings sum to:
    what they have too much the last hours lose, what they lack the last hour gets. A session without readings is one
    part at the hour of its end, `metered` false.
    """
    hours = quarters.group_by(*_KEY, hour=pl.col("quarter").dt.truncate("1h")).agg(wh=pl.col("energy_wh").sum())
    rows = sessions.select(OF_SESSION).join(hours, on=_KEY, how="left").sort(*_KEY, "hour")
    last = pl.col("hour").is_null() | (pl.col("hour") == pl.col("hour").max().over(_KEY))
    heard = pl.min_horizontal(pl.col("wh").cum_sum().over(_KEY), pl.col("energy_wh"))
    rows = rows.with_columns(last=last, upto=pl.when(last).then("energy_wh").otherwise(heard))
    part = pl.col("upto") - pl.col("upto").shift(1, fill_value=0).over(_KEY)
    rows = rows.with_columns(part=part).filter((pl.col("part") > 0) | (pl.col("last") & (pl.col("energy_wh") == 0)))
    ending = (pl.col("ended_at") - pl.duration(milliseconds=1)).dt.truncate("1h")
    return rows.with_columns(
        metered=pl.col("hour").is_not_null(), hour=pl.coalesce("hour", ending), energy_wh=pl.col("part")
    ).drop("wh", "last", "upto", "part", "ended_at")


def with_factors(rows: pl.DataFrame, series: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `carbon_hourly`. `series`: tenant, country, hour, mg_per_kwh, source, resolution.

    An hour that a series knows gets its figure; any other the yearly factor of its country (see `chosen`), and null
    where there is none.
    """
    fine = series.select(
        "tenant", "country", "hour", s_mg="mg_per_kwh", s_word="resolution", s_factor=series_name(),
    ).unique(["tenant", "country", "hour"], keep="first", maintain_order=True)  # fmt: skip
    wanted = rows.select("tenant", pl.lit("electricity").alias("activity"), "local_day", region="country").drop_nulls()
    yearly = chosen(wanted, factors, "grid_location").select(
        "tenant", "local_day", country="region", y_factor="factor", y_mg="value"
    )
    both = rows.join(fine, on=["tenant", "country", "hour"], how="left", maintain_order="left")
    both = both.join(yearly, on=["tenant", "country", "local_day"], how="left", maintain_order="left")
    known = pl.col("s_mg").is_not_null() & pl.col("metered")
    both = both.with_columns(
        factor=pl.when(known).then("s_factor").otherwise("y_factor"),
        mg_per_kwh=pl.when(known).then("s_mg").otherwise("y_mg"),
        resolution=pl.when(known).then("s_word").otherwise(pl.lit("yearly")),
    )
    return both.with_columns(ug=pl.col("energy_wh") * pl.col("mg_per_kwh")).drop(
        "s_mg", "s_word", "s_factor", "y_factor", "y_mg"
    )


def series_name() -> pl.Expr:
    """The name under which a series stands among the factors."""
    return pl.format("series/{}/{}", "country", "source")


def series_factors(rows: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """Rows for the table of factors: the series that were used, by tenant, without a value since it is hourly."""
    used = rows.filter(pl.col("factor").str.starts_with("series/")).select("tenant", "factor").unique()
    named = series.with_columns(factor=series_name()).select("tenant", "factor", "country", "source", "resolution")
    told = used.join(named.unique(["tenant", "factor"], keep="first"), on=["tenant", "factor"]).sort("tenant", "factor")
    no_text, nothing = pl.lit(""), pl.lit(None)
    return told.select(
        "factor", base="factor", version=pl.lit(1, pl.Int64), tenant="tenant", kind=pl.lit("grid_location_series"),
        activity=pl.lit("electricity"), region="country", region_name="country", year=nothing.cast(pl.Int64),
        value=nothing.cast(pl.Int64), value_unit=pl.lit("mg/kWh"), mg_per_kwh=nothing.cast(pl.Int64),
        published=pl.lit("a figure for each hour: mart carbon_hourly"), unit=pl.lit("mg CO2e per kWh"),
        gas_basis=pl.lit("CO2e"), gwp=no_text, boundary=pl.lit("as the imported series states"),
        boundary_kind=pl.lit("generation"), resolution="resolution", source="source", source_url=no_text,
        licence=pl.lit("as the tenant imported it"), valid_from=nothing.cast(pl.Date), valid_to=nothing.cast(pl.Date),
    )  # fmt: skip

"""Which factor holds for a place and a day, and how the table of factors grows. Pure."""

import polars as pl

KEYS = ("tenant", "region", "activity", "local_day")
_OPEN = (pl.date(1900, 1, 1), pl.date(2200, 1, 1))


def chosen(wanted: pl.DataFrame, factors: pl.DataFrame, kind: str) -> pl.DataFrame:
    """One row per distinct tenant, region, activity and local_day that has a factor of `kind`, with the factor.

    The tenant's own, where its validity holds the day, comes before the platform's. Of the platform's: that of the
    region before that of everywhere (`*`); of years the latest not after the day, else the earliest there is. Only the
    newest version of a factor counts. Adds factor, value, value_unit, boundary_kind.
    """
    newest = factors.sort("version").unique(["base", "tenant"], keep="last")
    pairs, known = wanted.select(KEYS).unique(), newest.filter(pl.col("kind") == kind)
    known = known.select(
        "factor", "value", "value_unit", "boundary_kind", "valid_from", "valid_to", "activity", "region",
        owner="tenant", factor_year="year",
    )  # fmt: skip
    exact = pairs.join(known, on=["region", "activity"], how="inner")
    anywhere = pairs.join(known.filter(pl.col("region") == "*").drop("region"), on="activity", how="inner")
    found = pl.concat([exact.with_columns(far=pl.lit(0)), anywhere.with_columns(far=pl.lit(1))], how="diagonal")
    own = pl.col("owner") != ""
    begun = pl.col("valid_from").fill_null(_OPEN[0]) <= pl.col("local_day")
    lasts = pl.col("local_day") < pl.col("valid_to").fill_null(_OPEN[1])
    fits = found.filter((own & (pl.col("owner") == pl.col("tenant")) & begun & lasts) | ~own)
    year = pl.col("local_day").dt.year()
    after = ~own & (pl.col("factor_year") > year)
    ranked = fits.sort(
        *KEYS, ~own, "far", after, (pl.col("factor_year") - year).abs(), pl.col("valid_from"), "factor",
        descending=[False] * 8 + [True, False], nulls_last=True,
    )  # fmt: skip
    best = ranked.unique(KEYS, keep="first", maintain_order=True)
    return best.select(*KEYS, "factor", "value", "value_unit", "boundary_kind")


def appended(held: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The held rows as they are, and after them what is new in `told`: a changed factor is a further version.

    `told` has a row per base and tenant; told again as it was last, nothing is added.
    """
    what = [name for name in held.columns if name not in ("factor", "version")]
    newest = held.sort("version").unique(["base", "tenant"], keep="last")
    fresh = told.join(newest.select(*what), on=what, how="anti", nulls_equal=True)
    last = newest.select("base", "tenant", was="version")
    grown = fresh.join(last, on=["base", "tenant"], how="left").with_columns(version=pl.col("was").fill_null(0) + 1)
    name = pl.when(pl.col("version") == 1).then("base").otherwise(pl.format("{}@{}", "base", "version"))
    return pl.concat([held, grown.with_columns(factor=name).select(held.columns)])

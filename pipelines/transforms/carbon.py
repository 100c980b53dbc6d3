"""From sessions to carbon: whole micrograms, because Wh × mg/kWh is exactly that. Nothing is rounded here."""

import polars as pl

NO_CONTRACT = "location: no contractual instrument data"


def of_sessions(sessions: pl.DataFrame, factors: pl.DataFrame, baseline: str) -> pl.DataFrame:
    """Columns of the mart `carbon`.

    Location-based: the yearly factor of the session's country, of the latest year not after the session, else the
    earliest there is; null where the country has none. Market-based: the same, because no certificate, contract,
    supplier or residual-mix figure is known; `market_basis` says so. Avoided: the baseline less location-based.
    """
    rows = _with_grid_factor(sessions, factors)
    petrol = factors.filter(pl.col("factor") == baseline)["mg_per_kwh"].item()
    energy = pl.col("energy_wh")
    rows = rows.with_columns(
        resolution=pl.lit("yearly"),
        co2e_location_ug=energy * pl.col("location_mg_per_kwh"),
        market_factor=pl.col("location_factor"),
        market_basis=pl.lit(NO_CONTRACT),
        market_mg_per_kwh=pl.col("location_mg_per_kwh"),
        baseline_factor=pl.lit(baseline),
        baseline_mg_per_kwh=pl.lit(petrol, dtype=pl.Int64),
        baseline_ug=energy * petrol,
    )
    return rows.with_columns(
        co2e_market_ug=pl.col("co2e_location_ug"), avoided_ug=pl.col("baseline_ug") - pl.col("co2e_location_ug")
    )


def _with_grid_factor(sessions: pl.DataFrame, factors: pl.DataFrame) -> pl.DataFrame:
    grid = factors.filter(pl.col("kind") == "grid_location").select(
        country="region", factor_year="year", location_factor="factor", location_mg_per_kwh="mg_per_kwh"
    )
    pairs = sessions.select("country", year=pl.col("local_day").dt.year().cast(pl.Int64)).unique()
    pairs = pairs.join(grid, on="country", how="inner").with_columns(after=pl.col("factor_year") > pl.col("year"))
    nearest = pl.when("after").then(pl.col("factor_year")).otherwise(-pl.col("factor_year"))
    chosen = pairs.sort("country", "year", "after", nearest).unique(
        ["country", "year"], keep="first", maintain_order=True
    )
    rows = sessions.with_columns(year=pl.col("local_day").dt.year().cast(pl.Int64))
    return rows.join(chosen.drop("after", "factor_year"), on=["country", "year"], how="left").drop("year")

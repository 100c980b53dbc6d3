"""From the hours of sessions to the carbon of each: whole micrograms, because Wh × mg/kWh is exactly that."""

import polars as pl

NO_CONTRACT = "location: no contractual instrument data"
_KEY = ["tenant", "session"]


def of_sessions(
    sessions: pl.DataFrame, hours: pl.DataFrame, factors: pl.DataFrame, baseline: str, kinds: pl.DataFrame
) -> pl.DataFrame:
    """Columns of the mart `carbon`. `kinds`: tenant and its kind.

    Location-based: the sum over the session's hours, null where one of them has no factor. Market-based: the same; the
    mart lays over it what instruments cover. Avoided: the baseline less location-based. Scope: electricity of one's own
    vehicles is Scope 2, what is sold to drivers Scope 3 category 3 (GHG Protocol, Scope 3 Standard, table 5.3 D).
    """
    rows = sessions.join(_summed(hours), on=_KEY, how="left", maintain_order="left")
    petrol = factors.filter(pl.col("factor") == baseline)["mg_per_kwh"].item()
    energy = pl.col("energy_wh")
    rows = rows.join(kinds.select("tenant", tenant_kind="kind"), on="tenant", how="left", maintain_order="left")
    rows = rows.with_columns(
        scope_whole=pl.when(pl.col("tenant_kind") == "fleet").then(pl.lit("2")).otherwise(pl.lit("3.3")),
        market_factor=pl.col("location_factor"),
        market_basis=pl.lit(NO_CONTRACT),
        market_mg_per_kwh=pl.col("location_mg_per_kwh"),
        co2e_market_ug=pl.col("co2e_location_ug"),
        baseline_factor=pl.lit(baseline),
        baseline_mg_per_kwh=pl.lit(petrol, dtype=pl.Int64),
        baseline_ug=energy * petrol,
    )
    return rows.with_columns(avoided_ug=pl.col("baseline_ug") - pl.col("co2e_location_ug")).drop("tenant_kind")


def _summed(hours: pl.DataFrame) -> pl.DataFrame:
    """Per session: emissions of all hours, the one factor or the names of several, how fine they are."""
    word, mg, name = pl.col("resolution"), pl.col("mg_per_kwh"), pl.col("factor")
    return hours.group_by(_KEY).agg(
        co2e_location_ug=pl.when(~pl.col("ug").is_null().any()).then(pl.col("ug").sum()),
        location_mg_per_kwh=pl.when((mg.n_unique() == 1) & (name.n_unique() == 1)).then(mg.first()),
        location_factor=pl.when(name.drop_nulls().len() > 0).then(name.drop_nulls().unique().sort().str.join("; ")),
        resolution=pl.when(word.n_unique() == 1).then(word.first()).otherwise(pl.lit("mixed")),
        hourly_wh=pl.col("energy_wh").filter(word == "hourly").sum(),
    )

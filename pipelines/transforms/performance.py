"""From sessions and business facts to what pages sum: sessions per charger and day, and how partners do."""

import polars as pl

_WHO = ("tenant", "source", "charger", "site", "city", "country", "host_organisation", "fleet_organisation", "currency")
_FLEET = ("tenant", "source", "fleet_organisation", "vehicle", "driver", "site", "currency")


def daily_sessions(sessions: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `sessions_daily`. A session without energy says so; one without a cost is `unpriced`."""
    return sessions.group_by(*_WHO, "local_day", "day").agg(
        sessions=pl.len().cast(pl.Int64),
        energy_wh=pl.col("energy_wh").sum(),
        duration_s=pl.col("duration_s").sum(),
        cost_minor=pl.col("cost_minor").sum(),
        unpriced=pl.col("cost_minor").null_count().cast(pl.Int64),
        without_energy=(pl.col("energy_wh") == 0).sum().cast(pl.Int64),
    )


def daily_fleets(carbon: pl.DataFrame, sessions: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `fleet_daily`: sessions of fleets with their cost and emissions.

    A vehicle is named on live sessions of fleets only; imported files name anybody's. Emissions are of the sessions
    that the mart `carbon` holds; `without_factor` says how many had none.
    """
    of_fleets = pl.col("fleet_organisation").is_not_null() | (
        pl.col("vehicle").is_not_null() & (pl.col("source") == "live")
    )
    grams = carbon.select("tenant", "session", "co2e_location_ug", "co2e_market_ug", "avoided_ug")
    rows = sessions.filter(of_fleets).join(grams, on=["tenant", "session"], how="left")
    return rows.group_by(*_FLEET, "local_day", "day").agg(
        pl.col("energy_wh", "duration_s", "cost_minor", "co2e_location_ug", "co2e_market_ug", "avoided_ug").sum(),
        sessions=pl.len().cast(pl.Int64),
        unpriced=pl.col("cost_minor").null_count().cast(pl.Int64),
        without_factor=pl.col("co2e_location_ug").null_count().cast(pl.Int64),
    )


def hourly_energy(energy: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `energy_hours`, from `energy_daily` and the organisations of the live chargers."""
    owners = chargers.select("tenant", "charger", "host_organisation").unique(["tenant", "charger"], keep="first")
    rows = energy.join(owners.with_columns(source=pl.lit("live")), on=["tenant", "charger", "source"], how="left")
    keys = ["tenant", "source", "host_organisation", "local_day", "local_hour", "day"]
    return rows.group_by(keys).agg(pl.col("energy_wh").sum())

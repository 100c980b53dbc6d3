"""From sessions and business facts to what pages sum: sessions per charger and day, and how partners do."""

import polars as pl

_WHO = ("tenant", "source", "charger", "site", "city", "country", "host_organisation", "fleet_organisation", "currency")


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


def hourly_energy(energy: pl.DataFrame, chargers: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `energy_hours`, from `energy_daily` and the organisations of the live chargers."""
    owners = chargers.select("tenant", "charger", "host_organisation").unique(["tenant", "charger"], keep="first")
    rows = energy.join(owners.with_columns(source=pl.lit("live")), on=["tenant", "charger", "source"], how="left")
    keys = ["tenant", "source", "host_organisation", "local_day", "local_hour", "day"]
    return rows.group_by(keys).agg(pl.col("energy_wh").sum())

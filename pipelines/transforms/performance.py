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


_MONEY = {
    # mart column: the ledger account whose credits (negative lines) it is.
    "host_credit_minor": "host_payable",
    "commission_minor": "commission",
    "tax_minor": "tax_payable",
    "fee_minor": "cancellation_fee",
}
_KEY = ("tenant", "month_of", "host_organisation", "host", "currency")


def monthly(bookings: pl.DataFrame, movements: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    """Columns of the mart `performance`. Bookings count in the month (UTC) in which they begin, money when posted.

    A payout names no booking, nor takes it back what was earned: it goes to the organisation of the host's listings
    where there is only one.
    """
    counted = bookings.with_columns(month_of=_month("start_at")).group_by(_KEY).agg(
        bookings=pl.len(), completed=(pl.col("state") == "completed").sum(),
        cancelled=pl.col("state").str.starts_with("cancelled").sum(), no_show=(pl.col("state") == "no_show").sum(),
    )  # fmt: skip
    lines = _with_organisation(movements, listings).with_columns(month_of=_month("at"))
    of_booking = pl.when(pl.col("booking").is_not_null()).then(pl.col("account"))
    earned = {name: -pl.col("amount_minor").filter(of_booking == kind).sum() for name, kind in _MONEY.items()}
    paid = pl.col("amount_minor").filter(pl.col("account") == "payout").sum().abs()
    money = lines.group_by(_KEY).agg(**earned, payout_minor=paid)
    rows = counted.join(money, on=_KEY, how="full", coalesce=True, nulls_equal=True)
    figures = [name for name in rows.columns if name not in _KEY]
    return rows.with_columns(pl.col(figures).fill_null(0)).with_columns(gross_minor=pl.sum_horizontal(list(_MONEY)))


def _month(column: str) -> pl.Expr:
    return pl.col(column).dt.date().dt.truncate("1mo")


def _with_organisation(movements: pl.DataFrame, listings: pl.DataFrame) -> pl.DataFrame:
    homes = listings.group_by("tenant", "host").agg(
        home=pl.col("host_organisation").first(), homes=pl.col("host_organisation").n_unique()
    )
    only = homes.filter(pl.col("homes") == 1).select("tenant", "host", "home")
    rows = movements.join(only, on=["tenant", "host"], how="left")
    home = pl.when(pl.col("booking").is_null()).then(pl.col("home"))
    return rows.with_columns(pl.coalesce("host_organisation", home).alias("host_organisation"))


def comings(seen: pl.DataFrame, current: pl.Expr) -> pl.DataFrame:
    """Columns of the mart `churn` from who was seen when: tenant, role, host_organisation, person, month_of.

    `current` is the first day of the month that still runs: who is lost in it is not known yet.
    """
    whole = seen.with_columns(host_organisation=pl.lit(None, dtype=pl.String), whole=pl.lit(True))
    parts = seen.filter(pl.col("host_organisation").is_not_null()).with_columns(whole=pl.lit(False))
    rows = pl.concat([whole, parts.select(whole.columns)]).unique()
    scope = ["tenant", "role", "whole", "host_organisation"]
    who = [*scope, "person"]
    rows = rows.with_columns(first=pl.col("month_of").min().over(who))
    before = rows.select(*who, month_of=pl.col("month_of").dt.offset_by("1mo"), stayed=pl.lit(True))
    rows = rows.join(before, on=[*who, "month_of"], how="left", nulls_equal=True)
    new, stayed = pl.col("month_of") == pl.col("first"), pl.col("stayed").fill_null(False)
    counted = rows.group_by(*scope, "month_of").agg(
        active=pl.len(), new=new.sum(), back=(~new & ~stayed).sum(), kept=stayed.sum()
    )
    return _lost(counted, scope, current)


def _lost(counted: pl.DataFrame, scope: list[str], current: pl.Expr) -> pl.DataFrame:
    """Adds who was active the month before and is not any more, also for months in which nobody came."""
    before = counted.select(*scope, pl.col("month_of").dt.offset_by("1mo"), was="active")
    rows = counted.join(before, on=[*scope, "month_of"], how="full", coalesce=True, nulls_equal=True)
    figures = pl.col("active", "new", "back", "kept", "was").fill_null(0)
    rows = rows.with_columns(figures).filter(pl.col("month_of") <= current)
    lost = pl.when(pl.col("month_of") < current).then(pl.col("was") - pl.col("kept"))
    return rows.with_columns(lost=lost).drop("kept", "was")

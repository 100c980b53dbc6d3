"""Sums for the pages: marts in, small frames out. Pure."""

from datetime import date, timedelta

import polars as pl

KWH, KG = 1000, 1_000_000_000


def over_time(sessions: pl.DataFrame) -> pl.DataFrame:
    """Energy and sessions per local day; per month when there are more than 120 days."""
    days = sessions["local_day"].n_unique()
    key = pl.col("local_day").dt.truncate("1mo" if days > 120 else "1d")
    return _sums(sessions.with_columns(day=key), "day").sort("day")


def heat(energy: pl.DataFrame, weekdays: list[str]) -> pl.DataFrame:
    """kWh per weekday (named) and local hour."""
    rows = energy.with_columns(number=pl.col("local_day").dt.weekday())
    found = rows.group_by("number", "local_hour").agg(kwh=pl.col("energy_wh").sum() / KWH).sort("number", "local_hour")
    names = dict(enumerate(weekdays, start=1))
    return found.select(pl.col("number").replace_strict(names).alias("weekday"), "local_hour", "kwh")


def by(sessions: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sessions, kWh per value of a column, most energy first."""
    return _sums(sessions, column).sort("kwh", column, descending=[True, False])


def utilisation(sessions: pl.DataFrame, health: pl.DataFrame, days: int) -> pl.DataFrame:
    """Per charger: use in hours and as a share of `days`, and what was heard of it. Its site is the latest one."""
    used = sessions.group_by("charger").agg(
        site=pl.col("site").last(),
        sessions=pl.len(),
        kwh=pl.col("energy_wh").sum() / KWH,
        occupied_h=pl.col("duration_s").sum() / 3600,
        without_energy=(pl.col("energy_wh") == 0).sum(),
    )
    heard = health.group_by("charger").agg(
        faults=pl.col("faults").sum(),
        fault_codes=pl.col("fault_codes").filter(pl.col("fault_codes") != "").unique().sort().str.join(", "),
        missing=pl.col("missing").sum(),
        last_heard=pl.col("last_at").max(),
    )
    rows = used.join(heard, on="charger", how="full", coalesce=True)
    rows = rows.with_columns(pl.col("sessions", "kwh", "occupied_h", "without_energy").fill_null(0))
    share = pl.min_horizontal(pl.col("occupied_h") / (24 * max(days, 1)), pl.lit(1.0))
    return rows.with_columns(utilisation=share).sort("utilisation", "charger", descending=[True, False])


def of_fleet(sessions: pl.DataFrame, carbon: pl.DataFrame) -> pl.DataFrame:
    """Sessions of fleet vehicles, drivers or organisations, with their emissions."""
    marked = sessions.filter(
        pl.col("fleet_organisation").is_not_null() | (pl.col("vehicle").is_not_null() & (pl.col("source") == "live"))
    )
    return marked.join(carbon.select("session", "co2e_location_ug", "avoided_ug"), on="session", how="left")


def fleet_by(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sessions, kWh, cost and kg CO2e per value of a column and currency."""
    keys = [column, "currency"]
    found = rows.group_by(keys).agg(
        sessions=pl.len(),
        kwh=pl.col("energy_wh").sum() / KWH,
        cost_minor=pl.col("cost_minor").sum(),
        co2e_kg=pl.col("co2e_location_ug").sum() / KG,
    )
    return found.sort("kwh", column, descending=[True, False], nulls_last=True)


def named(rows: pl.DataFrame, column: str, roster: pl.DataFrame, kind: str, unknown: str) -> pl.DataFrame:
    """Ids of a column as the names of the roster."""
    names = roster.filter(pl.col("kind") == kind).select("id", "name").unique("id")
    found = dict(names.iter_rows())
    return rows.with_columns(pl.col(column).replace_strict(found, default=unknown, return_dtype=pl.String))


def scoped(carbon: pl.DataFrame, tenant_kind: str, organisations: tuple[str, ...] | None) -> pl.DataFrame:
    """Adds `scope`: own vehicles' electricity is Scope 2, what is resold to drivers Scope 3, category 3."""
    if organisations is None:
        own = pl.lit(tenant_kind == "fleet")
    else:
        own = pl.col("fleet_organisation").is_in(organisations).fill_null(False)
    return carbon.with_columns(scope=pl.when(own).then(pl.lit("2")).otherwise(pl.lit("3.3")))


def emissions(carbon: pl.DataFrame, column: str) -> pl.DataFrame:
    """Sessions, kWh and kg per value of a column."""
    return carbon.group_by(column).agg(
        sessions=pl.len(),
        kwh=pl.col("energy_wh").sum() / KWH,
        location_kg=pl.col("co2e_location_ug").sum() / KG,
        market_kg=pl.col("co2e_market_ug").sum() / KG,
        avoided_kg=pl.col("avoided_ug").sum() / KG,
    ).sort(column)  # fmt: skip


def period_before(start: date, end: date) -> tuple[date, date]:
    """The period of the same length that ends where this one begins."""
    return start - (end - start), start


def change(now: int, before: int) -> str | None:
    """Change in percent as text, None when there is nothing to compare with."""
    return f"{(now - before) / before:+.0%}" if before else None


def whole_days(sessions: pl.DataFrame) -> int:
    """Local days from the first to the last, both included."""
    first, last = sessions["local_day"].min(), sessions["local_day"].max()
    if not isinstance(first, date) or not isinstance(last, date):
        return 1
    return (last - first + timedelta(days=1)).days


def _sums(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    return rows.group_by(column).agg(sessions=pl.len(), kwh=pl.col("energy_wh").sum() / KWH)

"""Carbon of each session: the sum of its hours. Micrograms are exact products (Wh × mg/kWh), rounded only where shown.

`resolution`: hourly or yearly (or daily, monthly) where one kind of factor holds for all of it, else mixed; then, and
where the factor changes within the session, `location_mg_per_kwh` is null and the mart `carbon_hourly` has the parts.
`scope_whole`: the scope of the session in the inventory of the tenant as a whole.
"""

from datetime import date
from typing import Any

import polars as pl

from . import carbon_market
from ._sums import rows_of, summed
from ._table import State, Table, between, collect

TABLE = Table(
    "marts/carbon",
    {
        "tenant": pl.String,
        "session": pl.String,
        "source": pl.String,
        "charger": pl.String,
        "site": pl.String,
        "country": pl.String,
        "country_from": pl.String,
        "host_organisation": pl.String,
        "fleet_organisation": pl.String,
        "driver": pl.String,
        "vehicle": pl.String,
        "started_at": pl.Datetime("ms", "UTC"),
        "ended_at": pl.Datetime("ms", "UTC"),
        "local_day": pl.Date,
        "energy_wh": pl.Int64,
        "scope_whole": pl.String,
        "resolution": pl.String,
        "hourly_wh": pl.Int64,
        "location_factor": pl.String,
        "location_mg_per_kwh": pl.Int64,
        "co2e_location_ug": pl.Int64,
        "market_factor": pl.String,
        "market_basis": pl.String,
        "market_mg_per_kwh": pl.Int64,
        "co2e_market_ug": pl.Int64,
        "baseline_factor": pl.String,
        "baseline_mg_per_kwh": pl.Int64,
        "baseline_ug": pl.Int64,
        "avoided_ug": pl.Int64,
        "day": pl.Date,
        "month": pl.String,
    },
    ("tenant", "ended_at", "charger", "session"),
    edition=2,
)


def read(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisation: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
    market_version: int | None = None,
) -> pl.DataFrame:
    """Sessions that ended in the local days [start, end), of `source` and of these organisations when given.

    Adds `scope` for who reads: 2 own consumption, 3.3 electricity sold to end users, and `outside` for sessions at an
    organisation's sites that others consumed and the tenant sold. The market-based columns are those of the reader's
    own instruments, at `market_version` of the mart `carbon_market`.
    """
    wanted = (organisation,) if organisation else organisations
    rows = _seen(wanted, tenant=tenant, start=start, end=end, source=source, version=version)
    covered = carbon_market.scan(tenant=tenant, organisations=wanted, version=market_version)
    return collect(_with_market(rows, between(covered, "local_day", start, end)).sort("ended_at", "charger", "session"))


def page(
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    offset: int = 0,
    limit: int = 100,
    version: int | None = None,
) -> pl.DataFrame:
    """The same, newest first, some of them: only these are read in full."""
    rows = _seen(organisations, tenant=tenant, start=start, end=end, source=source, version=version)
    order, desc = ["ended_at", "session"], [True, False]
    some = collect(rows.sort(order, descending=desc).slice(offset, limit))
    covered = carbon_market.scan(tenant=tenant, organisations=organisations)
    mine = covered.filter(pl.col("session").is_in(some["session"].to_list()))
    return collect(_with_market(some.lazy(), mine).sort(order, descending=desc))


def sums(
    by: tuple[str, ...] = (),
    *,
    tenant: str,
    start: date | None = None,
    end: date | None = None,
    source: str | None = None,
    organisations: tuple[str, ...] | None = None,
    version: int | None = None,
) -> pl.DataFrame:
    """Per value of `by` (site, scope, local_day, words of TIMES): sessions, Wh and µg, reckoned in the lake.

    `unknown`: sessions without a grid factor, which are in no sum of µg. `assumed`: sessions whose country is that of
    the tenant, for want of a better one. Market-based sums are those of the reader's instruments.
    """
    rows = _seen(organisations, tenant=tenant, start=start, end=end, source=source, version=version)
    found = summed(rows, by, _SUMS)
    covered = between(carbon_market.scan(tenant=tenant, organisations=organisations), "local_day", start, end)
    if source and source != "all":
        covered = covered.filter(pl.col("source") == source)
    less = pl.col("ug").sum() - pl.col("location_ug").sum()
    scope = pl.when(pl.col("scope") == "3").then(pl.lit("3.3")).otherwise(pl.lit("2"))
    change = summed(covered.with_columns(scope=scope), by, {"change": less})
    if not by:
        return found.with_columns(co2e_market_ug=pl.col("co2e_market_ug") + change["change"].fill_null(0).item())
    both = found.join(change, on=by, how="left", nulls_equal=True, maintain_order="left")
    return both.with_columns(co2e_market_ug=pl.col("co2e_market_ug") + pl.col("change").fill_null(0)).drop("change")


_SUMS = {
    "sessions": pl.len().cast(pl.Int64),
    "energy_wh": pl.col("energy_wh").sum(),
    "hourly_wh": pl.col("hourly_wh").sum(),
    "co2e_location_ug": pl.col("co2e_location_ug").sum(),
    "co2e_market_ug": pl.col("co2e_location_ug").sum(),
    "avoided_ug": pl.col("avoided_ug").sum(),
    "unknown": pl.col("co2e_location_ug").null_count().cast(pl.Int64),
    "assumed": (pl.col("country_from") == "tenant").sum().cast(pl.Int64),
}


def _seen(wanted: tuple[str, ...] | None, *, source: str | None, **asked: Any) -> pl.LazyFrame:
    """What a reader of these organisations (None: the whole tenant) may see, with the scope that it has for them."""
    live = None if source in (None, "all") else source
    rows = rows_of(TABLE, organisations=wanted, source=live, **asked)
    if wanted is None:
        return rows.with_columns(scope=pl.col("scope_whole"))
    own = pl.col("fleet_organisation").is_in(list(wanted)).fill_null(False)
    return rows.with_columns(scope=pl.when(own).then(pl.lit("2")).otherwise(pl.lit("outside")))


def _with_market(rows: pl.LazyFrame, covered: pl.LazyFrame) -> pl.LazyFrame:
    """Replaces the market-based columns by those of the instruments, where some cover a session or a part of it."""
    found = covered.group_by("session").agg(
        c_wh=pl.col("energy_wh").sum(), c_ug=pl.col("ug").sum(), c_replaced=pl.col("location_ug").sum(),
        c_names=pl.col("instrument").unique().sort().str.join("; "),
        c_kinds=pl.col("kind").unique().sort().str.join("; "),
        c_mg=pl.when(pl.col("mg_per_kwh").n_unique() == 1).then(pl.col("mg_per_kwh").first()),
    )  # fmt: skip
    joined = rows.join(found, on="session", how="left")
    some, full = pl.col("c_wh").is_not_null(), pl.col("c_wh") == pl.col("energy_wh")
    rest = pl.when(full).then(pl.lit("")).otherwise(pl.lit("; ") + pl.col("market_basis"))
    partly = pl.col("co2e_location_ug") - pl.col("c_replaced") + pl.col("c_ug")
    changed = joined.with_columns(
        market_factor=pl.when(some).then(pl.col("c_names")).otherwise("market_factor"),
        market_basis=pl.when(some).then(pl.col("c_kinds") + rest).otherwise("market_basis"),
        market_mg_per_kwh=pl.when(some).then(pl.when(full).then("c_mg")).otherwise("market_mg_per_kwh"),
        co2e_market_ug=pl.when(full).then("c_ug").when(some).then(partly).otherwise("co2e_market_ug"),
    )
    return changed.drop("c_wh", "c_ug", "c_replaced", "c_names", "c_kinds", "c_mg")


def state() -> State | None:
    return TABLE.state()

"""Carbon of each hour and session, what instruments cover, and the inventory, with the factors behind them."""

from datetime import date, datetime
from typing import Any

import pandera.polars as pa
import polars as pl

from pipelines.defs.checks import Rule, once, ranges
from pipelines.defs.steps import Sources, Step, WholeStep
from pipelines.marts import carbon as carbon_mart
from pipelines.marts import carbon_hourly, carbon_instruments, carbon_market, inventory, roster, tenants
from pipelines.marts import factors as factors_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import State, Table, collect
from pipelines.resources import factors, series
from pipelines.resources.factors.tables import FUEL, INSTRUMENTS
from pipelines.resources.lake import Lake
from pipelines.resources.tables import ENERGY_15MIN
from pipelines.transforms import carbon, carbon_factors, carbon_hours, carbon_inventory
from pipelines.transforms import carbon_market as market_steps

SERIES: dict[str, Any] = {
    "tenant": pl.String, "country": pl.String, "hour": pl.Datetime("ms", "UTC"), "mg_per_kwh": pl.Int64,
    "source": pl.String, "resolution": pl.String,
}  # fmt: skip


def hourly_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    lake = sources.lake
    ended = collect(lake.days(sessions_mart.TABLE, first, last))
    quarters = lake.days(ENERGY_15MIN, first, last, look_back=True).filter(pl.col("session").is_not_null())
    wanted = ended.lazy().select("tenant", "session")
    parts = carbon_hours.parts(ended, collect(quarters.join(wanted, on=["tenant", "session"], how="semi")))
    fine, known = hours_of_series(parts), learn_factors(lake, factors.table())
    rows = carbon_hours.with_factors(parts, fine, known)
    learn_factors(lake, carbon_hours.series_factors(rows, fine))
    return rows


def carbon_rows(sources: Sources, first: date, last: date) -> pl.DataFrame:
    ended = collect(sources.lake.days(sessions_mart.TABLE, first, last))
    hours = collect(sources.lake.days(carbon_hourly.TABLE, first, last))
    return carbon.of_sessions(ended, hours, factors.table(), factors.VM0038_US_LEVEL_2, _kinds())


def market_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    """Only the hours of tenants that have instruments at all are read."""
    told = collect(INSTRUMENTS.scan().filter(pl.col("counts")))
    hours = carbon_hourly.TABLE.scan().filter(pl.col("tenant").is_in(told["tenant"].unique().to_list()))
    claimed = collect(market_steps.claims(hours, _kinds().lazy()))
    return market_steps.allocate(claimed, told.with_columns(_sites(told)))


def _sites(told: pl.DataFrame) -> pl.Series:
    """Ids of the sites that each instrument names."""
    places = {tenant: roster.places(tenant=tenant) for tenant in told["tenant"].unique()}
    named = told.select("tenant", pl.col("site").fill_null(""))
    ids = [roster.ids_called(places[tenant], "site", [site]) for tenant, site in named.iter_rows()]
    return pl.Series("sites", ids, dtype=pl.List(pl.String))


def instrument_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    return market_steps.coverage(collect(INSTRUMENTS.scan()), collect(carbon_market.TABLE.scan()))


def inventory_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    kinds, known = _kinds(), learn_factors(sources.lake, factors.table())
    claimed = market_steps.claims(carbon_hourly.TABLE.scan(), kinds.lazy())
    power = collect(carbon_inventory.electricity(claimed, carbon_market.TABLE.scan(), known))
    burnt = carbon_inventory.fuel(collect(FUEL.scan()), kinds, known)
    return pl.concat([power, burnt], how="diagonal_relaxed").with_columns(data_version=pl.lit(data_version()))


def data_version() -> str:
    """Versions of the tables that the inventory is made from, as `table@version`."""
    tables = {
        "carbon_hourly": carbon_hourly.TABLE, "carbon_market": carbon_market.TABLE, "factors": factors_mart.TABLE,
        "fuel": FUEL,
    }  # fmt: skip
    held = {name: table.state() for name, table in tables.items()}
    return " ".join(f"{name}@{_number(state)}" for name, state in held.items())


def learn_factors(lake: Lake, told: pl.DataFrame) -> pl.DataFrame:
    """Adds what is new to the table of factors; nothing in it is ever changed. All rows after that."""
    held = _held(factors_mart.TABLE)
    rows = carbon_factors.appended(held, told)
    if rows.height > held.height:
        lake.replace_all(factors_mart.TABLE, rows)
    return rows


def hours_of_series(parts: pl.DataFrame) -> pl.DataFrame:
    """What tenants' own series say of the hours of these parts: SERIES, without the platform's yearly factors."""
    found = [pl.DataFrame(schema=SERIES)]
    spans = parts.filter("metered").group_by("tenant", "country").agg(
        first=pl.col("hour").min().dt.date(), last=pl.col("hour").max().dt.date()
    )  # fmt: skip
    for tenant, country, first, last in spans.drop_nulls().sort("tenant", "country").iter_rows():
        regions = series.known(tenant).filter(pl.col("kind") == "location_average")["region"].to_list()
        if country in regions:
            hours = series.of_tenant(tenant).hourly(country, "location_average", first, last)
            own = hours.filter(pl.col("mg_per_kwh").is_not_null() & ~pl.col("source").str.starts_with(series.FACTORS))
            named = own.with_columns(tenant=pl.lit(tenant), country=pl.lit(country), hour=pl.col("from_utc"))
            found.append(named.select(*SERIES))
    return pl.concat(found)


def _held(table: Table) -> pl.DataFrame:
    return collect(table.scan()) if table.state() else pl.DataFrame(schema=table.schema)


def _kinds() -> pl.DataFrame:
    return collect(tenants.TABLE.scan().select("tenant", "kind"))


def _number(state: State | None) -> str:
    return "-" if state is None else str(state.version)


def unsummed(hours: pl.DataFrame) -> pl.DataFrame:
    """Sessions whose hours do not sum to their energy."""
    if not hours.height:
        return hours.clear()
    spread = hours.group_by("tenant", "session").agg(hours_wh=pl.col("energy_wh").sum())
    span = pl.col("day").is_between(hours["day"].min(), hours["day"].max())
    ended = collect(sessions_mart.TABLE.scan().filter(span).select("tenant", "session", "energy_wh"))
    both = ended.join(spread, on=["tenant", "session"], how="left")
    return both.filter(pl.col("hours_wh").fill_null(-1) != pl.col("energy_wh"))


def overdrawn(rows: pl.DataFrame) -> pl.DataFrame:
    """Instruments of which more was used than there is."""
    return rows.filter(pl.col("left_wh") < 0).select("tenant", "instrument", "volume_wh", "used_wh")


def counted_twice(rows: pl.DataFrame) -> pl.DataFrame:
    """Tenants and days whose Scope 2, by location or by market, holds another energy than the hours it is made from."""
    power = rows.filter((pl.col("activity") == "electricity") & pl.col("category").is_in(["", "3D"]))
    keys = ["tenant", "organisation", "scope", "local_day"]
    by = power.group_by(keys).agg(
        location=pl.col("energy_wh").filter(pl.col("method") == "location").sum(),
        market=pl.col("energy_wh").filter(pl.col("method") == "market").sum(),
    )
    return by.filter(pl.col("location") != pl.col("market"))


CARBON_HOURLY = Step(
    "carbon_hourly", carbon_hourly.TABLE, hourly_rows, ("sessions", "energy_15min"),
    "Energy and CO2e of each hour of each session, with the factor of that hour and how fine it is.",
    (
        ranges(energy_wh=pa.Column(nullable=False, checks=pa.Check.ge(0))),
        once("tenant", "session", "hour"),
        Rule("hours_are_the_session", unsummed, "the hours of a session sum to its energy, to the Wh"),
    ),
)  # fmt: skip
CARBON = Step(
    "carbon", carbon_mart.TABLE, carbon_rows, ("sessions", "carbon_hourly"),
    "CO2e of each session, the sum of its hours: location-based, and against petrol.",
    (once("tenant", "session"),),
)  # fmt: skip
MARKET = WholeStep(
    "carbon_market", carbon_market.TABLE, market_rows, ("carbon_hourly", "carbon_words"),
    "Which Wh which certificate, contract, supplier rate or residual mix covers, once.", group="carbon",
)  # fmt: skip
INSTRUMENT_COVERAGE = WholeStep(
    "carbon_instruments", carbon_instruments.TABLE, instrument_rows, ("carbon_market",),
    "Instruments with what they cover and what is left.",
    (Rule("within_volume", overdrawn, "no instrument covers more than its volume"),), group="carbon",
)  # fmt: skip
INVENTORY = WholeStep(
    "inventory", inventory.TABLE, inventory_rows, ("carbon_hourly", "carbon_market", "carbon_words"),
    "Greenhouse gas inventory: Scopes 1, 2 and 3 by reporter, day, method and factor.",
    (Rule("both_methods", counted_twice, "location- and market-based count the same energy"),), group="carbon",
)  # fmt: skip

"""What tenants told of carbon in the web app, kept in the lake; and days whose factors changed, reckoned again."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, TypeVar

import dagster as dg
import msgspec
import polars as pl

from pipelines.defs.carbon.assets import CARBON, CARBON_HOURLY, learn_factors
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import factors as factors_mart
from pipelines.marts import sessions as sessions_mart
from pipelines.marts._table import Table, collect
from pipelines.resources.factors.tables import FUEL, INPUTS, INSTRUMENTS
from pipelines.resources.lake import Lake
from pipelines.resources.landing import landed
from pipelines.resources.saas import Denied, SaasClient, Unreachable
from pipelines.resources.store import TelemetryStore
from saas.contracts import carbon as words
from saas.contracts.internal import TenantCard

P = TypeVar("P", words.InstrumentPage, words.FuelPage, words.FactorPage)
SCOPE = "carbon:read"
_PATH: dict[type, str] = {
    words.InstrumentPage: "/carbon/instruments", words.FuelPage: "/carbon/fuel", words.FactorPage: "/carbon/factors",
}  # fmt: skip
CHUNK = timedelta(days=30)


@dg.asset(
    group_name="carbon", owners=["team:data"],
    description="Certificates, contracts, supplier rates, fuel and own factors, as tenants entered them.",
)  # fmt: skip
def carbon_words(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        told = learn(lake, saas)
    except (Unreachable, Denied) as error:
        context.log.warning(f"The web app does not answer; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, **told})


@dg.asset(
    group_name="carbon", owners=["team:data"], deps=["carbon_words", "carbon"],
    description="Days whose grid factors changed since they were reckoned (own factors, imported series), made anew.",
)  # fmt: skip
def carbon_again(lake: dg.ResourceParam[Lake], store: dg.ResourceParam[TelemetryStore]) -> dg.MaterializeResult[None]:
    made = again(Sources(lake, store))
    return dg.MaterializeResult(metadata={"days": ", ".join(f"{first}..{last}" for first, last in made)})


def learn(lake: Lake, saas: SaasClient) -> dict[str, int]:
    """Asks the web app and writes what it says. How many of each it told."""
    cards = saas.tenants()
    instruments = _asked(saas, cards, words.InstrumentPage)
    fuel, own = _asked(saas, cards, words.FuelPage), _asked(saas, cards, words.FactorPage)
    lake.replace_all(INSTRUMENTS, _frame(instruments, INSTRUMENTS))
    lake.replace_all(FUEL, _frame(fuel, FUEL))
    learn_factors(lake, _frame([_factor(row) for row in own], factors_mart.TABLE))
    return {"instruments": len(instruments), "fuel": len(fuel), "factors": len(own)}


def again(sources: Sources) -> list[tuple[date, date]]:
    """Makes the days anew whose factors are others than when they were last looked at. Which ranges."""
    now, before = inputs(), collect(INPUTS.scan())
    changed = pl.concat([now.join(before, on=now.columns, how="anti"), before.join(now, on=now.columns, how="anti")])
    made = []
    for tenant, region, first, last in (
        changed.select("tenant", "region", "first", "last").unique().sort(pl.all()).iter_rows()
    ):
        made += list(_spans(tenant, region, first, last))
    for first, last in made:
        for step in (CARBON_HOURLY, CARBON):
            carry_out(step, sources, first, last)
    sources.lake.replace_all(INPUTS, now)
    return made


def inputs() -> pl.DataFrame:
    """Grid factors of tenants' own by region, with a digest and the days for which they hold."""
    own = collect(factors_mart.TABLE.scan().filter((pl.col("tenant") != "") & (pl.col("kind") == "grid_location")))
    own = own.sort("version").unique(["base", "tenant"], keep="last")
    digest = pl.format("{}={}", "factor", "value")
    rows = own.select("tenant", "region", digest=digest, first="valid_from", last="valid_to")
    series = landed("carbon").filter(pl.col("kind") == "location_average").group_by("tenant", "region").agg(
        count=pl.len(), mg=pl.col("mg_co2e_per_kwh").sum(),
        shape=(pl.col("mg_co2e_per_kwh") * (pl.col("from_utc").dt.epoch("s") // 60 % 99_991)).sum(),
        first=pl.col("from_utc").min().dt.date(), last=pl.col("to_utc").max().dt.date(),
    )  # fmt: skip
    told = series.select("tenant", "region", "first", "last", digest=pl.format("{}/{}/{}", "count", "mg", "shape"))
    columns = list(INPUTS.schema)
    return pl.concat([rows.select(columns), collect(told.select(columns))]).sort(columns)


def _spans(tenant: str, region: str, first: date, last: date) -> Iterator[tuple[date, date]]:
    """The days of that time on which sessions of the tenant ended in the region, in ranges of a month at most."""
    there = (pl.col("tenant") == tenant) & (pl.col("country") == region)
    days = sessions_mart.TABLE.scan().filter(there & pl.col("local_day").is_between(first, last))
    lowest, highest = collect(days.select(a=pl.col("day").min(), b=pl.col("day").max())).row(0)
    while lowest is not None and lowest <= highest:
        yield lowest, min(lowest + CHUNK, highest)
        lowest += CHUNK + timedelta(days=1)


def _asked(saas: SaasClient, cards: list[TenantCard], kind: type[P]) -> list[dict[str, Any]]:
    return [msgspec.to_builtins(item) | {"tenant": card.tenant} for card in cards for item in _pages(saas, card, kind)]


def _pages(saas: SaasClient, card: TenantCard, kind: type[P]) -> Iterator[Any]:
    query: dict[str, str] = {}
    while True:
        page = saas.get(_PATH[kind], card, SCOPE, kind, query)
        yield from page.items
        if page.next is None:
            return
        query["after"] = page.next


def _factor(row: dict[str, Any]) -> dict[str, Any]:
    unit = words.FACTOR_UNITS[row["kind"]]
    electric = row["value"] if unit == "mg/kWh" else None
    named = {"factor": row["base"], "version": 1, "region_name": row["region"], "resolution": "yearly"}
    return row | named | {"value_unit": unit, "mg_per_kwh": electric}


def _frame(rows: list[dict[str, Any]], table: Table) -> pl.DataFrame:
    dates = [name for name, kind in table.schema.items() if kind == pl.Date]
    said = {name: pl.String if name in dates else kind for name, kind in table.schema.items()}
    frame = pl.DataFrame([{name: row.get(name) for name in table.schema} for row in rows], schema=said)
    return frame.with_columns(pl.col(name).str.to_date() for name in dates)

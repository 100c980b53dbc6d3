"""Business of the tenants: facts asked of the web app, and the monthly figures of hosts, partners and drivers."""

from datetime import datetime, timedelta

import dagster as dg
import msgspec
import polars as pl

from pipelines.defs.steps import Sources, WholeStep
from pipelines.marts import churn, performance, sessions
from pipelines.marts._table import Table, collect
from pipelines.resources import business
from pipelines.resources.lake import Lake
from pipelines.resources.saas import Denied, SaasClient, Unreachable
from pipelines.transforms import performance as figures

# What is committed late may lie before what was seen; this much is asked again.
_OVERLAP = timedelta(minutes=10)
_USED = ("completed", "active", "no_show")


@dg.asset(
    group_name="business",
    owners=["team:data"],
    metadata={"table": business.MOVEMENTS.path},
    description="Bookings, lines of the books and listings, as the web app tells them; people are pseudonyms.",
)
def business_facts(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        return dg.MaterializeResult(metadata={"reached": True, **learn(lake, saas)})
    except (Unreachable, Denied) as error:
        context.log.warning(f"The web app does not answer; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})


def learn(lake: Lake, saas: SaasClient) -> dict[str, int]:
    """Asks the web app for what is new and writes it. Returns how many of each kind it told. Denied, Unreachable."""
    booked: list[tuple[str, msgspec.Struct]] = []
    moved: list[tuple[str, msgspec.Struct]] = []
    listed: list[tuple[str, msgspec.Struct]] = []
    for card in saas.tenants():
        name = card.tenant
        changed, posted = _known(business.BOOKINGS, name, "changed_at"), _known(business.MOVEMENTS, name, "at")
        booked += [(name, fact) for fact in business.bookings(saas, card, changed)]
        moved += [(name, fact) for fact in business.movements(saas, card, posted)]
        listed += [(name, fact) for fact in business.listings(saas, card)]
    _merge(lake, business.BOOKINGS, booked, "booking")
    _merge(lake, business.MOVEMENTS, moved, "line")
    lake.replace_all(business.LISTINGS, business.frame(business.LISTINGS, listed))
    return {"bookings": len(booked), "movements": len(moved), "listings": len(listed)}


def monthly_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    tables = (business.BOOKINGS, business.MOVEMENTS, business.LISTINGS)
    return figures.monthly(*(collect(table.scan()) for table in tables))


def churn_rows(sources: Sources, now: datetime) -> pl.DataFrame:
    month = pl.col("local_day").dt.truncate("1mo")
    ended = sessions.TABLE.scan().filter(pl.col("driver").is_not_null())
    drivers = ended.select("tenant", "host_organisation", person="driver", month_of=month, role=pl.lit("driver"))
    used = business.BOOKINGS.scan().filter(pl.col("state").is_in(_USED) & (pl.col("start_at") <= now))
    began = pl.col("start_at").dt.date().dt.truncate("1mo")
    hosts = used.select("tenant", "host_organisation", person="host", month_of=began, role=pl.lit("host"))
    seen = collect(pl.concat([drivers, hosts]).unique())
    return figures.comings(seen, pl.lit(now.date().replace(day=1)))


def _known(table: Table, tenant: str, column: str) -> datetime | None:
    newest: datetime | None = collect(table.of_tenant(tenant).select(pl.col(column).max())).item()
    return None if newest is None else newest - _OVERLAP


def _merge(lake: Lake, table: Table, told: list[tuple[str, msgspec.Struct]], key: str) -> None:
    """What was told now stands for what was known of the same thing."""
    both = pl.concat([business.frame(table, told), collect(table.scan())], how="vertical_relaxed")
    lake.replace_all(table, both.unique(["tenant", key], keep="first", maintain_order=True))


PERFORMANCE = WholeStep(
    "performance", performance.TABLE, monthly_rows, ("business_facts",),
    "Bookings, credits, commission, taxes, fees and payouts per month, host and currency.", group="business",
)  # fmt: skip
CHURN = WholeStep(
    "churn", churn.TABLE, churn_rows, ("business_facts", "sessions"),
    "Hosts and drivers who came, stayed and went, per month, for the tenant and each organisation.", group="business",
)  # fmt: skip

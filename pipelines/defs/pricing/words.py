"""What the web app tells of searches and listed chargers, kept in the lake."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import msgspec
import polars as pl

from pipelines.marts._table import Table, collect
from pipelines.resources.lake import Lake
from pipelines.resources.pricing_tables import OFFERS, SEARCHES
from pipelines.resources.saas import PAGE, Denied, SaasClient, Unreachable
from saas.contracts.internal import TenantCard
from saas.contracts.pricing import Offer, OfferPage, SearchPage

SCOPE = "pricing:read"
AGAIN = timedelta(days=2)  # counts of the newest hours still grow


@dg.asset(group_name="pricing", owners=["team:data"], description="Searches by cell and hour; prices, costs, wishes.")
def pricing_words(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        told = learn(lake, saas)
    except (Unreachable, Denied) as error:
        context.log.warning(f"Prices and searches are not told; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, **told})


def learn(lake: Lake, saas: SaasClient) -> dict[str, int]:
    """Asks every tenant and writes. Returns how many counts and chargers there are. Denied, Unreachable."""
    cards = saas.tenants()
    searches = pl.concat([_searches(saas, card) for card in cards]) if cards else _frame([], SEARCHES)
    offers = [row for card in cards for row in _offers(saas, card)]
    lake.replace_all(SEARCHES, searches)
    lake.replace_all(OFFERS, _frame(offers, OFFERS))
    return {"searches": searches.height, "offers": len(offers)}


def _searches(saas: SaasClient, card: TenantCard) -> pl.DataFrame:
    """What was known and is settled, and everything since."""
    held = collect(SEARCHES.of_tenant(card.tenant))
    newest = held["at"].max()
    since = newest - AGAIN if isinstance(newest, datetime) else None
    query = {"limit": str(PAGE)} | ({"since": since.isoformat()} if since else {})
    rows: list[dict[str, Any]] = []
    while True:
        page = saas.get("/pricing/searches", card, SCOPE, SearchPage, query)
        for item in page.items:
            told = msgspec.to_builtins(item)
            rows.append(told | {"tenant": card.tenant, "at": datetime.fromisoformat(item.hour).astimezone(UTC)})
        if page.next is None:
            break
        query["after"] = page.next
    return pl.concat([held.filter(pl.col("at") < since) if since else held.clear(), _frame(rows, SEARCHES)])


def _offers(saas: SaasClient, card: TenantCard) -> Iterator[dict[str, Any]]:
    query = {"limit": str(PAGE)}
    while True:
        page = saas.get("/pricing/offers", card, SCOPE, OfferPage, query)
        yield from (_row(card.tenant, item) for item in page.items if item.prices)
        if page.next is None:
            return
        query["after"] = page.next


def _row(tenant: str, item: Offer) -> dict[str, Any]:
    now = item.prices[-1]
    return {
        "tenant": tenant, "listing": item.listing, "charger": item.charger, "cell": item.cell,
        "kwh_micro": now.kwh_micro, "hour_micro": now.hour_micro, "currency": item.currency,
        "offer": msgspec.json.encode(item).decode(),
    }  # fmt: skip


def _frame(rows: list[dict[str, Any]], table: Table) -> pl.DataFrame:
    return pl.DataFrame([{name: row[name] for name in table.schema} for row in rows], schema=table.schema)

"""Tells the web app what prices are suggested, and where a host would earn."""

from typing import Any

import dagster as dg
import msgspec
import polars as pl

from pipelines.marts import price_advice, unmet_demand
from pipelines.resources.saas import PAGE, Denied, SaasClient, Unreachable
from saas.contracts.internal import TenantCard
from saas.contracts.pricerule import Inputs, decide
from saas.contracts.pricing import Opening, Openings, Suggested, Suggestions, Taken

SCOPE = "pricing:write"
MOST_OPENINGS = 200


@dg.asset(
    deps=["price_advice", "unmet_demand"], group_name="pricing", owners=["team:data"],
    description="Suggested prices and openings, told the web app.",
)  # fmt: skip
def prices_told(context: dg.AssetExecutionContext, saas: dg.ResourceParam[SaasClient]) -> dg.MaterializeResult[None]:
    try:
        told = {card.tenant: tell(saas, card) for card in saas.tenants()}
    except (Unreachable, Denied) as error:
        context.log.warning(f"The web app did not take the prices; they are sent again with the next ones. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, "suggestions": sum(told.values())})


def tell(saas: SaasClient, card: TenantCard) -> int:
    """Sends what differs from today's prices, and the openings. Returns how many suggestions were new there."""
    rows = price_advice.read(tenant=card.tenant).filter(pl.col("price_micro") != pl.col("current_micro"))
    stored = 0
    for part in rows.iter_slices(PAGE):
        body = Suggestions(items=[_item(row) for row in part.to_dicts()])
        stored += saas.ask("/pricing/suggestions", card, SCOPE, body, Taken).stored
    found = unmet_demand.openings(tenant=card.tenant).head(MOST_OPENINGS)
    saas.post("/pricing/openings", card, SCOPE, Openings(items=[_opening(row) for row in found.to_dicts()]))
    return stored


def _item(row: dict[str, Any]) -> Suggested:
    inputs = msgspec.json.decode(row["inputs"], type=Inputs)
    return Suggested(
        listing=row["listing"], kind=row["kind"], currency=row["currency"], inputs=inputs,
        decision=decide(row["rule"], inputs),
    )  # fmt: skip


def _opening(row: dict[str, Any]) -> Opening:
    return Opening(**{name: row[name] for name in Opening.__struct_fields__})

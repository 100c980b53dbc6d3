"""Sends the risks of live chargers to the web app, where technicians see them."""

from typing import Any

import dagster as dg
import polars as pl

from pipelines.marts import risk as risk_mart
from pipelines.marts import roster
from pipelines.resources.saas import PAGE, Denied, SaasClient, Unreachable
from saas.contracts.internal import TenantCard
from saas.contracts.maintenance import ChargerRisk, Reason, RiskReport

SCOPE = "maintenance:write"
# How the number of each reason is written.
UNITS = {
    "little_use": "{:.1f} / d", "falling_use": "{:.0f} %", "empty_days": "{:.0f} / 28 d", "long_gap": "{:.0f} d",
    "silent_before": "{:.0f} / 365 d", "short_sessions": "{:.0f} %", "uneven_use": "± {:.1f} / d",
    "trouble": "{:.0f} / 28 d", "lost_messages": "{:.0f} / 7 d",
}  # fmt: skip


@dg.asset(
    deps=["risk"],
    group_name="maintenance",
    owners=["team:data"],
    description="Risks of live chargers, told the web app.",
)
def risks_told(context: dg.AssetExecutionContext, saas: dg.ResourceParam[SaasClient]) -> dg.MaterializeResult[None]:
    try:
        told = {card.tenant: tell(saas, card) for card in saas.tenants()}
    except (Unreachable, Denied) as error:
        context.log.warning(f"The web app did not take the risks; they are sent again with the next ones. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, "risks": sum(told.values())})


def tell(saas: SaasClient, card: TenantCard) -> int:
    """Sends every live charger that has a probability. Returns how many answers there were."""
    rows = risk_mart.read(tenant=card.tenant, source="live")
    rows = rows.filter(pl.col("probability_ppm").is_not_null() & pl.col("device").is_not_null())
    rows = roster.placed(rows, roster.places(tenant=card.tenant))
    for part in rows.iter_slices(PAGE):
        saas.post("/maintenance/risks", card, SCOPE, RiskReport(items=[_item(row) for row in part.to_dicts()]))
    return rows.height


def _item(row: dict[str, Any]) -> ChargerRisk:
    return ChargerRisk(
        device_id=row["device"], evse=row["evse"], charger=row["charger"], horizon_days=row["horizon_days"],
        probability_ppm=row["probability_ppm"], reasons=[written(one) for one in row["reasons"]], model=row["model"],
        data_version=row["data_version"], made_at=row["as_of"].isoformat(),
    )  # fmt: skip


def written(reason: dict[str, Any]) -> Reason:
    return Reason(code=reason["code"], value=UNITS[reason["code"]].format(reason["value"]))

"""What technicians found, from the web app: labels of the next training."""

import dagster as dg

from pipelines.defs.uptime.log import asked, keep
from pipelines.resources.lake import Lake
from pipelines.resources.saas import Denied, SaasClient, Unreachable
from pipelines.resources.tables import OUTCOMES_TOLD
from saas.contracts.maintenance import OutcomePage


@dg.asset(group_name="maintenance", owners=["team:data"], description="Outcomes of work orders: labels of failures.")
def work_order_outcomes(
    context: dg.AssetExecutionContext, lake: dg.ResourceParam[Lake], saas: dg.ResourceParam[SaasClient]
) -> dg.MaterializeResult[None]:
    try:
        told = learn(lake, saas)
    except (Unreachable, Denied) as error:
        context.log.warning(f"Outcomes of work orders were not told; using what was known before. {error}")
        return dg.MaterializeResult(metadata={"reached": False})
    return dg.MaterializeResult(metadata={"reached": True, "outcomes": told})


def learn(lake: Lake, saas: SaasClient) -> int:
    """Asks the web app and writes what is new. Returns how many outcomes it told."""
    told = asked(saas, saas.tenants(), OutcomePage, OUTCOMES_TOLD, "changed_at")
    keep(lake, OUTCOMES_TOLD, told, ["tenant", "work_order"], ("began_at", "ended_at", "changed_at"))
    return len(told)

"""Every step and asset of the pipelines, in the order in which they run, and the resources that they get."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.brand.assets import business
from pipelines.defs.carbon.assets import CARBON, CARBON_HOURLY, INSTRUMENT_COVERAGE, INVENTORY, MARKET
from pipelines.defs.carbon.words import carbon_again, carbon_words
from pipelines.defs.carbon_shift.assets import SHIFT_POTENTIAL
from pipelines.defs.demand.assets import FORECAST, UNMET_DEMAND
from pipelines.defs.health.assets import CHARGER_HEALTH
from pipelines.defs.performance.assets import ENERGY_HOURS, FLEET_DAILY, SESSIONS_DAILY
from pipelines.defs.performance.business import CHURN, PERFORMANCE, business_facts
from pipelines.defs.pricing.assets import PRICE_ADVICE
from pipelines.defs.pricing.push import prices_told
from pipelines.defs.pricing.words import pricing_words
from pipelines.defs.risk.assets import CARD, RISK
from pipelines.defs.risk.outcomes import work_order_outcomes
from pipelines.defs.risk.push import risks_told
from pipelines.defs.sessions.assets import ENERGY_15, ENERGY_DAILY, IMPORTED_SESSIONS, SESSIONS
from pipelines.defs.steps import WholeStep, day_asset, whole_asset
from pipelines.defs.telemetry.assets import CLEAN_TELEMETRY, RAW_TELEMETRY, SET_ASIDE
from pipelines.defs.uptime.assets import OUTAGES, PORT_SPAN_STEP, UPTIME, VISITS
from pipelines.defs.uptime.log import maintenance_log
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient
from pipelines.resources.store import TelemetryStore

STEPS = (
    RAW_TELEMETRY, CLEAN_TELEMETRY, SET_ASIDE, IMPORTED_SESSIONS, SESSIONS, ENERGY_15, ENERGY_DAILY, CHARGER_HEALTH,
    CARBON_HOURLY, CARBON, SESSIONS_DAILY, ENERGY_HOURS, FLEET_DAILY, PORT_SPAN_STEP, VISITS,
)  # fmt: skip
WHOLE: tuple[WholeStep, ...] = (
    OUTAGES, UPTIME, MARKET, INSTRUMENT_COVERAGE, INVENTORY, CARD, RISK, FORECAST, UNMET_DEMAND,
    PRICE_ADVICE, PERFORMANCE, CHURN, SHIFT_POTENTIAL,
)  # fmt: skip
ASSETS = [business, *(day_asset(step) for step in STEPS)]
KNOWLEDGE: list[dg.AssetsDefinition] = [
    maintenance_log, business_facts, work_order_outcomes, carbon_words, carbon_again, pricing_words,
    *(whole_asset(step) for step in WHOLE if not step.learns), prices_told,
]  # fmt: skip
LEARNING: list[dg.AssetsDefinition] = [*(whole_asset(step) for step in WHOLE if step.learns), risks_told]


@dg.resource(description="The lake, held for one writer as long as the run lasts.")
def held_lake(_context: dg.InitResourceContext) -> Iterator[Lake]:
    lake = Lake()
    with lake.writing():
        yield lake


def resources() -> dict[str, object]:
    return {"lake": held_lake, "open_lake": Lake(), "store": TelemetryStore(), "saas": SaasClient()}

"""Every asset of the pipelines, in one place, and the resources that they get."""

from collections.abc import Iterator

import dagster as dg

from pipelines.defs.brand.assets import business
from pipelines.defs.carbon.assets import carbon
from pipelines.defs.health.assets import charger_health_daily
from pipelines.defs.sessions.assets import energy_15min, energy_daily, sessions
from pipelines.defs.telemetry.assets import clean_telemetry, raw_telemetry, set_aside
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient
from pipelines.resources.store import TelemetryStore

ASSETS = [
    raw_telemetry,
    clean_telemetry,
    set_aside,
    business,
    sessions,
    energy_15min,
    energy_daily,
    charger_health_daily,
    carbon,
]


@dg.resource(description="The lake, held for one writer as long as the run lasts.")
def held_lake(_context: dg.InitResourceContext) -> Iterator[Lake]:
    lake = Lake()
    with lake.writing():
        yield lake


def resources() -> dict[str, object]:
    return {"lake": held_lake, "store": TelemetryStore(), "saas": SaasClient()}

"""The log of the real web app, over the internal API, to the uptime of its charger with its make."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipelines.defs.brand import assets as brand
from pipelines.defs.steps import Sources
from pipelines.defs.uptime import assets, log
from pipelines.marts import outages, roster, uptime
from pipelines.marts._table import collect
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient
from pipelines.resources.tables import EQUIPMENT, OUTAGES_TOLD
from saas.kit.tenant_context import tenant_schema
from tenants.maintenance.models import Outage
from tests import builders
from tests.pipelines.facts import Store, messages
from tests.pipelines.test_with_web_app import saas

__all__ = ["saas"]  # fixture: a client of the real web app, on a lake of its own
pytestmark = [pytest.mark.req("MNT-03")]
BEGAN = datetime(2026, 10, 1, 8, tzinfo=UTC)
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def test_an_outage_of_the_web_app_lowers_the_uptime_of_its_port(saas: SaasClient) -> None:
    with tenant_schema("ampere"):
        evse = builders.listing(host=builders.person("host"), title="Yard").evse
        Outage.objects.create(
            evse=evse, device_id=evse.device_id or "", device_evse=1, mrec="CX017", cause="hardware", broken=True,
            origin="fault", began_at=BEGAN, ended_at=BEGAN + timedelta(hours=3), changed_at=NOW,
            guessed_cause="hardware", guessed_mrec="CX017",
        )  # fmt: skip
    lake = Lake()
    brand.learn(lake, saas)
    assert log.learn(lake, saas)["outages"] == 1
    assert collect(EQUIPMENT.scan())["vendor"].to_list() == ["Wattlane"]
    for step in (assets.OUTAGES, assets.UPTIME):
        lake.replace_all(step.table, step.rows(Sources(lake, Store(messages())), NOW))  # type: ignore[arg-type]
    (row,) = uptime.read(tenant="ampere").filter(pl.col("down_s") > 0).to_dicts()
    assert (row["charger"], row["down_s"], row["failures"], row["vendor"]) == (str(evse.uid), 3 * 3600, 1, "Wattlane")
    assert dict(roster.places(tenant="ampere").select("id", "name").iter_rows())[row["charger"]] == "Yard"
    assert outages.read(tenant="ampere")["mrec"].to_list() == ["CX017"]
    assert outages.read(tenant="barq").height == 0
    log.learn(lake, saas)
    assert collect(OUTAGES_TOLD.scan()).height == 1

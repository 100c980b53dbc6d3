"""What tenants enter in the web app reaches the lake over the internal API, and nobody else's door opens to it."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import httpx
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from pipelines.defs.carbon import news, words
from pipelines.marts import factors
from pipelines.resources.factors.tables import FUEL, INSTRUMENTS
from pipelines.resources.lake import Lake
from pipelines.resources.saas import Denied, SaasClient
from saas.contracts.carbon import InstrumentPage
from saas.kit.tenant_context import tenant_schema
from tests.saas.config.things import carbon_things
from tests.tenants.apiclient import person

pytestmark = [pytest.mark.req("ESG-01", "TEN-03"), pytest.mark.django_db]


@pytest.fixture
def saas(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[SaasClient]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "pipelines of the test")
    monkeypatch.delenv("LAKE_URL", raising=False)
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)  # the test's transaction lives on this connection
    yield SaasClient("http://localhost", httpx.WSGITransport(get_wsgi_application()), pause=0)
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


def test_instruments_fuel_and_factors_arrive_as_they_were_entered(saas: SaasClient) -> None:
    before = news.heard(saas)
    owner = person("ampere", "", "owner")
    with tenant_schema("ampere"):
        carbon_things(owner, date(2026, 3, 2))
    assert news.heard(saas) != before
    assert words.learn(Lake(), saas) == {"instruments": 1, "fuel": 1, "factors": 1}
    (instrument,) = INSTRUMENTS.scan().collect().to_dicts()
    assert (instrument["tenant"], instrument["kind"], instrument["regions"], instrument["valid_from"]) == (
        "ampere", "supplier", ["FI"], date(2026, 3, 2),
    )  # fmt: skip
    assert instrument["counts"] is False and "conveys_rate" in instrument["why_not"]
    (fuel,) = FUEL.scan().collect().to_dicts()
    assert (fuel["volume_ml"], fuel["first_day"], fuel["end_day"]) == (1000, date(2026, 3, 2), date(2026, 3, 3))
    (factor,) = factors.read(tenant="ampere").filter(tenant="ampere").to_dicts()
    assert (factor["kind"], factor["value"], factor["mg_per_kwh"], factor["valid_to"]) == (
        "grid_losses", 10_000, 10_000, date(2026, 3, 3),
    )  # fmt: skip
    assert factors.read(tenant="barq").filter(tenant="ampere").height == 0


def test_a_token_of_another_scope_or_a_crooked_cursor_is_refused(saas: SaasClient) -> None:
    card = next(card for card in saas.tenants() if card.tenant == "ampere")
    with pytest.raises(Denied, match="401"):
        saas.get("/carbon/instruments", card, "sessions:read", InstrumentPage)
    with pytest.raises(Denied, match="422"):
        saas.get("/carbon/instruments", card, "carbon:read", InstrumentPage, {"after": "x"})

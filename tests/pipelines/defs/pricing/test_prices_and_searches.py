"""From a driver's vain search and a host's price to advice in the web app and back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import polars as pl
import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections

from pipelines.defs.demand.assets import UNMET_DEMAND
from pipelines.defs.pricing.assets import PRICE_ADVICE, not_rebuilt, under_floor
from pipelines.defs.pricing.push import tell
from pipelines.defs.pricing.words import learn
from pipelines.defs.steps import Sources
from pipelines.marts import price_advice, tenants, unmet_demand
from pipelines.marts import sessions as sessions_mart
from pipelines.resources.lake import Lake
from pipelines.resources.saas import SaasClient
from pipelines.transforms.pricing.answers import answers, price_of_day
from saas.contracts.pricerule import Answer, Inputs, decide
from saas.kit.tenant_context import tenant_schema
from tests import builders
from tests.pipelines import facts
from tests.pipelines.facts import Store

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
START = NOW - timedelta(days=90)
AWAY = (61.5, 23.8)
pytestmark = pytest.mark.django_db


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


@pytest.fixture
def sources(saas: SaasClient) -> Sources:
    made = Sources(Lake(), Store(facts.messages()))  # type: ignore[arg-type]
    made.lake.replace_all(tenants.TABLE, facts.tenants())
    return made


def market() -> None:
    """In ampere: four chargers per kWh in one town, one of them with two prices tried, and searches elsewhere."""
    from tenants.marketplace.actions import set_price
    from tenants.marketplace.queries import search
    from tenants.pricing.actions import set_policy, set_wish

    with tenant_schema("ampere"):
        host = builders.person("host")
        set_policy(by=builders.person("owner", "owner"), energy_cost_micro=150_000, losses_bp=0, wear_micro=0)
        for name, price in (("Tried", "0.40"), ("Still", "0.40"), ("Third", "0.50"), ("Fourth", "0.60")):
            listing = builders.listing(host=host, title=name, per_kwh=price)
            if name == "Tried":
                set_price(listing=listing, now=NOW - timedelta(days=45), per_kwh="0.55")
                set_wish(listing=listing, now=NOW, energy_cost_micro=150_000, profit_micro=20_000)
                listing.price_marks.order_by("since").filter(tariff__valid_from=builders.NOW).update(since=START)
        for minute in range(5):
            search(
                viewer=None, now=NOW - timedelta(hours=2) + timedelta(minutes=minute), near=AWAY, connector="CHADEMO"
            )
        search(viewer=None, now=NOW - timedelta(hours=2), near=builders.HELSINKI)


def uids() -> dict[str, str]:
    """Title of each charger with the uid that sessions know it by."""
    from tenants.marketplace.models import Listing

    with tenant_schema("ampere"):
        return {title: str(uid) for title, uid in Listing.objects.values_list("title", "evse__uid")}


def charged(sources: Sources) -> None:
    """Four sessions a day at 0.40, three at 0.55: the dearer price leaves more."""
    days, tried = [START + timedelta(days=n, hours=12) for n in range(90)], uids()["Tried"]
    rows = [
        {"tenant": "ampere", "session": f"{day:%j}-{n}", "source": "live", "charger": tried, "started_at": day,
         "ended_at": day + timedelta(hours=1), "duration_s": 3600, "energy_wh": 10_000, "day": day.date(),
         "local_day": day.date()}
        for at, day in enumerate(days) for n in range(4 if at < 45 else 3)
    ]  # fmt: skip
    whole = [{name: row.get(name) for name in sessions_mart.TABLE.schema} for row in rows]
    frame = pl.DataFrame(whole, schema=sessions_mart.TABLE.schema)
    sources.lake.replace_days(sessions_mart.TABLE, frame, days[0].date(), days[-1].date())


@pytest.mark.req("ANA-04", "ANA-05", "MKT-04")
def test_from_search_and_price_to_advice_and_back(saas: SaasClient, sources: Sources) -> None:
    market()
    charged(sources)
    assert learn(sources.lake, saas) == {"searches": 2, "offers": 4}
    assert learn(sources.lake, saas) == {"searches": 2, "offers": 4}
    for step in (UNMET_DEMAND, PRICE_ADVICE):
        sources.lake.replace_all(step.table, step.rows(sources, NOW))
    _unmet_is_seen()
    _prices_are_advised()
    card = next(one for one in saas.tenants() if one.tenant == "ampere")
    assert tell(saas, card) == 3  # four are looked at, one keeps its price
    assert tell(saas, card) == 0
    _the_web_app_knows()


def _unmet_is_seen() -> None:
    cells = unmet_demand.cells(tenant="ampere")
    assert cells.select("searches", "unmet", "place").rows() == [(5, 5, "Tampere"), (1, 0, "Helsinki")]
    opening = unmet_demand.openings(tenant="ampere").row(0, named=True)
    assert (opening["unmet"], opening["price_micro"], opening["month_micro"]) == (5, None, None)  # nobody sells there
    assert unmet_demand.cells(tenant="barq").is_empty() and unmet_demand.openings(tenant="barq").is_empty()
    assert unmet_demand.connectors(tenant="ampere") == ["CHADEMO"]


def _prices_are_advised() -> None:
    rows = {row["charger"]: row for row in price_advice.read(tenant="ampere").to_dicts()}
    tried, still = (rows[uids()[title]] for title in ("Tried", "Still"))
    assert tried["reserve_micro"] == 550_000 and tried["prices_tried"] == 2 and tried["simulation"] == "done"
    assert tried["rule_day_micro"] > 0 and tried["log"] == "done" and tried["effective_days"] > 30
    assert still["reserve_micro"] is None and still["reasons"][:2] == ["no_estimate", "neighbours"]
    assert still["simulation"] == "no_estimate" and still["price_micro"] == 440_000
    whole = price_advice.read(tenant="ampere")
    assert not_rebuilt(whole).is_empty() and under_floor(whole).is_empty()
    for row in whole.to_dicts():
        inputs = msgspec.json.decode(row["inputs"], type=Inputs)
        again = [decide(row["rule"], inputs, use).price_micro for use in ("posted", "auction", "walk_up")]  # type: ignore[arg-type]
        assert again == [row["price_micro"], row["auction_micro"], row["walk_up_micro"]]
    assert price_advice.read(tenant="barq").is_empty()
    broken = whole.with_columns(price_micro=pl.col("price_micro") + 10_000)
    assert not_rebuilt(broken).height == whole.height


def _the_web_app_knows() -> None:
    from tenants.pricing.models import Opening, Suggestion
    from tenants.pricing.queries import unlike

    with tenant_schema("ampere"):
        found = dict(Suggestion.objects.values_list("listing__title", "price_micro"))
        assert found["Still"] == 440_000 and "Tried" not in found and unlike() == []
        assert [one.place for one in Opening.objects.all()] == ["Tampere"]
    with tenant_schema("barq"):
        assert not Suggestion.objects.exists() and not Opening.objects.exists()


@pytest.mark.req("ANA-05")
def test_days_with_two_prices_count_for_none() -> None:
    day = START.replace(hour=12)
    prices = [(day, 400_000), (day + timedelta(days=2), None), (day + timedelta(days=3), 500_000)]
    days = price_of_day(prices, day.date(), (day + timedelta(days=6)).date())
    first = day.date()
    assert days == {
        first + timedelta(days=1): 400_000,
        first + timedelta(days=4): 500_000,
        first + timedelta(days=5): 500_000,
    }
    sold = [first, first + timedelta(days=1), first + timedelta(days=5), first + timedelta(days=5)]
    assert answers(days, sold) == (
        Answer(price_micro=400_000, tried=1, taken=1), Answer(price_micro=500_000, tried=2, taken=2),
    )  # fmt: skip

"""From telemetry to the inventory: hours, sessions, instruments, fuel; late factors, old versions, news."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipelines.defs.carbon import assets, news, words
from pipelines.defs.catalogue import STEPS
from pipelines.defs.reports.gather import esg
from pipelines.defs.reports.gather import inventory as ledger
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import carbon, carbon_hourly, carbon_instruments, factors, inventory, tenants
from pipelines.marts._table import TenantRequired
from pipelines.resources import factors as published
from pipelines.resources.factors.tables import FUEL, INSTRUMENTS
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMAS, Landing
from pipelines.resources.saas import Unreachable
from pipelines.resources.tables import CHARGERS, CONTEXT
from reports import documents
from reports.esg import document as esg_document
from reports.inventory import document as inventory_document
from reports.recompute import recompute
from saas.contracts import carbon as contract
from saas.contracts.internal import QueuedReport, TenantCard
from tests.pipelines.facts import DAY, Store, chargers, charging, context, messages
from tests.pipelines.facts import tenants as brands

pytestmark = [pytest.mark.req("ESG-01"), pytest.mark.slow]
FACTS = messages(*charging())
CARD = TenantCard(
    tenant="ampere", host="h", name="A", kind="reseller", country="FI", language="en", currency="EUR", timezone="UTC",
    colour_primary="#000000", colour_accent="#ffffff",
)  # fmt: skip
CERTIFICATE = contract.Instrument(
    instrument="instrument/1", kind="certificate", name="Wind", energy_source="renewable", regions=["FI"],
    valid_from="2026-01-01", valid_to="2027-01-01", volume_wh=1000, mg_per_kwh=0, gas_basis="CO2e", source="Fingrid",
    counts=True,
)  # fmt: skip
DIESEL = contract.FuelEntry(
    entry="e1", organisation="org-f", vehicle="VAN", fuel="diesel", volume_ml=50_000, country="GB",
    first_day="2026-03-02", end_day="2026-03-03",
)  # fmt: skip


def own_factor(value: int = 100_000, **other: object) -> contract.OwnFactor:
    plain = {
        "base": "own/1", "kind": "grid_location", "activity": "electricity", "region": "FI", "year": 2026,
        "value": value, "published": "0.1", "unit": "kg per kWh", "gas_basis": "CO2e", "boundary": "generation",
        "boundary_kind": "generation", "source": "Fingrid", "licence": "own", "valid_from": "2026-01-01",
        "valid_to": "2027-01-01",
    }  # fmt: skip
    return contract.OwnFactor(**plain | other)  # type: ignore[arg-type]


class Web:
    """The web app's door as far as carbon goes."""

    def __init__(self, *told: object) -> None:
        self.told, self.mark, self.down = told, "1", False

    def tenants(self) -> list[TenantCard]:
        if self.down:
            raise Unreachable("down")
        return [CARD]

    def get(self, path: str, card: TenantCard, scope: str, kind: type, query: object = None) -> object:
        assert scope == "carbon:read"
        if kind is contract.Mark:
            return contract.Mark(mark=self.mark)
        item = kind.__annotations__["items"].__args__[0]
        return kind(items=[one for one in self.told if type(one) is item])


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    made = Lake()
    made.replace_all(tenants.TABLE, brands())
    made.replace_all(CHARGERS, chargers())
    made.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
    yield made


def sources(rows: pl.DataFrame = FACTS) -> Sources:
    return Sources(Lake(), Store(rows))  # type: ignore[arg-type]


NEEDED = ("raw_telemetry", "clean_telemetry", "sessions", "energy_15min", "carbon_hourly", "carbon")


def days() -> None:
    for step in STEPS:
        if step.name in NEEDED:
            carry_out(step, sources(), DAY, DAY)


def whole(*told: object) -> None:
    """What `carbon_knowledge` does."""
    words.learn(Lake(), Web(*told))  # type: ignore[arg-type]
    words.again(sources())
    for step in (assets.MARKET, assets.INSTRUMENT_COVERAGE, assets.INVENTORY):
        Lake().replace_all(step.table, step.rows(sources(), datetime.now(UTC)))


def land(mg: int) -> None:
    """An hourly series for Finland on the day."""
    start = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC)
    rows = [
        dict.fromkeys(SCHEMAS["carbon"])
        | {"row_key": f"k{h}", "region": "FI", "from_utc": start + timedelta(hours=h), "kind": "location_average",
           "to_utc": start + timedelta(hours=h + 1), "mg_co2e_per_kwh": mg + h, "resolution_s": 3600,
           "source": "Fingrid", "source_file": "fi.csv", "source_row": h, "source_sha256": "s", "timezone": "UTC",
           "repaired": []}
        for h in range(24)
    ]  # fmt: skip
    Landing("ampere", kind="carbon").store("s", pl.DataFrame(rows, SCHEMAS["carbon"]), [], {"file": "fi.csv"})


def location() -> tuple[int, str]:
    row = carbon.read(tenant="ampere").row(0, named=True)
    return row["co2e_location_ug"], row["resolution"]


def test_a_session_is_the_sum_of_its_hours_with_a_series() -> None:
    land(50_000)
    days()
    hours = carbon_hourly.read(tenant="ampere")
    assert hours["energy_wh"].sum() == 3000 and set(hours["resolution"]) == {"hourly"}
    assert location() == (3000 * 50_012, "hourly") == (hours["ug"].sum(), "hourly")
    (source,) = factors.read(tenant="ampere", names=("series/FI/Fingrid",)).to_dicts()
    assert (source["source"], source["tenant"]) == ("Fingrid", "ampere")
    assert factors.read(tenant="barq", names=("series/FI/Fingrid",)).height == 0


def test_a_series_that_comes_later_and_a_factor_of_ones_own_are_folded_in() -> None:
    days()
    assert location() == (3000 * 79_158, "yearly")
    whole(own_factor())
    assert location() == (3000 * 100_000, "yearly")
    land(50_000)
    assert words.again(sources()) == [(DAY, DAY)]
    assert location() == (3000 * 50_012, "hourly")
    assert words.again(sources()) == []


def test_a_changed_factor_leaves_what_was_reported_as_it_was() -> None:
    days()
    whole(own_factor())
    state, known = carbon.state(), factors.state()
    assert state is not None and known is not None
    whole(own_factor(120_000))
    assert location() == (3000 * 120_000, "yearly")
    old = carbon.read(tenant="ampere", version=state.version)
    assert old["co2e_location_ug"].to_list() == [3000 * 100_000]
    assert old["location_factor"].to_list() == ["own/1"]
    (then,) = factors.read(tenant="ampere", names=("own/1",)).to_dicts()
    assert then["mg_per_kwh"] == 100_000
    assert carbon.read(tenant="ampere")["location_factor"].to_list() == ["own/1@2"]
    whole(own_factor(120_000, valid_to="2026-01-01"))  # withdrawn
    assert location() == (3000 * 79_158, "yearly")


@pytest.mark.req("ESG-03")
@pytest.mark.parametrize("kind", ["esg", "ghg"])
def test_a_report_of_before_the_series_stays_and_is_reckoned_again(kind: str) -> None:
    """Afterwards the same question gets hourly figures, and says so; what was printed before still holds."""
    asked = QueuedReport(
        uid="r", kind=kind, period_start="2026-01-01", period_end="2027-01-01", language="en",  # type: ignore[arg-type]
    )  # fmt: skip
    gather, document = {"esg": (esg.gather, esg_document), "ghg": (ledger.gather, inventory_document)}[kind]
    days()
    whole(DIESEL)
    before = document.tables(gather(CARD, asked))
    land(50_000)
    whole(DIESEL)
    made = gather(CARD, asked)
    after, page = document.tables(made), document.html(made)
    for files in (before, after):
        assert all(check.same for check in recompute(files))
        assert documents.again(files["extract"], files["csv"], pdf=False) == files
    assert (b"hourly" in before["csv"], b"hourly" in after["csv"]) == (False, True)
    assert "Fingrid" in page and "no grid factor" not in page and "have no factor" not in page


@pytest.mark.req("ESG-02")
def test_the_inventory_has_every_scope_and_each_wh_once() -> None:
    days()
    whole(CERTIFICATE, DIESEL)
    lines = inventory.TABLE.scan().collect()
    energy = lines.filter(pl.col("activity") == "electricity").group_by("organisation", "scope", "category", "method")
    found = {row[:4]: row[4] for row in energy.agg(pl.col("energy_wh").sum()).iter_rows()}
    assert found == {
        ("org-f", "2", "", "location"): 3000, ("org-f", "2", "", "market"): 3000,
        ("", "3", "3D", "location"): 3000, ("", "3", "3D", "market"): 3000,
        ("org-f", "3", "3B", "both"): 3000, ("org-f", "3", "3C", "both"): 3000,
    }  # fmt: skip
    burnt = inventory.read(tenant="ampere", organisation="org-f").filter(pl.col("scope") == "1")
    assert burnt["ug"].sum() == 50_000 * 2_583_540
    sold = inventory.read(tenant="ampere").filter((pl.col("category") == "3D") & (pl.col("method") == "market"))
    assert dict(sold.select("instrument", "ug").iter_rows()) == {"certificate": 0, "average": 2000 * 79_158}
    (used,) = carbon_instruments.read(tenant="ampere").to_dicts()
    assert (used["used_wh"], used["left_wh"]) == (1000, 0)
    assert set(lines["data_version"]) == {assets.data_version()}


def test_the_market_based_figure_of_a_session_is_that_of_its_reader() -> None:
    days()
    whole(CERTIFICATE)
    (seller,) = carbon.read(tenant="ampere").to_dicts()
    assert (seller["scope"], seller["co2e_market_ug"]) == ("3.3", 2000 * 79_158)
    assert seller["market_basis"].startswith("certificate; ")
    (fleet,) = carbon.read(tenant="ampere", organisation="org-f").to_dicts()
    assert (fleet["scope"], fleet["co2e_market_ug"]) == ("2", 3000 * 79_158)
    (host,) = carbon.read(tenant="ampere", organisation="org-h").to_dicts()
    assert host["scope"] == "outside"
    total = carbon.sums(("site",), tenant="ampere").to_dicts()[0]
    assert (total["co2e_market_ug"], total["co2e_location_ug"]) == (2000 * 79_158, 3000 * 79_158)
    assert carbon.sums(tenant="ampere", organisations=("org-f",))["co2e_market_ug"].item() == 3000 * 79_158
    assert carbon.page(tenant="ampere", limit=5).equals(carbon.read(tenant="ampere"))


@pytest.mark.req("TEN-03")
def test_the_other_tenant_sees_nothing_and_no_tenant_is_refused() -> None:
    days()
    whole(CERTIFICATE, DIESEL, own_factor())
    for mart in (carbon, carbon_hourly, inventory, carbon_instruments):
        assert mart.read(tenant="barq").height == 0
        with pytest.raises(TenantRequired):
            mart.read(tenant="")
    assert factors.read(tenant="barq").filter(pl.col("tenant") != "").height == 0
    assert factors.read().height == published.table().height


def test_the_same_words_and_facts_again_make_no_new_version() -> None:
    days()
    whole(CERTIFICATE, DIESEL, own_factor())
    tables = (carbon.TABLE, carbon_hourly.TABLE, inventory.TABLE, factors.TABLE, FUEL, INSTRUMENTS)
    before = [table.version() for table in tables]
    days()
    whole(CERTIFICATE, DIESEL, own_factor())
    assert [table.version() for table in tables] == before


def test_rules_name_what_is_wrong() -> None:
    days()
    hours = carbon_hourly.TABLE.scan().collect()
    assert assets.unsummed(hours).height == 0
    assert assets.unsummed(hours.with_columns(energy_wh=pl.col("energy_wh") - 1))["session"].to_list() == ["a1/s1"]
    whole(CERTIFICATE)
    rows = carbon_instruments.TABLE.scan().collect()
    assert assets.overdrawn(rows).height == 0
    assert assets.overdrawn(rows.with_columns(left_wh=pl.lit(-1)))["instrument"].to_list() == ["instrument/1"]
    lines = inventory.TABLE.scan().collect()
    assert assets.counted_twice(lines).height == 0
    assert assets.counted_twice(pl.concat([lines, lines.filter(pl.col("method") == "market")])).height == 2


def test_the_web_app_may_be_down() -> None:
    web = Web(CERTIFICATE)
    days()
    words.learn(Lake(), web)  # type: ignore[arg-type]
    web.down = True
    result = dg.materialize([words.carbon_words], resources={"lake": Lake(), "saas": web})
    assert result.success and INSTRUMENTS.scan().collect().height == 1


def test_news_ask_for_a_run_once() -> None:
    web = Web()

    def asked(cursor: str | None) -> list[str | None]:
        with dg.build_sensor_context(instance=dg.DagsterInstance.ephemeral(), cursor=cursor) as context:
            made = list(news.carbon_news(context, saas=web))  # type: ignore[call-overload]
            return [item.run_key for item in made if isinstance(item, dg.RunRequest)]

    assert asked(None) == []  # no carbon yet
    days()
    seen = news.heard(web)  # type: ignore[arg-type]
    assert asked(None) == [f"carbon@{seen}"]
    assert asked(seen) == []
    web.mark = "2"
    assert len(asked(seen)) == 1
    web.down = True
    assert asked(seen) == []

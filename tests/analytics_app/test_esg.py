"""The ESG page with instruments, fuel, an hourly series and last year: figures by scope, gaps by name, hours of one."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import streamlit as st

from analytics_app.views import esg
from pipelines.defs.carbon.assets import INSTRUMENT_COVERAGE, INVENTORY, MARKET
from pipelines.defs.catalogue import STEPS
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import tenants
from pipelines.resources.factors.tables import FUEL, INSTRUMENTS
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMAS, Landing
from pipelines.resources.tables import CHARGERS, CONTEXT
from tests.analytics_app.conftest import NOON_MS, TODAY, Open, fill, header
from tests.analytics_app.test_views import everything
from tests.pipelines import facts

pytestmark = [pytest.mark.req("ESG-02"), pytest.mark.slow]
LAST_YEAR = esg._earlier(TODAY)


@pytest.fixture(scope="module")
def lake_of_two_years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("esg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTLANE_HOME", str(home))
        patch.delenv("LAKE_URL", raising=False)
        land_series()
        fill(home)
        before = facts.charging("old", int((NOON_MS / 1000 - (TODAY - LAST_YEAR).days * 86_400) * 1000), boot=6)
        store = facts.Store(facts.messages(*before))
        for step in STEPS:
            carry_out(step, Sources(Lake(), store), LAST_YEAR, LAST_YEAR)  # type: ignore[arg-type]
        tell(Lake())
        for whole in (MARKET, INSTRUMENT_COVERAGE, INVENTORY):
            rows = whole.rows(Sources(Lake(), store), datetime.now(UTC))  # type: ignore[arg-type]
            Lake().replace_all(whole.table, rows)
    return home


def land_series() -> None:
    """An hourly series of today for Finland: 100 g/kWh."""
    start = datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC)
    rows = [
        dict.fromkeys(SCHEMAS["carbon"])
        | {"row_key": f"k{h}", "region": "FI", "from_utc": start + timedelta(hours=h), "kind": "location_average",
           "to_utc": start + timedelta(hours=h + 1), "mg_co2e_per_kwh": 100_000, "resolution_s": 3600,
           "source": "Fingrid", "source_file": "fi.csv", "source_row": h + 1, "source_sha256": "s", "timezone": "UTC",
           "repaired": []}
        for h in range(24)
    ]  # fmt: skip
    landing = Landing("ampere", kind="carbon")
    landing.store("s", pl.DataFrame(rows, schema=SCHEMAS["carbon"]), [], {"file": "fi.csv"})


def tell(lake: Lake) -> None:
    """A certificate of 1 kWh for the tenant, one that does not count, and 100 l of diesel of the fleet."""
    plain = dict.fromkeys(INSTRUMENTS.schema) | {
        "tenant": "ampere", "organisation": "", "kind": "certificate", "energy_source": "renewable", "regions": ["FI"],
        "valid_from": TODAY, "valid_to": TODAY + timedelta(days=1), "mg_per_kwh": 0, "evidence": "GO 643",
    }  # fmt: skip
    good = plain | {"instrument": "instrument/1", "name": "Wind", "volume_wh": 1000, "counts": True, "why_not": ""}
    bad = plain | {"instrument": "instrument/2", "name": "Old", "volume_wh": 9, "counts": False, "why_not": "vintage"}
    lake.replace_all(INSTRUMENTS, pl.DataFrame([good, bad], schema=INSTRUMENTS.schema))
    fuel = {
        "tenant": "ampere", "entry": "e1", "organisation": "", "vehicle": "VAN", "fuel": "diesel",
        "volume_ml": 100_000, "country": "GB", "first_day": TODAY, "end_day": TODAY + timedelta(days=1),
    }  # fmt: skip
    lake.replace_all(FUEL, pl.DataFrame([dict.fromkeys(FUEL.schema) | fuel], schema=FUEL.schema))


@pytest.fixture
def page(lake_of_two_years: Path, opened: Open, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    monkeypatch.setenv("WATTLANE_HOME", str(lake_of_two_years))
    st.cache_data.clear()
    return opened


def test_all_scopes_stand_beside_last_year_with_the_resolution_of_their_factors(page: Open) -> None:
    shown = page(header(), "esg")
    assert not shown.exception
    text = everything(shown)
    for line in (
        "Scope 1: fuel burnt by own vehicles",
        "Scope 3, category 3 D: electricity sold to drivers",
        "Scope 3, category 3 A: upstream of fuels",
    ):
        assert line in text
    assert "100% hourly, 0% coarser" in text
    (scopes,) = [frame.value for frame in shown.dataframe if "Same days last year (kg)" in frame.value.columns]
    lines = {(row["Scope and category"], row["Method"]): row for row in scopes.to_dict("records")}
    sold = lines["Scope 3, category 3 D: electricity sold to drivers", "location-based"]
    assert (sold["CO2e (kg) now"], sold["kWh"], sold["Hourly factor, % of energy"]) == (
        0.3,
        3.0,
        100.0,
    )  # 3 kWh × 100 g
    assert sold["Same days last year (kg)"] == 0.2  # 3 kWh at the yearly 79.158 g
    market = lines["Scope 3, category 3 D: electricity sold to drivers", "market-based"]
    assert market["CO2e (kg) now"] == 0.2  # 2 of 3 kWh × 100 g
    assert "against the same days last year" in text


def test_instruments_show_what_is_used_left_and_not_counted(page: Open) -> None:
    shown = page(header(), "esg")
    (rows,) = [frame.value for frame in shown.dataframe if "Left (kWh)" in frame.value.columns]
    assert rows[["Name", "Used (kWh)", "Left (kWh)"]].to_dict("records") == [
        {"Name": "Wind", "Used (kWh)": 1.0, "Left (kWh)": 0.0}, {"Name": "Old", "Used (kWh)": 0.0, "Left (kWh)": 0.0},
    ]  # fmt: skip
    assert "no: quality criteria are missing" in everything(shown)
    assert {m.label: m.value for m in shown.metric}["Renewable, as instruments say"] == "33%"


def test_a_session_is_drilled_down_to_its_hours(page: Open) -> None:
    shown = page(header(), "esg")
    shown.toggle(key="esg-sessions").set_value(True).run()
    shown.selectbox(key="esg-session").set_value("a1/s1").run()
    assert not shown.exception
    text = everything(shown)
    assert "series/FI/Fingrid" in text and "Its hours (UTC)" in text
    assert len(shown.get("download_button")) >= len(shown.dataframe)


def test_gaps_are_named_and_factors_have_their_sources(page: Open) -> None:
    fleet = page(header("ampere", "fleet_manager", organisations=("org-f",), tenant_wide=False), "esg")
    text = everything(fleet)
    assert "No factor for losses of the grid: enter one" in text
    assert "Scope 2: electricity of own vehicles" in text
    whole = everything(page(header(), "esg"))
    assert "Fingrid" in whole and "DESNZ" in whole and "VM0038" in whole
    assert "mg/kWh" in whole


@pytest.mark.req("TEN-03")
def test_the_other_tenant_and_another_organisation_see_nothing_of_it(page: Open) -> None:
    other = everything(page(header("barq"), "esg"))
    assert not any(word in other for word in ("Wind", "GO 643", "Scope 1", "Fingrid", "Kallio"))
    stranger = page(header("ampere", "owner", organisations=("org-x",), tenant_wide=False), "esg")
    assert not any(word in everything(stranger) for word in ("Wind", "GO 643", "Scope 1", "Kallio"))


@pytest.mark.parametrize(("day", "before"), [("2026-03-05", "2025-03-05"), ("2024-02-29", "2023-03-01")])
def test_the_same_day_a_year_before(day: str, before: str) -> None:
    assert esg._earlier(date.fromisoformat(day)) == date.fromisoformat(before)


def test_a_lake_without_an_inventory_shows_sessions_and_says_so(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    st.cache_data.clear()
    lake = Lake()
    for table, rows in ((tenants.TABLE, facts.tenants()), (CHARGERS, facts.chargers())):
        lake.replace_all(table, rows)
    lake.replace_days(CONTEXT, facts.context("a1/s1"), facts.DAY, facts.DAY)
    for step in STEPS:
        carry_out(step, Sources(lake, facts.Store(facts.messages(*facts.charging("s1", NOON_MS)))), TODAY, TODAY)  # type: ignore[arg-type]
    text = everything(opened(header(), "esg"))
    assert "is being made" in text and "Scope 3.3: resold electricity" in text

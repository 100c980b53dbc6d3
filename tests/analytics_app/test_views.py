"""Each view: what it shows to whom, in which language, and what it says when there is nothing."""

import time
from pathlib import Path

import pytest
import streamlit as st

from analytics_app.who import EVERYTHING, PAGES_OF_ROLE
from tests.analytics_app.conftest import Open, header
from tests.pipelines import facts

pytestmark = [pytest.mark.req("ANA-02"), pytest.mark.slow]
VIEWS = EVERYTHING


def everything(page) -> str:  # type: ignore[no-untyped-def]
    """All text and all tables of a page, as one string."""
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.info, page.success, page.warning, page.code)
    texts = [str(element.value) for kind in kinds for element in kind]
    metrics = [f"{metric.label} {metric.value}" for metric in page.metric]
    return "\n".join([*texts, *metrics, *(frame.value.to_csv() for frame in page.dataframe)])


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_without_error_and_exports_what_it_shows(opened: Open, view: str) -> None:
    page = opened(header(), view)
    assert not page.exception
    tables = len(page.dataframe) - (1 if view == "esg" else 0)  # the sessions below share one export with theirs
    assert len(page.get("download_button")) >= max(1, tables)


def test_overview_counts_the_session_and_its_energy(opened: Open) -> None:
    shown = {metric.label: metric.value for metric in opened(header(), "overview").metric}
    assert shown == {"Sessions": "1", "Energy": "3.0 kWh", "Per session": "3.0 kWh", "Chargers used": "1"}


@pytest.mark.req("FLT-02")
def test_fleet_names_vehicle_driver_cost_and_emissions(opened: Open) -> None:
    page = opened(header(), "fleet")
    text = everything(page)
    assert "KAL-101 Nissan Leaf" in text and "Aino" in text
    assert "Cost 1.20 EUR" in text and "CO2e, location-based 0.2 kg" in text


@pytest.mark.req("ESG-02")
def test_esg_shows_scopes_method_and_factor_source(opened: Open) -> None:
    text = everything(opened(header(), "esg"))
    assert "Scope 3, category 3 D: electricity sold to drivers" in text
    assert "Our World in Data" in text and "VM0038" in text and "yearly" in text


@pytest.mark.req("ESG-02")
def test_a_fleet_sees_its_own_charging_as_scope_2(opened: Open) -> None:
    person = header("ampere", "fleet_manager", organisations=("org-f",), tenant_wide=False)
    text = everything(opened(person, "esg"))
    assert "Scope 2: electricity of own vehicles" in text and "electricity sold to drivers" not in text


@pytest.mark.parametrize("view", VIEWS)
def test_the_other_tenant_never_sees_it(opened: Open, view: str) -> None:
    text = everything(opened(header("barq"), view))
    assert not any(word in text for word in ("Kallio", "KAL-101", "Aino", "s1", "3.0 kWh"))
    if view == "overview":
        assert "1.2 kWh" in text


@pytest.mark.parametrize("view", VIEWS)
def test_another_organisation_of_the_same_tenant_sees_nothing(opened: Open, view: str) -> None:
    person = header("ampere", "owner", organisations=("org-x",), tenant_wide=False)
    text = everything(opened(person, view))
    assert "No sessions here yet" in text
    assert "Kallio" not in text


def test_the_host_of_the_charger_sees_its_health_and_the_fleet_does_not(opened: Open) -> None:
    host = opened(header("ampere", "host", organisations=("org-h",), tenant_wide=False), "chargers")
    assert host.dataframe[0].value["Messages lost"].to_list() == [0]
    fleet = opened(header("ampere", "fleet_manager", organisations=("org-f",), tenant_wide=False), "chargers")
    assert fleet.dataframe[0].value["Messages lost"].isna().all()


@pytest.mark.parametrize(("language", "words"), [("ar", "الجلسات"), ("de", "Ladevorgänge"), ("fa", "جلسه‌ها")])
def test_views_speak_the_language_of_the_person(opened: Open, language: str, words: str) -> None:
    page = opened(header("ampere", "owner", language=language), "overview")
    assert page.metric[0].label == words


def test_nothing_yet_says_what_to_do(opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    st.cache_data.clear()
    page = opened(header(), "overview")
    assert "No sessions here yet" in everything(page)
    assert page.code[0].value == "wattlane import sessions FILE.csv --tenant ampere"


@pytest.mark.parametrize("view", ["maintenance", "risk", "demand", "unmet", "pricing", "data"])
def test_before_the_first_session_pages_of_other_facts_speak_for_themselves(
    opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, view: str
) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    st.cache_data.clear()
    page = opened(header(), view)
    assert "No sessions here yet" not in everything(page)
    assert page.info or page.dataframe
    partner = opened(header("ampere", "partner", organisations=("org-x",), tenant_wide=False), "chargers")
    assert "No sessions here yet" in everything(partner) and not partner.code


def test_the_app_opens_on_the_first_page_in_the_brand(opened: Open) -> None:
    page = opened(header())
    assert page.title[0].value == "Overview"
    drawn = "".join(str(element.proto) for element in page.get("html"))
    assert "#0B6E4F" in drawn and "Amp" in drawn
    assert "direction: rtl" not in drawn


def test_arabic_is_drawn_from_right_to_left(opened: Open) -> None:
    page = opened(header("barq", "owner", language="ar"))
    assert "direction: rtl" in "".join(str(element.proto) for element in page.get("html"))


FORGED = {
    "nothing": "",
    "nonsense": "a.b",
    "expired": header("ampere", expires_s=int(time.time()) - 1),
    "altered": header("barq")[:-3] + "AAA",
}


@pytest.mark.parametrize("value", FORGED.values(), ids=FORGED)
def test_without_a_good_identity_there_is_a_way_to_log_in_and_no_data(opened: Open, value: str) -> None:
    page = opened(value)
    assert page.title[0].value == "Please log in"
    assert not page.metric and not page.dataframe and not page.get("download_button")


def test_query_parameters_change_no_tenant(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    page = opened(header("barq"))
    page.query_params["tenant"] = "ampere"
    page.query_params["organisation"] = "org-f"
    assert "Kallio" not in everything(page.run())


@pytest.mark.parametrize(("role", "pages"), PAGES_OF_ROLE.items())
def test_a_role_has_its_pages_and_no_other(opened: Open, role: str, pages: tuple[str, ...]) -> None:
    from analytics_app.who import viewer

    page = opened(header("ampere", role))
    assert not page.exception
    person = viewer()
    assert person is not None and set(person.pages) == set(pages)


def test_a_driver_without_a_role_is_told_so(opened: Open) -> None:
    page = opened(header("ampere", "fleet_driver"))
    assert "Your role has no dashboards" in page.info[0].value
    assert not page.dataframe


def test_new_data_shows_at_once(opened: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from pipelines.defs.catalogue import STEPS
    from pipelines.defs.steps import Sources, carry_out
    from pipelines.resources.lake import Lake
    from tests.analytics_app.conftest import NOON_MS, TODAY

    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    st.cache_data.clear()
    rows = facts.charging("n1", NOON_MS)
    for count, expected in ((31, "1"), (33, "2")):
        more = facts.charging("n2", NOON_MS + 3_600_000, minutes=1, boot=9, meter_wh=9000) if count == 33 else []
        for step in STEPS:
            carry_out(step, Sources(Lake(), facts.Store(facts.messages(*rows, *more))), TODAY, TODAY)  # type: ignore[arg-type]
        assert opened(header(), "overview").metric[0].value == expected

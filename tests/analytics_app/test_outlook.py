"""Pages of demand, searches in vain, and prices."""

import pytest
import streamlit as st

from analytics_app import outlook
from analytics_app.charts import demand as charts
from analytics_app.who import Viewer
from tests.analytics_app.conftest import Open, header
from tests.analytics_app.test_views import everything

PAGES = ("demand", "unmet", "pricing")


@pytest.mark.req("ANA-05")
def test_demand_names_the_forecast_that_ships_and_all_the_others(opened: Open) -> None:
    text = everything(opened(header(), "demand"))
    assert "Shipped: same hour last week. This simple forecast beat the learned ones" in text
    assert "Truth inside the interval 91 %" in text and "Mean error per hour 0.5 kWh" in text
    assert "learned model (regression and trees)" in text and "last value" in text


@pytest.mark.req("ANA-05")
def test_demand_per_charger_and_too_little_history(opened: Open) -> None:
    page = opened(header(), "demand")
    page.session_state["demand_level"] = "charger"
    page.run()
    assert (
        "Shipped: learned model" in everything(page) and page.selectbox(key="demand_unit_charger").value == "Kallio 1"
    )
    page.session_state["demand_level"], page.session_state["demand_horizon"] = "area", 1
    assert "too little history" in everything(page.run())


@pytest.mark.req("ANA-04")
def test_unmet_shows_where_and_what_it_would_earn(opened: Open) -> None:
    text = everything(opened(header(), "unmet"))
    assert "Searches 24" in text and "Searches in vain 9" in text and "Share in vain 38 %" in text
    assert (
        "Near Tampere, 9 searches in 28 days found no charger. At the prices nearby they are worth about 23 EUR" in text
    )


@pytest.mark.req("ANA-05", "MKT-04")
def test_prices_say_why_and_no_estimate(opened: Open) -> None:
    text = everything(opened(header(), "pricing"))
    assert "2 prices never really varied" in text and "no estimate" in text
    assert "0.44" in text and "As the neighbours." in text and "Step limited." in text
    assert "not tried enough" in text and "-0.10 … 0.80" in text


@pytest.mark.req("ANA-05")
@pytest.mark.parametrize("page", PAGES)
def test_who_sees_one_organisation_sees_none_of_it(opened: Open, page: str) -> None:
    host = header("ampere", "owner", organisations=("org-h",), tenant_wide=False)
    text = everything(opened(host, page))
    assert "about the whole site" in text and "Tampere" not in text and "0.44" not in text
    with pytest.raises(PermissionError):
        outlook.advice_of(Viewer("ampere", "en", ("owner",), ("org-h",)))


@pytest.mark.req("ANA-05", "ANA-02")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["de", "ar", "fa"])
def test_in_every_language(opened: Open, page: str, language: str) -> None:
    assert not opened(header(language=language), page).exception


def test_charts_hold_the_rows_they_are_given(home: object) -> None:
    viewer = Viewer("ampere", "en", ("owner",), None)
    st.cache_data.clear()
    cells = outlook.cells_of(viewer, None, None).with_columns(share=0.5)
    drawn = charts.places(cells, words={"share": "s", "searches": "n"}, colour="#123456").to_dict()
    assert [layer["mark"]["type"] for layer in drawn["layer"]] == ["circle", "text"]
    assert sum(len(rows) for rows in drawn["datasets"].values()) >= 2

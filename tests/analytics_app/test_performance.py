"""Performance: money for whom it is, partners with their own rows only, and who came and went."""

from datetime import date
from typing import Any

import polars as pl
import pytest
import streamlit as st

from pipelines.marts import churn, performance
from pipelines.resources.lake import Lake
from tests.analytics_app.conftest import TODAY, Open, header
from tests.analytics_app.test_views import everything

pytestmark = [pytest.mark.req("TEN-05"), pytest.mark.slow]
MONTH = TODAY.replace(day=1)


def money(organisation: str | None, gross: int, tenant: str = "ampere") -> dict[str, Any]:
    row = dict.fromkeys(performance.TABLE.schema, 0) | {"tenant": tenant, "month_of": MONTH, "currency": "EUR"}
    return row | {
        "host_organisation": organisation, "host": f"d_{gross}", "bookings": 1, "completed": 1, "gross_minor": gross,
        "commission_minor": gross // 10, "host_credit_minor": gross - gross // 10,
    }  # fmt: skip


def people(organisation: str | None, active: int, tenant: str = "ampere", role: str = "driver") -> dict[str, Any]:
    return {
        "tenant": tenant, "month_of": MONTH, "role": role, "host_organisation": organisation,
        "whole": organisation is None, "active": active, "new": 1, "back": 0, "lost": None,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def business(home: object) -> None:
    lake = Lake()
    rows = [money("org-h", 5000), money("org-p", 7000), money("org-z", 90_000, "barq")]
    lake.replace_all(performance.TABLE, pl.DataFrame(rows, performance.TABLE.schema))
    counts = [people(None, 41), people("org-h", 17), people("org-p", 23), people(None, 99, "barq")]
    lake.replace_all(churn.TABLE, pl.DataFrame(counts, churn.TABLE.schema))
    st.cache_data.clear()


def test_the_whole_tenant_has_money_partners_and_people(opened: Open) -> None:
    page = opened(header(), "performance")
    assert not page.exception
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Commission kept"] == "12.00 EUR" and shown["Credited to hosts"] == "108.00 EUR"
    assert shown["Paid by drivers"] == "1.20 EUR"
    text = everything(page)
    assert "41" in text and "900.00" not in text and "99" not in text


@pytest.mark.req("TEN-03", "TEN-04")
def test_a_partner_sees_its_own_and_no_other_partners_business(opened: Open) -> None:
    partner = header("ampere", "partner", organisations=("org-h",), tenant_wide=False)
    page = opened(partner, "performance")
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Commission kept"] == "5.00 EUR" and shown["Credited to hosts"] == "45.00 EUR"
    text = everything(page)
    assert ",17," in text and ",23," not in text and ",41," not in text


def test_an_operator_sees_use_and_no_money(opened: Open) -> None:
    page = opened(header("ampere", "operator"), "performance")
    assert "EUR" not in everything(page) and "Sessions 1" in everything(page)
    assert not page.exception


@pytest.mark.req("TEN-03")
def test_the_other_tenant_sees_its_own(opened: Open) -> None:
    text = everything(opened(header("barq"), "performance"))
    assert "41" not in text and "120.00" not in text and "99" in text


def test_without_bookings_it_says_when_there_will_be_some(opened: Open) -> None:
    Lake().replace_all(performance.TABLE, pl.DataFrame(schema=performance.TABLE.schema))
    st.cache_data.clear()
    assert "No bookings are known" in everything(opened(header(), "performance"))


def test_months_that_the_period_touches_are_read_and_no_others(home: object) -> None:
    first = date(MONTH.year, MONTH.month, 1)
    asked = {"tenant": "ampere", "by": ("currency",)}
    assert performance.read(**asked, start=first, end=TODAY)["gross_minor"].to_list() == (  # type: ignore[arg-type]
        [12_000] if first < TODAY else []
    )
    assert performance.read(**asked, start=date(2001, 1, 1), end=date(2001, 2, 1)).height == 0  # type: ignore[arg-type]

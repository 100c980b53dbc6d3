"""The page of maintenance: visits first, uptime of each port, failures and repairs, outages by cause."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
import streamlit as st

from analytics_app import upkeep
from pipelines.defs.steps import Sources
from pipelines.defs.uptime import assets
from pipelines.resources.lake import Lake
from pipelines.resources.tables import OUTAGES_TOLD
from pipelines.transforms.uptime.figures import THRESHOLD_PCT
from tests.analytics_app.conftest import NOON_MS, Open, header
from tests.analytics_app.test_views import everything

pytestmark = [pytest.mark.req("MNT-03"), pytest.mark.slow]
BEGAN = datetime.fromtimestamp(NOON_MS / 1000, tz=UTC)


@pytest.fixture
def logged(home: Path) -> None:
    """An outage of one hour ten days ago at ampere's charger, and a network outage beside it."""
    row = {
        "tenant": "ampere", "outage": "o1", "device": "a1", "evse": 1, "began_at": BEGAN - timedelta(days=10),
        "ended_at": BEGAN - timedelta(days=10, hours=-1), "cause": "hardware", "mrec": "CX017", "planned": False,
        "exclusion": "", "broken": True, "withdrawn": False, "changed_at": BEGAN,
    }  # fmt: skip
    net = row | {"outage": "o2", "cause": "network", "broken": False, "mrec": "CX013"}
    lake = Lake()
    lake.replace_all(OUTAGES_TOLD, pl.DataFrame([row, net], schema=OUTAGES_TOLD.schema))
    for step in (assets.OUTAGES, assets.UPTIME):
        lake.replace_all(step.table, step.rows(Sources(lake, None), BEGAN + timedelta(hours=2)))  # type: ignore[arg-type]
    st.cache_data.clear()


def test_visits_come_first_then_uptime_failures_and_causes(opened: Open, logged: None) -> None:
    page = opened(header(), "maintenance")
    assert not page.exception
    shown = {metric.label: metric.value for metric in page.metric}
    assert next(iter(shown)) == "Visits that got energy" and shown["Visits that got energy"] == "100.0 %"
    assert shown["Charging ports above 97 %"] == "1 / 1"
    text = everything(page)
    assert "Kallio 1" in text and "CX017" in text and "680.116" in text
    causes = next(table.value for table in page.dataframe if "Hours" in table.value)
    assert dict(zip(causes["Cause class"], causes["For uptime"], strict=True)) == {
        "Hardware": "Counts", "Network": "Only offline",
    }  # fmt: skip
    assert len(page.get("download_button")) == len(page.dataframe) + 1  # the chart has its own


def test_whole_months_are_chosen_first(opened: Open, logged: None) -> None:
    page = opened(header(), "maintenance")
    assert page.selectbox(key="uptime_month").value <= BEGAN.date().replace(day=1)


def test_the_other_tenant_and_another_host_see_none_of_it(opened: Open, logged: None) -> None:
    for person in (header("barq"), header("ampere", "host", organisations=("org-x",), tenant_wide=False)):
        text = everything(opened(person, "maintenance"))
        assert "CX017" not in text and "Kallio" not in text


@pytest.mark.parametrize("language", ["ar", "de", "fa"])
def test_it_speaks_every_language(opened: Open, logged: None, language: str) -> None:
    assert not opened(header("ampere", "owner", language=language), "maintenance").exception


def test_97_per_cent_is_said_once() -> None:
    from analytics_app.views import maintenance

    assert maintenance.THRESHOLD_PCT == THRESHOLD_PCT


def months(*found: tuple[str, date, int, int, int]) -> pl.DataFrame:
    """(charger, month, hours up, failures, hours of failures)"""
    rows = [
        {"charger": c, "connector": "1", "source": "live", "day": day, "up_s": up * 3600, "down_s": h * 3600,
         "failures": n, "failure_s": h * 3600, "open_failures": 0}
        for c, day, up, n, h in found
    ]  # fmt: skip
    return pl.DataFrame(rows)


def test_time_to_repair_and_between_failures_over_twelve_months() -> None:
    rows = months(
        ("a", date(2025, 3, 1), 999, 9, 9), ("a", date(2025, 4, 1), 600, 1, 5), ("a", date(2026, 3, 1), 400, 3, 3),
        ("b", date(2026, 3, 1), 700, 0, 0),
    )  # fmt: skip
    found = upkeep.repairs(rows, date(2026, 3, 1), "charger").rows_by_key("charger", named=True, unique=True)
    assert (found["a"]["failures"], found["a"]["mttr_h"], found["a"]["mtbf_h"]) == (4, 2.0, 250.0)
    assert (found["b"]["mttr_h"], found["b"]["mtbf_h"], found["b"]["up_h"]) == (None, None, 700)

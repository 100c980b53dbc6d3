"""Reads of marts: kept per viewer, new data at once, pushed down, and never more rows than a page shows."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import streamlit as st

from analytics_app import data
from analytics_app.who import EVERYTHING, Viewer
from infra.bench.dashboards import fill
from pipelines.marts import sessions, sessions_daily
from pipelines.marts._sums import rows_of
from pipelines.resources.lake import Lake
from tests.analytics_app.conftest import Open, header

AMPERE = Viewer("ampere", "en", ("owner",), None)
BARQ = Viewer("barq", "en", ("owner",), None)
DAY = date(2026, 3, 10)


def row(tenant: str, energy_wh: int, organisation: str = "org-h", day: date = DAY) -> dict[str, Any]:
    return dict.fromkeys(sessions_daily.TABLE.schema) | {
        "tenant": tenant, "source": "live", "charger": "K", "site": tenant, "host_organisation": organisation,
        "currency": "EUR", "local_day": day, "day": day, "sessions": 1, "energy_wh": energy_wh, "duration_s": 60,
        "cost_minor": 10, "unpriced": 0, "without_energy": 0,
    }  # fmt: skip


def publish(*rows: dict[str, Any], first: date = DAY, last: date = DAY) -> None:
    Lake().replace_days(sessions_daily.TABLE, pl.DataFrame(list(rows), sessions_daily.TABLE.schema), first, last)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    st.cache_data.clear()


def energy(viewer: Viewer, **asked: Any) -> int:
    return int(data.sums_of(viewer, **asked)["energy_wh"].item())


@pytest.mark.req("TEN-03")
def test_what_was_read_for_one_viewer_never_serves_another(lake: None) -> None:
    publish(row("ampere", 1), row("ampere", 10, "org-p"), row("barq", 100))
    partner = Viewer("ampere", "en", ("partner",), ("org-p",))
    nobody = Viewer("ampere", "en", ("partner",), ())
    for _ in range(2):  # the second time from the cache
        assert [energy(viewer) for viewer in (AMPERE, BARQ, partner, nobody)] == [11, 100, 10, 0]


@pytest.mark.req("ANA-02")
def test_each_question_is_read_once_until_there_is_new_data(lake: None, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(row("ampere", 1))
    read, asked = sessions_daily.read, list[object]()

    def noted(**question: Any) -> pl.DataFrame:
        asked.append(question)
        return read(**question)

    monkeypatch.setattr(sessions_daily, "read", noted)
    assert [energy(AMPERE), energy(AMPERE), energy(AMPERE, start=DAY)] == [1, 1, 1] and len(asked) == 2
    publish(row("ampere", 5))
    assert energy(AMPERE) == 5 and len(asked) == 3


@pytest.mark.req("ANA-02")
def test_a_lake_made_anew_in_the_same_place_is_seen(lake: None, tmp_path: Path) -> None:
    import shutil

    publish(row("ampere", 1))
    assert energy(AMPERE) == 1
    shutil.rmtree(tmp_path / "lake")
    st.cache_data.clear()
    publish(row("ampere", 2))
    assert energy(AMPERE) == 2


@pytest.mark.req("ANA-01")
def test_files_of_other_months_and_rows_of_other_tenants_are_not_read(lake: None) -> None:
    days = [DAY + timedelta(days=31 * n) for n in range(12)]
    publish(*(row(t, 1, day=day) for day in days for t in ("ampere", "barq")), first=days[0], last=days[-1])
    part = rows_of(sessions_daily.TABLE, tenant="ampere", start=DAY, end=DAY + timedelta(days=1))
    plan = part.select("energy_wh").explain()
    assert 'col("local_day")' in plan and 'col("tenant")' in plan and "PROJECT" in plan
    assert "FILTER" not in plan.split("SCAN")[0], "a filter above the scan reads everything first"


@pytest.mark.req("ANA-02")
@pytest.mark.slow
def test_many_sessions_become_few_rows_and_the_same_sums(lake: None) -> None:
    fill(20_000, date(2026, 11, 20))
    st.cache_data.clear()
    by_site = data.sums_of(AMPERE, "site")
    total = data.sums_of(AMPERE).row(0, named=True)
    assert by_site.height <= 500 and by_site["energy_wh"].sum() == total["energy_wh"]
    ended = sessions.read(tenant="ampere")
    assert (total["sessions"], total["energy_wh"]) == (ended.height, ended["energy_wh"].sum())
    start, end = date(2026, 5, 1), date(2026, 6, 1)
    month = ended.filter(pl.col("local_day").is_between(start, end, closed="left"))
    fleets = data.fleet_of(AMPERE, start=start, end=end, source=None).row(0, named=True)
    of_fleets = month.filter(pl.col("fleet_organisation").is_not_null())
    assert (fleets["sessions"], fleets["energy_wh"]) == (of_fleets.height, of_fleets["energy_wh"].sum())
    page = data.sessions_page(AMPERE, start=start, end=end, source=None, offset=100, limit=50)
    newest = month.sort("ended_at", "charger", "session", descending=[True, False, False])
    assert page["session"].to_list() == newest["session"].to_list()[100:150]


@pytest.mark.req("ANA-03")
@pytest.mark.parametrize("view", EVERYTHING)
def test_a_csv_stands_beside_every_table_and_chart(opened: Open, view: str) -> None:
    page = opened(header(), view)
    assert not page.exception
    shown = len(page.dataframe) + len(page.get("vega_lite_chart")) + len(page.get("arrow_vega_lite_chart"))
    assert len(page.get("download_button")) >= shown

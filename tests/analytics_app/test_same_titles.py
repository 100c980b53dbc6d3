"""Two chargers of one title, two sites and two vehicles of one name: pages show each with its own figures."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics_app import data, figures, saved, tiles
from analytics_app.who import Viewer
from pipelines.marts import roster, sessions_daily, tenants
from pipelines.resources.lake import Lake
from saas.contracts.dashboards import Card, Spec
from tests.analytics_app.conftest import Open, WebApp, header
from tests.analytics_app.test_own import COMPOSE
from tests.pipelines.facts import tenants as brands

pytestmark = pytest.mark.req("ANA-02")
OWNER = Viewer("ampere", "en", ("owner",), None)
FLEET = Viewer("ampere", "en", ("fleet_manager",), ("org-f",))
DAY = datetime.now(UTC).date() - timedelta(days=1)  # pages look back from today
NORTH, SOUTH = "Charger 1 · Garage · Espoo", "Charger 1 · Garage · Turku"
NAMES = [
    ("charger", "uid-north", NORTH, "org-n"), ("charger", "uid-south", SOUTH, "org-s"),
    ("site", "loc-north", "Garage · Espoo", "org-n"), ("site", "loc-south", "Garage · Turku", "org-s"),
    ("vehicle", "v1", "ABC-1 · 111111", "org-f"), ("vehicle", "v2", "ABC-1 · 222222", "org-f"),
]  # fmt: skip


def row(whose: str, energy_wh: int, **other: Any) -> dict[str, Any]:
    return dict.fromkeys(sessions_daily.TABLE.schema) | {
        "tenant": "ampere", "source": "live", "charger": f"uid-{whose}", "site": f"loc-{whose}",
        "fleet_organisation": "org-f", "currency": "EUR", "local_day": DAY, "day": DAY, "sessions": 1,
        "energy_wh": energy_wh, "duration_s": 3600, "cost_minor": 10, "unpriced": 0, "without_energy": 0,
    } | other  # fmt: skip


@pytest.fixture
def lake(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.delenv("LAKE_URL", raising=False)
    st.cache_data.clear()
    lake = Lake()
    rows = [row("north", 1000), row("south", 5000)]
    lake.replace_days(sessions_daily.TABLE, pl.DataFrame(rows, sessions_daily.TABLE.schema), DAY, DAY)
    lake.replace_all(tenants.TABLE, brands())
    names = [{"tenant": "ampere", "kind": k, "id": i, "name": n, "organisation": o} for k, i, n, o in NAMES]
    lake.replace_all(roster.TABLE, pl.DataFrame(names))
    return lake


def by(viewer: Viewer, word: str, **asked: Any) -> dict[str, int]:
    return dict(data.sums_of(viewer, word, **asked).select(word, "energy_wh").iter_rows())


def test_sums_are_by_charger_and_site_not_by_title(lake: Lake) -> None:
    assert by(OWNER, "charger") == {NORTH: 1000, SOUTH: 5000}
    assert by(OWNER, "site") == {"Garage · Espoo": 1000, "Garage · Turku": 5000}
    assert by(FLEET, "charger") == {NORTH: 1000, SOUTH: 5000}  # a fleet charges at chargers of others


def test_a_station_of_a_file_that_is_called_like_a_charger_stays_another(lake: Lake) -> None:
    rows = [row("north", 1000), row("x", 7, source="imported", charger=NORTH, site="Garage · Espoo")]
    lake.replace_days(sessions_daily.TABLE, pl.DataFrame(rows, sessions_daily.TABLE.schema), DAY, DAY)
    assert by(OWNER, "charger") == {f"{NORTH} · -north": 1000, NORTH: 7}


def test_a_filter_means_one_charger_and_an_old_one_all_that_have_the_title(lake: Lake) -> None:
    def drawn(*names: str) -> int:
        spec = {"tiles": [{"kind": "metric", "measure": "energy", "filters": {"charger": list(names)}}]}
        made = msgspec.convert(spec | {"span": "p_all"}, Spec)
        rows = tiles.rows_of(OWNER, data.brand_of(OWNER), made, made.tiles[0])
        shown: float = rows["value"].item()
        return round(shown * 1000)

    assert [drawn("uid-north"), drawn(SOUTH), drawn("Charger 1"), drawn("Charger 2")] == [1000, 5000, 6000, 0]


def test_two_vehicles_of_one_plate_are_two_rows(lake: Lake) -> None:
    rows = pl.DataFrame({"vehicle": ["v1", "v2"], "n": [1, 2]})
    named = figures.named(rows, "vehicle", data.roster_of(FLEET), "vehicle", "?")
    assert dict(named.iter_rows()) == {"ABC-1 · 111111": 1, "ABC-1 · 222222": 2}


def test_the_page_and_its_csv_name_both(lake: Lake, opened: Open) -> None:
    app = opened(header(), "chargers")
    assert not app.exception
    shown = app.dataframe[0].value
    assert sorted(shown.iloc[:, 0]) == [NORTH, SOUTH]


def test_a_composer_chooses_by_name_and_keeps_ids(lake: Lake, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {"tiles": [{"kind": "metric", "measure": "sessions", "filters": {"charger": [SOUTH]}}], "span": "p_all"}
    card = Card(uid="00000000-0000-0000-0000-000000000001", name="Old", roles=[], version=1, owner="Olga",
                spec=msgspec.convert(spec, Spec), may_edit=True)  # fmt: skip
    monkeypatch.setattr(saved, "TRANSPORT", WebApp([card], may_compose=True).transport)
    opened(header(), "data")
    app = AppTest.from_string(COMPOSE, default_timeout=60).run()
    app.selectbox(key="which").select(card.uid).run()
    assert not app.exception
    (choice,) = [one for one in app.multiselect if str(one.key).startswith("values-")]
    assert sorted(choice.options) == [NORTH, SOUTH] and choice.value == ["uid-south"]

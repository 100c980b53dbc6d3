"""Dashboards that people compose: drawn for each viewer from their own figures, composed, saved, and in conflict."""

import uuid
from typing import Any

import msgspec
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics_app import saved
from analytics_app.tiles import packed
from saas.contracts.dashboards import MEASURES, SEES, SHAPES, Card, Spec, Tile, faults, may_see
from tests.analytics_app.conftest import Open, WebApp, header
from tests.analytics_app.test_views import everything

pytestmark = [pytest.mark.req("TEN-09"), pytest.mark.slow]
ROLES = ("owner",)
TILES: list[dict[str, Any]] = [
    {"kind": "metric", "measure": "energy", "title": "All energy", "width": 2},
    {"kind": "metric", "measure": "revenue", "width": 2},
    {"kind": "line", "measure": "energy", "by": ["day"]},
    {"kind": "bar", "measure": "sessions", "by": ["site"]},
    {"kind": "bar", "measure": "energy_by_hour", "by": ["weekday"]},
    {"kind": "table", "measure": "fleet_co2e", "by": ["vehicle"]},
    {"kind": "table", "measure": "revenue", "by": ["charger"]},
    {"kind": "heat", "measure": "energy_by_hour", "by": ["weekday", "hour"], "width": 6},
]


def card(tiles: list[dict[str, Any]] | None = None, name: str = "Mornings", **other: Any) -> Card:
    spec = msgspec.convert({"tiles": TILES if tiles is None else tiles, "span": "p_all"}, Spec)
    fields: dict[str, Any] = {
        "uid": str(uuid.uuid4()),
        "roles": ["owner"],
        "version": 3,
        "owner": "Olga",
        "may_edit": True,
    } | other
    return Card(name=name, spec=spec, **fields)


def draw(opened: Open, value: str, shown: Card) -> AppTest:
    """The dashboard as its page draws it."""
    opened(value, "data")
    page = AppTest.from_string(OWN, default_timeout=60)
    page.session_state["card"] = shown
    return page.run()


OWN = """
import streamlit as st
from analytics_app import data as marts, text, who
from analytics_app.views import own
person = who.viewer()
own.page(person, text.Text(person.language), marts.brand_of(person), st.session_state["card"])
"""
COMPOSE = """
from analytics_app import data as marts, text, who
from analytics_app.views import compose
person = who.viewer()
compose.page(person, text.Text(person.language), marts.brand_of(person))
"""


def test_every_tile_is_drawn_with_its_figures_and_a_csv_beside_each_table_and_chart(opened: Open) -> None:
    page = draw(opened, header(), card())
    assert not page.exception
    assert {m.label: m.value for m in page.metric} == {"All energy": "3.0 kWh", "Price paid by drivers": "1.20 EUR"}
    assert "KAL-101 Nissan Leaf" in everything(page)
    drawn = len(page.dataframe) + len(page.get("vega_lite_chart")) + len(page.get("arrow_vega_lite_chart"))
    assert len(page.get("download_button")) == drawn == 6


def test_the_other_tenant_sees_its_own_figures_in_the_same_tiles(opened: Open) -> None:
    page = draw(opened, header("barq"), card())
    assert page.metric[0].value == "1.2 kWh"
    assert not any(word in everything(page) for word in ("Kallio", "KAL-101", "Aino"))


def test_an_organisation_sees_only_its_own_in_a_shared_dashboard(opened: Open) -> None:
    stranger = header("ampere", "partner", organisations=("org-x",), tenant_wide=False)
    page = draw(opened, stranger, card())
    assert page.metric[0].value == "0.0 kWh"
    assert "Kallio" not in everything(page) and "KAL-101" not in everything(page)


def test_a_role_without_a_right_does_not_get_the_tile(opened: Open) -> None:
    page = draw(opened, header("ampere", "operator"), card())
    assert [m.label for m in page.metric] == ["All energy"]
    assert "EUR" not in everything(page) and "KAL-101" not in everything(page)
    assert "3 fields are not shown" in everything(page)


def test_the_navigation_has_it_for_its_viewers(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = WebApp([card()], may_compose=True)
    monkeypatch.setattr(saved, "TRANSPORT", peer.transport)
    drawn: list[str] = []
    real = st.Page

    def noted(*given: Any, **named: Any) -> Any:
        drawn.append(named["title"])
        return real(*given, **named)

    monkeypatch.setattr(st, "Page", noted)
    assert not opened(header()).exception
    assert {"Mornings", "Compose a dashboard"} <= set(drawn)


def test_without_the_web_app_the_other_pages_open_and_it_is_said(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = WebApp()
    peer.away = True
    monkeypatch.setattr(saved, "TRANSPORT", peer.transport)
    monkeypatch.setattr(saved, "PAUSE_S", 0)
    page = opened(header())
    assert page.title[0].value == "Overview" and not page.exception
    assert "cannot be loaded right now" in "".join(c.value for c in page.sidebar.caption)


def compose(opened: Open, monkeypatch: pytest.MonkeyPatch, peer: WebApp, value: str = "") -> AppTest:
    opened(value or header(), "data")
    monkeypatch.setattr(saved, "TRANSPORT", peer.transport)
    st.cache_data.clear()
    return AppTest.from_string(COMPOSE, default_timeout=60).run()


def button(page: AppTest, label: str) -> Any:
    return next(b for b in page.button if b.label == label)


def test_one_is_composed_previewed_saved_changed_copied_and_deleted(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    peer = WebApp(may_compose=True)
    page = compose(opened, monkeypatch, peer)
    assert page.metric[0].value == "1" and button(page, "Save").disabled
    page = page.text_input[0].set_value("Mornings").run()
    page = next(b for b in page.button if b.label == "Add a field").click().run()
    page = [s for s in page.selectbox if s.label == "What"][1].set_value("energy").run()
    page = [s for s in page.selectbox if s.label == "As"][1].set_value("bar").run()
    page = next(s for s in page.selectbox if s.label == "Split by").set_value("site").run()
    page = page.multiselect[0].set_value(["operator"]).run()
    page = button(page, "Save").click().run()
    assert not page.exception
    made = peer.cards[0]
    assert (made.name, made.roles, made.version) == ("Mornings", ["operator"], 1)
    assert [(t.kind, t.measure, t.by) for t in made.spec.tiles] == [
        ("metric", "sessions", []),
        ("bar", "energy", ["site"]),
    ]
    page = button(page, "Save").click().run()
    assert peer.cards[0].version == 2
    page = button(page, "Duplicate").click().run()
    assert sorted((c.name, tuple(c.roles)) for c in peer.cards) == [
        ("Copy of Mornings", ()),
        ("Mornings", ("operator",)),
    ]
    page = button(page, "Delete").click().run()
    assert [c.name for c in peer.cards] == ["Mornings"] and not page.exception


def test_who_was_slower_is_told_and_can_load_again(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = WebApp([card()], may_compose=True)
    page = compose(opened, monkeypatch, peer)
    page = page.selectbox[0].set_value(peer.cards[0].uid).run()
    peer.cards[0].version = 4
    page = button(page, "Save").click().run()
    assert "changed this dashboard meanwhile" in page.error[0].value


def test_without_the_web_app_nothing_is_saved_and_it_says_so(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    peer = WebApp(may_compose=True)
    monkeypatch.setattr(saved, "PAUSE_S", 0)
    page = compose(opened, monkeypatch, peer)
    page = page.text_input[0].set_value("Mornings").run()
    peer.away = True
    page = button(page, "Save").click().run()
    assert "does not answer" in page.error[0].value and not peer.said


@pytest.mark.slow
@pytest.mark.parametrize("measure", MEASURES)
def test_each_measure_can_be_shown_by_each_kind_that_the_page_offers(opened: Open, measure: str) -> None:
    from analytics_app.views.compose import kinds_of

    tiles = [
        {"kind": kind, "measure": measure, "by": by} for kind in kinds_of(measure) for by in _splits(kind, measure)
    ]
    spec = msgspec.convert({"tiles": tiles[:24], "span": "p_all"}, Spec)
    assert faults(spec, ROLES) == []
    assert not draw(opened, header(), card(tiles[:24])).exception


def _splits(kind: str, measure: str) -> list[list[str]]:
    count, among = SHAPES[kind]
    if count != 1:
        return [list(among[:count])]
    return [[word] for word in MEASURES[measure].by if not among or word in among]


def test_rows_of_tiles_are_never_wider_than_the_page() -> None:
    tiles = [Tile(kind="metric", measure="sessions", width=width) for width in (2, 2, 2, 3, 4, 6, 2)]
    rows = list(packed(tiles))
    assert [tile for row in rows for tile in row] == tiles
    assert [sum(tile.width for tile in row) for row in rows] == [6, 3, 4, 6, 2]


HOSTILE: dict[str, dict[str, Any]] = {
    "unknown measure": {"kind": "metric", "measure": "passwords"},
    "sql": {"kind": "bar", "measure": "sessions", "by": ["site_or_1"]},
    "column of the mart": {"kind": "bar", "measure": "sessions", "by": ["tenant"]},
    "tenant filter": {"kind": "metric", "measure": "sessions", "filters": {"tenant": ["barq"]}},
    "other mart's column": {"kind": "bar", "measure": "sessions", "by": ["driver"]},
    "heat of sites": {"kind": "heat", "measure": "energy_by_hour", "by": ["weekday", "host_organisation"]},
    "too few": {"kind": "line", "measure": "energy"},
}


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize("tile", HOSTILE.values(), ids=HOSTILE)
def test_a_crafted_tile_is_refused(tile: dict[str, Any]) -> None:
    assert faults(msgspec.convert({"tiles": [tile]}, Spec), ROLES)


@pytest.mark.req("TEN-03")
def test_crafted_tiles_are_never_drawn(opened: Open) -> None:
    page = draw(opened, header(), card(list(HOSTILE.values())))
    assert not page.exception and not page.metric and not page.dataframe
    assert f"{len(HOSTILE)} fields are not shown" in everything(page)


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize(
    "spec",
    [
        {"tiles": [{"kind": "metric", "measure": "x'; DROP TABLE"}]},
        {"tiles": [{"kind": "script", "measure": "sessions"}]},
        {"tiles": [{"kind": "metric", "measure": "sessions", "source": "os"}]},
        {"tiles": [{"kind": "metric", "measure": "sessions", "width": 60}]},
        {"tiles": [{"kind": "metric", "measure": "sessions", "title": "x" * 81}]},
        {"tiles": [{"kind": "metric", "measure": "sessions"}] * 25},
        {"tiles": [{"kind": "bar", "measure": "sessions", "by": ["site"], "filters": {"site": ["x"] * 51}}]},
        {"tiles": [], "tenant": "barq"},
        {"tiles": [], "span": "p_9999"},
    ],
)
def test_a_spec_of_another_shape_is_no_spec(spec: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode(spec), type=Spec)


def test_every_right_that_a_measure_needs_is_one_that_roles_have() -> None:
    assert {need for measure in MEASURES.values() for need in measure.needs} <= set(SEES)
    assert not may_see(MEASURES["revenue"], ("operator",)) and may_see(MEASURES["revenue"], ("finance",))

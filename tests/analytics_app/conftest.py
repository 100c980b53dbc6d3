"""A lake with live sessions of two tenants, and a way to open pages as somebody."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec
import polars as pl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analytics_app import saved, who
from pipelines.defs.carbon.assets import INSTRUMENT_COVERAGE, INVENTORY, MARKET
from pipelines.defs.catalogue import STEPS
from pipelines.defs.risk.assets import CARD, RISK
from pipelines.defs.steps import Sources, carry_out
from pipelines.marts import roster, tenants
from pipelines.resources.lake import Lake
from pipelines.resources.tables import CHARGERS, CONTEXT
from saas.contracts import dashboards as words
from saas.contracts import door
from tests.analytics_app.outlook_facts import fill_outlook
from tests.pipelines import facts

SECRET = "secret of the door"
Open = Callable[..., AppTest]
TODAY = datetime.now(UTC).date()
NOON_MS = int(datetime(TODAY.year, TODAY.month, TODAY.day, tzinfo=UTC).timestamp() * 1000) + 60_000


def fill(home: Path) -> None:
    """Today: `s1` of ampere (fleet org-f, charger of org-h) and `b1` of barq."""
    lake = Lake()
    lake.replace_all(tenants.TABLE, facts.tenants())
    lake.replace_all(CHARGERS, facts.chargers())
    names = [
        ("vehicle", "v_1", "KAL-101 Nissan Leaf", "org-f"),
        ("driver", "d_1", "Aino", "org-f"),
        ("charger", "Kallio 1", "Kallio 1", "org-h"),
    ]
    rows = [{"tenant": "ampere", "kind": k, "id": i, "name": n, "organisation": o} for k, i, n, o in names]
    lake.replace_all(roster.TABLE, pl.DataFrame(rows))
    told = facts.context("a1/s1").with_columns(
        closed_at=pl.lit(datetime.now(UTC)).dt.cast_time_unit("ms"), day=pl.lit(TODAY)
    )
    lake.replace_days(CONTEXT, told, TODAY, TODAY)
    other = facts.charging("b1", NOON_MS, minutes=12, device="b9", tenant="barq")
    store = facts.Store(facts.messages(*facts.charging("s1", NOON_MS), *other))
    for step in STEPS:
        carry_out(step, Sources(lake, store), TODAY, TODAY)  # type: ignore[arg-type]
    fill_outlook(lake)
    for step in (CARD, RISK, MARKET, INSTRUMENT_COVERAGE, INVENTORY):
        lake.replace_all(step.table, step.rows(Sources(lake, store), datetime.now(UTC)))  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def main_module(monkeypatch: pytest.MonkeyPatch) -> None:
    """`AppTest` leaves the page as `__main__`, which later processes of `multiprocessing` would run once more."""
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("analytics")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WATTLANE_HOME", str(home))
        patch.delenv("LAKE_URL", raising=False)
        fill(home)
    return home


@pytest.fixture
def home(filled: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATTLANE_HOME", str(filled))
    monkeypatch.setenv("WATTLANE_SECRET_DOOR", SECRET)
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", SECRET)
    monkeypatch.setattr(saved, "TRANSPORT", WebApp().transport)
    st.cache_data.clear()
    return filled


class WebApp:
    """The web app's side of saved dashboards, in memory: what the real one says to the calls of `analytics_app`."""

    def __init__(self, cards: Sequence[words.Card] = (), may_compose: bool = False) -> None:
        self.cards, self.may_compose, self.away = list(cards), may_compose, False
        self.said: list[words.Saved | words.Removed] = []
        self.transport = httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path.endswith("/tenants"):
            brand = {"kind": "", "country": "", "language": "", "currency": "", "timezone": "", "colour_primary": "",
                     "colour_accent": ""}  # fmt: skip
            cards = [
                {"tenant": name, "name": name, "host": f"{name}.localhost", **brand} for name in ("ampere", "barq")
            ]
            return httpx.Response(200, content=msgspec.json.encode(cards))
        if request.url.path.endswith("/list"):
            mine = self.cards if request.headers["host"] == "ampere.localhost" else []
            return self._json(words.Found(items=mine, may_compose=self.may_compose))
        return self._change(request)

    def _change(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/remove"):
            gone = msgspec.json.decode(request.content, type=words.Removed)
            self.said.append(gone)
            self.cards = [card for card in self.cards if card.uid != gone.uid]
            return httpx.Response(204)
        said = msgspec.json.decode(request.content, type=words.Saved)
        held = next((card.version for card in self.cards if card.uid == said.uid), 0)
        if said.version != held:
            return httpx.Response(409, json={"code": "stale_dashboard", "detail": "Somebody was faster."})
        self.said.append(said)
        card = words.Card(uid=said.uid, name=said.name, roles=said.roles, spec=said.spec, version=said.version + 1,
                          owner="Olga", may_edit=True)  # fmt: skip
        self.cards = [other for other in self.cards if other.uid != said.uid] + [card]
        return self._json(card)

    def _json(self, said: msgspec.Struct) -> httpx.Response:
        return httpx.Response(200, content=msgspec.json.encode(said))


def header(tenant: str = "ampere", *roles: str, **other: object) -> str:
    fields = {
        "language": "en", "organisations": (), "tenant_wide": True, "expires_s": int(time.time()) + 600, "user": "u",
    } | other  # fmt: skip
    return door.sign(door.Identity(tenant=tenant, roles=roles or ("owner",), **fields), secret=SECRET)  # type: ignore[arg-type]


@pytest.fixture
def opened(home: Path, monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens the app, or one of its views, with an identity header (or whatever text stands in its place)."""

    def run(value: str, view: str | None = None) -> AppTest:
        monkeypatch.setattr(who, "header", lambda: value)
        if view is None:
            page = AppTest.from_file(str(Path(who.__file__).with_name("app.py")), default_timeout=60)
        else:
            page = AppTest.from_string(VIEW.format(view=view), default_timeout=60)
        return page.run()

    return run


VIEW = """
from analytics_app import data as marts, frame, text, who
from analytics_app.views import {view}
person = who.viewer()
words = text.Text(person.language)
given = frame.build(person, words, marts.brand_of(person), always=person.may_open_before_sessions("{view}"))
if given is not None:
    {view}.page(given)
"""

"""Risk through the real steps: report card, answers, models kept, what the web app is told and tells back."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import numpy as np
import polars as pl
import pytest

from pipelines.defs.risk import answers, assets, outcomes, push
from pipelines.defs.risk.facts import all_networks
from pipelines.learning import contest, keep, models
from pipelines.marts import risk, risk_card, sessions
from pipelines.marts import tenants as tenants_mart
from pipelines.marts._table import TenantRequired, collect
from pipelines.resources import models as store
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMA, Landing
from pipelines.resources.saas import SaasClient
from pipelines.resources.tables import CHARGERS, OUTAGES_TOLD, OUTCOMES_TOLD
from saas.contracts.internal import TenantCard
from saas.contracts.maintenance import Outcome, OutcomePage, RiskReport
from tests.pipelines import networks
from tests.pipelines.facts import tenants

pytestmark = pytest.mark.req("MNT-02")
NOW = networks.END + timedelta(minutes=20)
TABLE = networks.counts(9, 300)


SMALL = ((models, "SEEDS", 1), (models, "TREES", 10), (models, "FOLDS", 2), (contest, "GROUPS", 2))


def begin(home: Path, patch: pytest.MonkeyPatch) -> Lake:
    patch.setenv("WATTLANE_HOME", str(home))
    patch.setenv("WATTLANE_SECRET_PIPELINES", "secret of the pipelines")
    patch.delenv("LAKE_URL", raising=False)
    for module, name, value in SMALL:
        patch.setattr(module, name, value)
    made = Lake()
    made.replace_all(tenants_mart.TABLE, tenants())
    return made


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    return begin(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def told_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake whose risks were made, for tests that only read."""
    home = tmp_path_factory.mktemp("risk")
    with pytest.MonkeyPatch.context() as patch:
        lake = begin(home, patch)
        hold(lake)
        know(lake)
    return home


@pytest.fixture
def known(told_once: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_HOME", str(told_once))
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "secret of the pipelines")
    monkeypatch.delenv("LAKE_URL", raising=False)


def hold(lake: Lake, table: np.ndarray = TABLE, source: str = "live", tenant: str = "ampere") -> None:  # type: ignore[type-arg]
    """Sessions of the story in the mart; for devices the names of their chargers too."""
    rows = networks.sessions(table)
    every = rows.with_columns(
        session=pl.format("s{}", pl.int_range(pl.len())), tenant=pl.lit(tenant), source=pl.lit(source), charger="unit",
        site=pl.lit("Kallio"), host_organisation=pl.lit("org-h"), day=pl.col("ended_at").dt.date(),
        local_day=pl.col("ended_at").dt.date(),
    )  # fmt: skip
    missing = [pl.lit(None, kind).alias(n) for n, kind in sessions.TABLE.schema.items() if n not in every.columns]
    lake.replace_all(sessions.TABLE, every.with_columns(missing))
    units = sorted(rows["unit"].unique())
    named = [
        {"tenant": tenant, "device": f"d-{u}", "evse": 1, "charger": u, "site": "Kallio", "host_organisation": "org-h"}
        for u in units
    ]
    lake.replace_all(CHARGERS, pl.DataFrame([dict.fromkeys(CHARGERS.schema) | row for row in named], CHARGERS.schema))


def know(lake: Lake, now: datetime = NOW) -> None:
    for step in (assets.CARD, assets.RISK):
        rows = step.rows(None, now)  # type: ignore[arg-type]
        assert all(rule.bad(rows).height == 0 for rule in step.rules)
        lake.replace_all(step.table, rows)


@pytest.mark.usefixtures("known")
def test_every_charger_has_an_answer_for_both_horizons() -> None:
    rows = risk.read(tenant="ampere")
    assert rows.height == 2 * 9 and set(rows["horizon_days"]) == {7, 30}
    asked = rows.filter(pl.col("state") == "asked")
    assert asked.height and asked["probability_ppm"].is_between(1, 999_999).all()
    assert asked["place"].n_unique() == asked.height // 2 and set(asked["model"]) <= {r.name for r in models.RECIPES}
    assert rows["as_of"].unique().to_list() == [networks.END] and set(rows["device"]) == {
        f"d-C{n:02}" for n in range(9)
    }
    assert asked["reasons"].list.len().max() and asked["data_version"].str.starts_with("2026-03-10-").all()


@pytest.mark.usefixtures("known")
def test_the_card_says_which_model_is_shipped_and_how_good_each_is() -> None:
    card = risk_card.read(tenant="ampere", horizon_days=7)
    by_time = card.filter((pl.col("split") == "time") & (pl.col("figure") == "average_precision"))
    assert set(by_time["model"]) == {recipe.name for recipe in models.RECIPES}
    best = by_time.sort("value")["model"][-1]
    assert by_time.filter("shipped")["model"].to_list() == [best]
    figures = set(card["figure"])
    assert {"precision_at_capacity", "lead_time_days", "brier", "curve_said", "curve_came", "stability"} <= figures
    assert "accuracy" not in figures and set(card["capacity"]) == {3}
    model, version = keep.loads(store.load("risk/ampere/live/7") or b"")
    assert model.name == best and version == card["data_version"][0] == risk.read(tenant="ampere")["data_version"][0]


@pytest.mark.slow
def test_the_same_facts_again_learn_nothing_and_change_nothing(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(lake)
    know(lake)
    before = risk.TABLE.version(), risk_card.TABLE.version()
    monkeypatch.setattr(contest, "hold", None)
    know(lake, NOW + timedelta(minutes=10))
    assert (risk.TABLE.version(), risk_card.TABLE.version()) == before


def test_with_little_history_the_rule_gives_an_order_and_no_probability(lake: Lake) -> None:
    hold(lake, TABLE[:, -60:])
    know(lake)
    asked = risk.read(tenant="ampere", horizon_days=7).filter(pl.col("state") == "asked")
    assert asked.height and asked["probability_ppm"].null_count() == asked.height
    assert set(asked["model"]) == {"rule"} and asked["place"].to_list() == list(range(1, asked.height + 1))
    assert set(risk_card.read(tenant="ampere")["lacking"]) == {"days"} and store.load("risk/ampere/live/7") is None


def test_only_chargers_that_work_and_are_used_are_asked_of(lake: Lake) -> None:
    table = np.full((6, 60), 3)
    table[1, -6:], table[2, :], table[2, ::3], table[3, :-10] = 0, 0, 1, 0
    hold(lake, table)
    out = {"tenant": "ampere", "outage": "o1", "device": "d-C04", "evse": 1, "began_at": NOW - timedelta(days=1),
           "ended_at": None, "broken": True, "planned": False, "withdrawn": False}  # fmt: skip
    lake.replace_all(OUTAGES_TOLD, pl.DataFrame([dict.fromkeys(OUTAGES_TOLD.schema) | out], OUTAGES_TOLD.schema))
    know(lake)
    states = dict(risk.read(tenant="ampere", horizon_days=7).select("charger", "state").iter_rows())
    assert states == {
        "C00": "asked", "C01": "silent", "C02": "little_used", "C03": "too_new", "C04": "broken", "C05": "asked",
    }  # fmt: skip


@pytest.mark.slow
def test_an_imported_history_is_judged_at_its_own_end(lake: Lake) -> None:
    rows = networks.sessions(TABLE)
    landed = rows.with_columns(
        charger="unit", start_utc="started_at", end_utc="ended_at", source_row=pl.int_range(pl.len()),
        session_key=pl.format("k{}", pl.int_range(pl.len())), source_sha256=pl.lit("ab" * 32),
    )  # fmt: skip
    missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in landed.columns]
    Landing("ampere").store("ab" * 32, landed.with_columns(missing).select(list(SCHEMA)), [], {"file": "x.csv"})
    hold(lake, source="imported")
    know(lake, NOW + timedelta(days=3000))
    found = risk.read(tenant="ampere", horizon_days=7)
    assert found["as_of"].unique().to_list() == [risk_end(rows)] and found["network"].unique().to_list() == ["ab" * 6]
    assert found.filter(pl.col("state") == "asked")["probability_ppm"].null_count() == 0


def risk_end(rows: pl.DataFrame) -> datetime:
    last: datetime = rows["started_at"].max()  # type: ignore[assignment]
    return last.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


@pytest.mark.usefixtures("known")
def test_the_outsider_and_the_other_tenant_see_nothing() -> None:
    assert risk.read(tenant="barq").height == 0 and risk_card.read(tenant="barq").height == 0
    assert risk.read(tenant="ampere", organisations=("org-x",)).height == 0
    assert risk.read(tenant="ampere", organisations=()).height == 0
    assert risk.read(tenant="ampere", organisations=("org-h",)).height == 18
    for mart in (risk, risk_card):
        with pytest.raises(TenantRequired):
            mart.read(tenant="")


class WebApp:
    """The port of the internal API: takes risks, and tells what technicians found."""

    def __init__(self, *found: Outcome) -> None:
        self.found, self.taken = list(found), list[RiskReport]()

    def client(self) -> SaasClient:
        return SaasClient("http://web", httpx.MockTransport(self.answer), pause=0)

    def answer(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/tenants"):
            return httpx.Response(200, content=msgspec.json.encode([CARD]))
        if path.endswith("/risks"):
            self.taken.append(msgspec.json.decode(request.content, type=RiskReport))
            return httpx.Response(200, json={"taken": 1, "set_aside": 0})
        return httpx.Response(200, content=msgspec.json.encode(OutcomePage(items=self.found)))


CARD = TenantCard(
    tenant="ampere", host="ampere.localhost", name="A", kind="reseller", country="FI", language="en", currency="EUR",
    timezone="UTC", colour_primary="#000000", colour_accent="#ffffff",
)  # fmt: skip


@pytest.mark.req("MNT-05")
@pytest.mark.usefixtures("known")
def test_the_web_app_is_told_every_probability_with_its_reasons() -> None:
    web = WebApp()
    told = push.tell(web.client(), CARD)
    items = [item for report in web.taken for item in report.items]
    asked = risk.read(tenant="ampere").filter(pl.col("state") == "asked")
    assert told == len(items) == asked.height
    assert {(i.device_id, i.horizon_days, i.probability_ppm) for i in items} == set(
        asked.select("device", "horizon_days", "probability_ppm").iter_rows()
    )
    assert {reason.code for item in items for reason in item.reasons} <= push.UNITS.keys()
    assert datetime.fromisoformat(items[0].made_at) == networks.END


@pytest.mark.req("MNT-05")
def test_what_a_technician_found_is_a_label_of_the_next_training(lake: Lake) -> None:
    hold(lake)
    (before,) = all_networks(NOW)
    unit = before.grid.units.index("C01")
    day = networks.END - timedelta(days=50, hours=-3)
    found = Outcome(
        work_order="w1", device_id="d-C01", evse=1, charger="C01", began_at=day.isoformat(),
        ended_at=(day + timedelta(hours=5)).isoformat(), cause="hardware", mrec="M01", verdict="fixed", confirmed=True,
        changed_at=NOW.isoformat(),
    )  # fmt: skip
    assert outcomes.learn(lake, WebApp(found).client()) == 1
    assert outcomes.learn(lake, WebApp(found).client()) == 1 and collect(OUTCOMES_TOLD.scan()).height == 1
    (after,) = all_networks(NOW)
    assert not before.event[unit].any() and np.flatnonzero(after.event[unit]).tolist() == [after.grid.days - 50]
    assert before.fingerprint != after.fingerprint


def test_reasons_have_words_for_people_and_for_the_wire() -> None:
    from analytics_app.text import Text
    from pipelines.learning.reasons import KINDS

    assert {kind.code for kind in KINDS} == push.UNITS.keys()
    assert all(Text("de").knows(f"reason_{kind.code}") for kind in KINDS)


def test_a_capacity_of_the_crew_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATTLANE_CREW_VISITS", "12")
    assert answers.capacity() == 12
    assert datetime(2026, 3, 10, tzinfo=UTC) == networks.END

"""From the log, messages and files to the marts of uptime, visits and outages, through the real steps."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import polars as pl
import pytest

from pipelines.defs.catalogue import STEPS
from pipelines.defs.steps import Sources, carry_out
from pipelines.defs.uptime import assets, log
from pipelines.marts import outages, uptime, visits
from pipelines.marts import tenants as tenants_mart
from pipelines.marts._table import TenantRequired, collect
from pipelines.resources.lake import Lake
from pipelines.resources.landing import SCHEMAS, Landing
from pipelines.resources.saas import SaasClient
from pipelines.resources.tables import CHARGERS, CONTEXT, EQUIPMENT, OUTAGES_TOLD
from saas.contracts.internal import TenantCard
from saas.contracts.maintenance import OutageFact, OutagePage, StatusChange, StatusPage
from tests.pipelines.facts import DAY, NOON_MS, Store, chargers, charging, context, messages, tenants

pytestmark = pytest.mark.req("MNT-03")
NEEDED = ("raw_telemetry", "clean_telemetry", "sessions", "port_spans", "visits")
NOW = datetime(2026, 4, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lake]:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    monkeypatch.setenv("WATTLANE_SECRET_PIPELINES", "secret of the pipelines")
    monkeypatch.delenv("LAKE_URL", raising=False)
    made = Lake()
    made.replace_all(tenants_mart.TABLE, tenants())
    made.replace_all(CHARGERS, chargers())
    make = {"tenant": "ampere", "device": "a1", "evse": 1, "vendor": "Wattlane", "model": "One", "firmware": "1.4"}
    made.replace_all(EQUIPMENT, pl.DataFrame([make]))
    made.replace_days(CONTEXT, context("a1/s1"), DAY, DAY)
    yield made


def outage(uid: str = "o1", **more: object) -> OutageFact:
    plain: dict[str, object] = {
        "outage": uid, "device_id": "a1", "evse": 1, "charger": "Kallio 1", "began_at": "2026-03-10T14:00:00Z",
        "ended_at": "2026-03-10T16:00:00Z", "cause": "hardware", "mrec": "M01", "guessed_cause": "hardware",
        "broken": True, "changed_at": "2026-03-10T16:00:01Z",
    }  # fmt: skip
    return msgspec.convert(plain | more, OutageFact)


class WebApp:
    """The port of the internal API: pages of what it was told to say, and the queries it was asked."""

    def __init__(self, *items: OutageFact) -> None:
        self.items, self.asked = list(items), list[httpx.URL]()

    def client(self) -> SaasClient:
        return SaasClient("http://web", httpx.MockTransport(self.answer), pause=0)

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request.url)
        said: object = [TenantCard(
            tenant="ampere", host="ampere.localhost", name="A", kind="reseller", country="FI", language="en",
            currency="EUR", timezone="Europe/Helsinki", colour_primary="#000000", colour_accent="#000000",
        )]  # fmt: skip
        if request.url.path.endswith("/outages"):
            at = int(request.url.params.get("after") or 0)
            said = OutagePage(items=self.items[at : at + 1], next=str(at + 1) if at + 1 < len(self.items) else None)
        if request.url.path.endswith("/statuses"):
            change = StatusChange(
                device_id="a1", evse=1, charger="Kallio 1", at="2026-03-11T00:00:00Z", status="AVAILABLE"
            )
            said = StatusPage(items=[change])
        return httpx.Response(200, content=msgspec.json.encode(said))


def run(lake: Lake, now: datetime = NOW) -> None:
    facts = Store(
        messages(*charging(), {"kind": "event", "type": "unplugged", "seq": 99, "ts_ms": NOON_MS + 1_900_000})
    )
    for step in (step for step in STEPS if step.name in NEEDED):
        carry_out(step, Sources(lake, facts), DAY, DAY)  # type: ignore[arg-type]
    know(lake, now)


def know(lake: Lake, now: datetime = NOW) -> None:
    for step in (assets.OUTAGES, assets.UPTIME):
        rows = step.rows(Sources(lake, Store(messages(*charging()))), now)  # type: ignore[arg-type]
        assert all(rule.bad(rows).height == 0 for rule in step.rules)
        lake.replace_all(step.table, rows)


def test_from_the_log_to_uptime_by_page_and_month(lake: Lake) -> None:
    web = WebApp(outage(), outage("o2", began_at="2026-03-31T23:00:00Z", ended_at=None, cause="grid",
                                  exclusion="utility_interruption", broken=False))  # fmt: skip
    assert log.learn(lake, web.client()) == {"outages": 2, "statuses": 1}
    run(lake)
    march, april = uptime.read(tenant="ampere").to_dicts()
    assert (march["charger"], march["site"], march["vendor"], march["firmware"]) == (
        "Kallio 1",
        "Kallio",
        "Wattlane",
        "1.4",
    )
    assert (march["down_s"], march["excluded_s"], march["complete"]) == (7200, 3600, True)
    assert (march["failures"], march["failure_s"], march["open_failures"]) == (1, 7200, 0)
    assert march["absent_s"] == (9 * 24 + 12) * 3600
    assert (april["excluded_s"], april["seconds"], april["complete"]) == (33 * 3600, 33 * 3600, False)
    assert (april["t_outage_min"], april["t_excluded_min"]) == (120 + 60 + 33 * 60, 60 + 33 * 60)
    assert april["uptime_pct"] == pytest.approx((525_600 - 120) * 100 / 525_600, abs=1e-9)
    assert outages.read(tenant="ampere")["side"].to_list() == ["counts", "excluded"]
    (visit,) = visits.read(tenant="ampere").to_dicts()
    assert (visit["got_energy"], visit["vendor"]) == (True, "Wattlane")


def test_the_same_log_again_makes_no_new_version_and_a_correction_replaces(lake: Lake) -> None:
    web = WebApp(outage())
    log.learn(lake, web.client())
    run(lake)
    before = [mart.state() for mart in (uptime, outages, visits)]
    log.learn(lake, web.client())
    run(lake, NOW + timedelta(minutes=20))
    assert [mart.state() for mart in (uptime, outages, visits)] == before
    assert any(url.params.get("since", "").startswith("2026-03-10T15:50:01") for url in web.asked)
    web.items = [outage(exclusion="vandalism", changed_at="2026-03-20T00:00:00Z")]
    log.learn(lake, web.client())
    know(lake)
    assert collect(OUTAGES_TOLD.scan()).height == 1
    assert uptime.read(tenant="ampere")["down_s"].to_list() == [0, 0]
    web.items = [outage(withdrawn=True, changed_at="2026-03-21T00:00:00Z")]
    log.learn(lake, web.client())
    know(lake)
    assert outages.read(tenant="ampere").height == 0


def test_a_web_app_that_is_away_leaves_what_was_known(lake: Lake) -> None:
    import dagster as dg

    log.learn(lake, WebApp(outage()).client())
    away = SaasClient("http://web", httpx.MockTransport(lambda _: httpx.Response(503)), pause=0)
    assert dg.materialize([log.maintenance_log], resources={"lake": lake, "saas": away}).success
    assert collect(OUTAGES_TOLD.scan()).height == 1


def test_an_imported_status_file_alone_gives_uptime_and_outages(lake: Lake) -> None:
    def row(day: int, word: str) -> dict[str, object]:
        plain = dict.fromkeys(SCHEMAS["status"])
        return plain | {
            "row_key": f"k{day}", "charger": "51250", "connector": "1", "site": "Crown Inn", "status": word,
            "at_utc": datetime(2026, 2, day, tzinfo=UTC), "raw": word, "timezone": "UTC", "source_file": "s.csv",
            "source_row": day, "source_sha256": "f", "repaired": [],
        }  # fmt: skip

    said = [row(1, "AVAILABLE"), row(11, "OUTOFORDER"), row(12, "AVAILABLE"), row(21, "UNKNOWN")]
    Landing("ampere", kind="status").store("f", pl.DataFrame(said, schema=SCHEMAS["status"]), [], {"file": "s.csv"})
    know(lake, datetime(2026, 3, 1, tzinfo=UTC))
    (month,) = uptime.read(tenant="ampere", source="imported").to_dicts()
    assert (month["site"], month["down_s"], month["up_s"]) == ("Crown Inn", 86_400, 19 * 86_400)
    assert month["unknown_s"] == month["offline_s"] == 8 * 86_400
    assert (month["failures"], month["failure_s"]) == (1, 86_400)
    assert outages.read(tenant="ampere")["duration_s"].to_list() == [86_400]


def test_the_other_tenant_and_the_other_organisation_see_nothing(lake: Lake) -> None:
    log.learn(lake, WebApp(outage()).client())
    run(lake)
    for mart in (uptime, outages, visits):
        assert mart.read(tenant="ampere", organisations=("org-h",)).height > 0
        assert mart.read(tenant="barq").height == 0
        assert mart.read(tenant="ampere", organisations=("org-x",)).height == 0
        with pytest.raises(TenantRequired):
            mart.read(tenant="")

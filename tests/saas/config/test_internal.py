"""The internal API, as pipelines call it."""

import hashlib
import json
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from django.test import Client

from saas.contracts import internal
from saas.kit.home import home
from tenants.accounts.models import Organisation
from tenants.charging.models import Session
from tenants.energy import actions, queries
from tenants.energy.models import Report
from tenants.fleets.actions import import_roster
from tenants.sites.models import Evse
from tests import builders

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def call(
    method: str,
    path: str,
    body: object = None,
    *,
    tenant: str = "ampere",
    scope: str = "reports:write",
    host: str = "",
) -> Any:
    token = internal.mint(tenant=tenant, scope=scope, now_s=int(time.time()))
    headers = {"host": host or f"{tenant}.localhost", "Authorization": f"Bearer {token}"}
    data = msgspec.json.encode(body) if body is not None else b""
    return Client().generic(method, f"/internal/v1{path}", data, content_type="application/json", headers=headers)


@pytest.fixture
def report(ampere: object) -> Report:
    analyst = builders.person("analyst", "esg_analyst")
    return actions.request_report(
        user=analyst, kind="esg", organisation_uid=None, period_start=date(2026, 1, 1), period_end=date(2026, 2, 1),
        language="en", now=NOW,
    )  # fmt: skip


def made(kind: str = "pdf", content: bytes = b"%PDF", tenant: str = "ampere") -> internal.MadeFile:
    folder = home().files / tenant / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"x.{kind}").write_bytes(content)
    path = f"{tenant}/reports/x.{kind}"
    return internal.MadeFile(kind=kind, path=path, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content))  # type: ignore[arg-type]


@pytest.mark.req("TEN-03")
def test_tenants_are_listed_on_the_platforms_host(db: None) -> None:
    answer = call("GET", "/tenants", tenant="public", scope="tenants:read", host="localhost")
    cards = msgspec.json.decode(answer.content, type=list[internal.TenantCard])
    assert {"ampere", "barq"} <= {card.tenant for card in cards}
    ampere = next(card for card in cards if card.tenant == "ampere")
    assert (ampere.host, ampere.currency, ampere.timezone) == ("ampere.localhost", "EUR", "Europe/Helsinki")


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize(
    ("tenant", "scope", "host"),
    [
        ("barq", "reports:write", "ampere.localhost"),
        ("public", "reports:write", "ampere.localhost"),
        ("ampere", "roster:read", "ampere.localhost"),
    ],
)
def test_a_token_counts_for_its_tenant_and_scope_only(report: Report, tenant: str, scope: str, host: str) -> None:
    answer = call("GET", "/reports/queued", tenant=tenant, scope=scope, host=host)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "unauthenticated")


@pytest.mark.req("TEN-03")
@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x.y", "Basic abc"])
def test_without_a_token_nothing_is_told(report: Report, header: str) -> None:
    answer = Client().get("/internal/v1/reports/queued", headers={"host": "ampere.localhost", "Authorization": header})
    assert answer.status_code == 401


@pytest.mark.req("ESG-01")
def test_a_report_is_taken_up_made_and_registered(report: Report) -> None:
    queued = msgspec.json.decode(call("GET", "/reports/queued").content, type=list[internal.QueuedReport])
    assert [(q.uid, q.period_start, q.period_end) for q in queued] == [(str(report.uid), "2026-01-01", "2026-02-01")]
    uid = report.uid
    assert call("POST", f"/reports/{uid}/running", internal.RunStarted(run_id="r1")).status_code == 204
    assert call("GET", "/reports/queued").content == b"[]"
    done = internal.ReportMade(run_id="r1", data_version="v7", files=[made(), made("csv", b"a,b")])
    assert call("POST", f"/reports/{uid}/ready", done).status_code == 204
    report.refresh_from_db()
    assert (report.state, report.data_version, report.files.count()) == ("ready", "v7", 2)
    assert report.requested_by is not None
    path, name = queries.file_of(uid=uid, kind="csv", viewer=report.requested_by)
    assert (path.read_bytes(), name) == (b"a,b", "esg-2026-01-01-2026-02-01-report.csv")


@pytest.mark.req("ESG-01")
def test_of_two_runs_one_takes_it_up(report: Report) -> None:
    path = f"/reports/{report.uid}/running"
    assert call("POST", path, internal.RunStarted(run_id="r1")).status_code == 204
    assert call("POST", path, internal.RunStarted(run_id="r1")).status_code == 204
    assert call("POST", path, internal.RunStarted(run_id="r2")).status_code == 409
    late = internal.ReportFailed(run_id="r2", error="late")
    assert call("POST", f"/reports/{report.uid}/failed", late).status_code == 409


@pytest.mark.req("ESG-01", "TEN-03")
@pytest.mark.parametrize("change", ["digest", "size", "gone", "foreign", "outside"])
def test_a_file_that_is_not_what_was_said_is_refused(report: Report, change: str) -> None:
    file = made()
    made(tenant="barq")
    if change == "digest":
        file.sha256 = "0" * 64
    elif change == "size":
        file.size_bytes += 1
    else:
        places = {
            "gone": "ampere/reports/none",
            "foreign": "barq/reports/x.pdf",
            "outside": "ampere/../../secrets.json",
        }
        file.path = places[change]
    done = internal.ReportMade(run_id="r1", data_version="v7", files=[file])
    answer = call("POST", f"/reports/{report.uid}/ready", done)
    assert (answer.status_code, json.loads(answer.content)["code"]) == (422, "file_missing")
    report.refresh_from_db()
    assert report.state == "queued"


@pytest.mark.req("ESG-01", "TEN-03")
def test_the_other_tenants_report_is_unknown(report: Report) -> None:
    answer = call("POST", f"/reports/{report.uid}/running", internal.RunStarted(run_id="r1"), tenant="barq")
    assert answer.status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b'{"run_id": 5}'])
def test_a_body_that_does_not_fit_is_422(report: Report, body: bytes) -> None:
    token = internal.mint(tenant="ampere", scope="reports:write", now_s=int(time.time()))
    answer = Client().post(
        f"/internal/v1/reports/{report.uid}/running", body, content_type="application/json",
        headers={"host": "ampere.localhost", "Authorization": f"Bearer {token}"},
    )  # fmt: skip
    assert answer.status_code == 422


@pytest.mark.req("ANA-02")
def test_closed_sessions_come_in_order_page_by_page_and_name_nobody(ampere: object) -> None:
    people = builders.cast()
    listing = builders.listing(host=people.host)
    for number in range(3):
        start = builders.NOW + timedelta(hours=1 + number)
        _, session = builders.confirmed(of=listing, by=people.driver, start=start, length=30)
        closed = f"2026-11-20T1{number}:00:00Z"
        Session.objects.filter(pk=session.pk).update(
            state="closed", started_at=start, ended_at=start, energy_wh=1000 + number, cdr={"last_updated": closed}
        )
    named = Session.objects.get(energy_wh=1001)
    Session.objects.filter(pk=named.pk).update(transaction_id="17")
    named.names.create(device_id=named.device_id, transaction_id="18")
    first = call("GET", "/sessions?limit=2", scope="sessions:read")
    page = msgspec.json.decode(first.content, type=internal.SessionPage)
    assert [item.transactions for item in page.items] == [[], ["17", "18"]]
    assert [item.energy_wh for item in page.items] == [1000, 1001] and page.next
    rest = msgspec.json.decode(
        call("GET", f"/sessions?limit=2&after={page.next}", scope="sessions:read").content, type=internal.SessionPage
    )
    assert ([item.energy_wh for item in rest.items], rest.next) == ([1002], None)
    since = call("GET", "/sessions?since=2026-11-20T11:00:00Z", scope="sessions:read")
    assert len(json.loads(since.content)["items"]) == 2
    evse = listing.evse
    assert {(item.charger, item.site) for item in page.items} == {(str(evse.uid), str(evse.location.uid))}
    assert page.items[0].driver and page.items[0].driver.startswith("d_")
    assert people.driver.email not in first.content.decode() and people.driver.name not in first.content.decode()


@pytest.mark.req("ANA-02", "FLT-01")
def test_the_roster_names_chargers_vehicles_and_organisations(ampere: object) -> None:
    fleet = Organisation.objects.create(name="City cabs", kind="fleet")
    import_roster(organisation=fleet, data=b"plate,make\nABC-1,VW\n", now=NOW)
    listing = builders.listing(host=builders.person("host"))
    roster = msgspec.json.decode(call("GET", "/roster", scope="roster:read").content, type=internal.Roster)
    assert [(v.plate, v.organisation) for v in roster.vehicles] == [("ABC-1", str(fleet.uid))]
    (card,) = [card for card in roster.chargers if card.charger == str(listing.evse.uid)]
    place = listing.evse.location
    assert (card.device_id, card.title, card.site, card.site_name) == (
        listing.evse.device_id, listing.title, str(place.uid), place.name,
    )  # fmt: skip
    Evse.objects.filter(pk=listing.evse.pk).update(device_id=None)
    later = msgspec.json.decode(call("GET", "/roster", scope="roster:read").content, type=internal.Roster)
    assert [(c.device_id, c.title) for c in later.chargers if c.charger == card.charger] == [("", listing.title)]
    other = msgspec.json.decode(
        call("GET", "/roster", scope="roster:read", tenant="barq").content, type=internal.Roster
    )
    assert other.vehicles == []

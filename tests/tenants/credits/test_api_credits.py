"""Credits through the API and in the console: from the preview to the certificate, and who may."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.credits import actions
from tenants.credits.models import Block
from tests import builders
from tests.tenants.apiclient import Api, code, person, said
from tests.tenants.credits.street import START, session

pytestmark = [pytest.mark.django_db, pytest.mark.req("ESG-04", "API-01")]
BODY: dict[str, Any] = {
    "method": "vm0038", "version": "1.0", "region": "FI", "period_start": "2026-11-01", "period_end": "2026-12-01",
    "inputs": {"fleet": "electric-bus", "grid_mg_per_kwh": 79_000, "grid_source": "OWID 2023"},
}  # fmt: skip


@pytest.fixture
def manager() -> Api:
    return Api("ampere", person("ampere", "", "admin"))


@pytest.fixture
def charged() -> None:
    with tenant_schema("ampere"):
        session(evse=builders.evse(), wh=10_000_000)


def test_from_the_preview_to_the_retirement(manager: Api, charged: None) -> None:
    shown = said(manager.post("/credits/preview", BODY))
    assert (shown["sessions"], shown["energy_wh"]) == (1, 10_000_000) and shown["grams"] > 0
    made = manager.post("/credits/batches", BODY, Idempotency_Key="b1")
    assert made.status_code == 201, made.content
    assert said(manager.post("/credits/batches", BODY, Idempotency_Key="b1"))["uid"] == said(made)["uid"]
    path = f"/credits/batches/{said(made)['uid']}"
    assert code(manager.post("/credits/batches", BODY)) == (409, "credit_nothing_to_claim")
    assert said(manager.post(f"{path}/lock"))["grams"] == shown["grams"]
    assert code(manager.post(f"{path}/cancel")) == (409, "credit_batch_state")
    assert said(manager.post(f"{path}/verify", {"verifier": "TÜV", "verification": "R-1"}))["state"] == "verified"
    assert [row["energy_wh"] for row in said(manager.get(f"{path}/claims"))["items"]] == [10_000_000]
    (block,) = said(manager.get("/credits/blocks"))["items"]
    parts = said(manager.post(f"/credits/blocks/{block['uid']}/split", {"grams": [10**6, block["grams"] - 10**6]}))
    assert [part["grams"] for part in parts] == [10**6, block["grams"] - 10**6]
    one = f"/credits/blocks/{parts[0]['uid']}"
    filed = said(manager.post(f"{one}/file"))
    assert filed["stand_in"] is True and filed["document"]["unit"]["unitCount"] == 1
    assert said(manager.post(f"{one}/transfer", {"to": "Buyer"}))["owner"] == "Buyer"
    assert said(manager.post(f"{one}/retire", {"retired_for": "Cabs", "reason": "2026"}))["state"] == "retired"
    assert code(manager.post(f"{one}/transfer", {"to": "X"})) == (409, "credit_block_state")
    verbs = [event["verb"] for event in said(manager.get(one))["events"]]
    assert verbs == ["filed", "transferred", "retired"]
    assert len(said(manager.get("/credits/batches?limit=1"))["items"]) == 1


def test_refusals_of_the_methodology_are_its_own_words(manager: Api, charged: None) -> None:
    bad = BODY | {"inputs": {"fleet": "electric-bus"}}
    assert code(manager.post("/credits/preview", bad)) == (422, "credit_method")
    assert code(manager.post("/credits/preview", BODY | {"period_end": "2027-02-01"})) == (422, "invalid")
    assert {row["method"] for row in said(manager.get("/credits/methods"))} == {"vm0038", "lcfs", "thg"}


def test_the_auditor_reads_all_and_changes_nothing_and_others_find_nothing(manager: Api, charged: None) -> None:
    uid = said(manager.post("/credits/batches", BODY))["uid"]
    auditor = Api("ampere", person("ampere", "", "auditor"))
    assert said(auditor.get(f"/credits/batches/{uid}"))["uid"] == uid
    assert code(auditor.post(f"/credits/batches/{uid}/lock")) == (403, "forbidden")
    for stranger in (Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner"))):
        assert code(stranger.get(f"/credits/batches/{uid}")) == (404, "not_found")
        assert code(stranger.post(f"/credits/batches/{uid}/lock")) == (404, "not_found")
    outsider = Api("ampere", person("ampere"))
    for path in ("/credits/batches", "/credits/blocks", "/credits/methods", "/credits/green-rules"):
        assert code(outsider.get(path)) == (404, "not_found")


@pytest.mark.req("ESG-05")
def test_green_credit_of_ones_own_and_its_payout(manager: Api) -> None:
    began = datetime(2030, 1, 7, 12, tzinfo=UTC)
    driver = person("ampere", "aino")
    rule = {"basis": "contract", "instrument": "GoO 7", "minor_per_mwh": 5000, "cap_minor": 900,
            "valid_from": "2030-01-01T00:00:00Z"}  # fmt: skip
    assert manager.post("/credits/green-rules", rule).status_code == 201
    assert code(manager.post("/credits/green-rules", rule)) == (409, "green_rule_time")
    with tenant_schema("ampere"):
        session(evse=builders.evse(), wh=20_000, start=began, driver=driver)
        actions.grant_due(now=began + timedelta(days=1))
    mine = Api("ampere", driver)
    shown = said(mine.get("/credits/green-credit"))
    assert shown["balance"] == {"amount_minor": 100, "currency": "EUR"} and len(shown["items"]) == 1
    assert said(Api("ampere", person("ampere")).get("/credits/green-credit"))["items"] == []
    pay = {"driver": str(driver.uid), "amount_minor": 70, "reference": "SEPA 1"}
    for _ in range(2):
        assert said(manager.post("/credits/green-credit/payouts", pay))["balance"]["amount_minor"] == 30
    assert code(manager.post("/credits/green-credit/payouts", pay | {"reference": "2"})) == (
        409,
        "credit_above_balance",
    )
    assert code(mine.post("/credits/green-credit/payouts", pay)) == (404, "not_found")


def browser(tenant: str, *roles: str, **more: Any) -> Client:
    client = Client(headers={"host": f"{tenant}.localhost"})
    user = person(tenant, "", *roles)
    with tenant_schema(tenant):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


FORM = {
    "region": "FI", "period_start": "2026-11-01", "last_day": "2026-11-30", "organisation": "", "fleet": "electric-bus",
    "project_year": "1", "grid_mg_per_kwh": "79000", "grid_source": "OWID 2023",
}  # fmt: skip


def test_the_console_leads_from_a_look_to_a_certificate(charged: None) -> None:
    with tenant_schema("ampere"):
        session(evse=builders.evse(), wh=0, start=START)
    client = browser("ampere", "admin")
    assert "/console/credits/" in text(client.get("/console/"))
    assert "/console/credits/" not in text(browser("ampere", "operator").get("/console/"))
    assert "No claim yet" in text(client.get("/console/credits/"))
    new = "/console/credits/new/?method=vm0038:1.0"
    assert "Fleet of the published defaults" in text(client.get(new))
    look = text(client.post(new, FORM | {"look": "1"}))
    assert "No energy was delivered" in look and "Claim this energy" in look
    assert client.post(new, FORM | {"grid_source": ""}).status_code == 422
    made = client.post(new, FORM | {"claim": "1"})
    assert made.status_code == 302
    page = made["Location"]
    assert "Lock" in text(client.get(page))
    client.post(f"{page}lock/")
    assert "issue serials" in text(client.get(page))
    client.post(f"{page}verify/", {"verifier": "TÜV", "verification": "R-1"})
    shown = text(client.get(page))
    assert "WL-AMPERE-VM0038-1.0-FI-2026-000000000000001" in shown
    with tenant_schema("ampere"):
        block = Block.objects.get()
    there = f"/console/credits/blocks/{block.uid}/"
    assert "nothing leaves it" in text(client.get(there))
    assert client.get(f"{there}certificate/").status_code == 404
    refused = text(client.post(f"{there}split/", {"grams": "1, 2"}, follow=True))
    assert "together exactly the block" in refused
    retired = client.post(f"{there}retire/", {"retired_for": "Cabs Oy", "reason": "2026", "grams": "1000000"})
    proof = text(client.get(f"{retired['Location']}certificate/"))
    assert "Cabs Oy" in proof and "1,000,000" in proof and "TÜV" in proof
    filed = text(client.post(f"{retired['Location']}file/", follow=True))
    assert "Stand-in" in filed and "cadt-" in filed
    for other in (browser("ampere"), browser("barq", "owner")):
        for address in (there, page, f"{retired['Location']}certificate/"):
            assert other.get(address).status_code == 404
            assert other.post(f"{there}retire/", {"retired_for": "me", "reason": "x"}).status_code == 404


@pytest.mark.req("ESG-05")
def test_rules_and_ones_own_balance_have_pages() -> None:
    client = browser("ampere", "admin")
    form = {"basis": "off_peak", "window_start": "22:00", "window_end": "06:00", "per_kwh": "0.05", "percent": "",
            "cap": "9", "valid_from": "2031-01-01", "enabled": "on"}  # fmt: skip
    assert client.post("/console/credits/green/", form).status_code == 302
    page = text(client.get("/console/credits/green/"))
    assert "22:00–06:00" in page and "No rule holds now" in page
    began = datetime(2031, 1, 7, 21, tzinfo=UTC)
    driver = person("ampere", "aino")
    with tenant_schema("ampere"):
        one = session(evse=builders.evse(), wh=20_000, start=began, driver=driver)
        actions.grant_due(now=began + timedelta(days=1))
    mine = Client(headers={"host": "ampere.localhost"})
    with tenant_schema("ampere"):
        mine.force_login(driver, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert "1.00" in text(mine.get("/green/")) and "It cannot pay for a booking" in text(mine.get("/green/"))
    assert "Green credit" in text(mine.get("/bookings/"))
    assert "Green credit" in text(mine.get(f"/sessions/{one.uid}/receipt/"))
    assert "Pay out" in text(client.get("/console/credits/green/"))
    assert client.post(f"/console/credits/green/{driver.uid}/", {"amount": "0.40", "reference": "S"}).status_code == 302
    assert "0.60" in text(mine.get("/green/"))
    assert mine.get("/console/credits/green/").status_code == 404

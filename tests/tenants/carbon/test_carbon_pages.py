"""The pages of carbon: entering on paper's units, replacing, withdrawing, importing; strangers get nothing."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import Organisation, User
from tenants.carbon.models import Factor, FuelEntry, Instrument
from tests.tenants.apiclient import person

pytestmark = [pytest.mark.django_db, pytest.mark.req("ESG-01")]
INSTRUMENT = {
    "organisation": "", "kind": "certificate", "name": "Wind 2026", "volume_kwh": "5000.5", "g_per_kwh": "0",
    "energy_source": "renewable", "regions": "fi, se", "valid_from": "2026-01-01", "last_day": "2026-12-31",
    "produced_from": "2026-01-01", "produced_last": "2026-06-30", "source": "Fingrid", "evidence": "GO 643",
    "quality": ["conveys_rate", "sole_claim", "redeemed", "close_in_time", "same_market"],
}  # fmt: skip
FACTOR = {
    "kind": "fuel", "activity": "diesel", "region": "fi", "year": "2026", "published": "2.58", "gas_basis": "CO2e",
    "boundary_kind": "combustion", "boundary": "combustion", "source": "VTT", "licence": "own use",
    "valid_from": "2026-01-01", "last_day": "2026-12-31",
}  # fmt: skip


def browser(user: User, tenant: str = "ampere") -> Client:
    client = Client(headers={"host": f"{tenant}.localhost"})
    with tenant_schema(tenant):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def analyst() -> Client:
    return browser(person("ampere", "", "esg_analyst"))


def text(answer: Any) -> str:
    return str(answer.content.decode()).replace("\xa0", " ").replace("&#x27;", "'")


def rows(kind: Any) -> list[Any]:
    with tenant_schema("ampere"):
        return list(kind.objects.order_by("pk"))


def test_an_instrument_is_entered_corrected_and_withdrawn(analyst: Client) -> None:
    assert "No instrument yet" in text(analyst.get("/carbon/"))
    assert analyst.get("/carbon/instruments/new/").status_code == 200
    assert analyst.post("/carbon/instruments/new/", INSTRUMENT).status_code == 302
    (made,) = rows(Instrument)
    assert (made.volume_wh, made.regions, str(made.valid_to), str(made.produced_to)) == (
        5_000_500, ["FI", "SE"], "2027-01-01", "2026-07-01",
    )  # fmt: skip
    page = text(analyst.get("/carbon/"))
    assert "Wind 2026" in page and "5,000.5 kWh" in page and "Does not count" not in page
    form = text(analyst.get(f"/carbon/instruments/{made.uid}/"))
    assert 'value="2026-12-31"' in form and 'value="2026-06-30"' in form
    changed = analyst.post(f"/carbon/instruments/{made.uid}/", INSTRUMENT | {"quality": ["redeemed"]})
    assert changed.status_code == 302
    assert "Does not count" in text(analyst.get("/carbon/"))
    newest = rows(Instrument)[-1]
    assert analyst.post(f"/carbon/instruments/{newest.uid}/withdraw/").status_code == 302
    assert [row.current for row in rows(Instrument)] == [False, False]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"volume_kwh": ""}, "a certificate and a contract have a volume"),
        ({"last_day": "2025-12-31"}, "the first day after a period"),
        ({"regions": "Finland"}, "two capital letters"),
        ({"name": ""}, "This field is required"),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field(analyst: Client, wrong: dict[str, str], said: str) -> None:
    answer = analyst.post("/carbon/instruments/new/", INSTRUMENT | wrong)
    assert answer.status_code == 422 and said in text(answer)
    assert rows(Instrument) == []


def test_a_factor_gets_a_new_version(analyst: Client) -> None:
    assert analyst.post("/carbon/factors/new/", FACTOR).status_code == 302
    (made,) = rows(Factor)
    assert "2.58 kg per litre" in text(analyst.get("/carbon/factors/"))
    assert analyst.post(f"/carbon/factors/{made.uid}/", FACTOR | {"published": "2.6"}).status_code == 302
    assert [(row.version, row.value, row.current) for row in rows(Factor)] == [
        (1, 2_580_000, False), (2, 2_600_000, True),
    ]  # fmt: skip


@pytest.mark.req("ESG-02")
def test_fuel_is_entered_one_by_one_and_as_a_sheet(analyst: Client) -> None:
    filling = {"vehicle": "van-1", "fuel": "diesel", "litres": "61.24", "first_day": "2026-03-02", "country": "FI"}
    assert analyst.post("/carbon/fuel/", filling).status_code == 302
    twice = analyst.post("/carbon/fuel/", filling)
    assert twice.status_code == 422 and "entered already" in text(twice)
    sheet = analyst.get("/carbon/fuel/template/").content + b"van-2,coal,1,2026-03-01,,,\r\n"
    answer = analyst.post("/carbon/fuel/import/", {"file": SimpleUploadedFile("fuel.csv", sheet), "organisation": ""})
    assert answer.status_code == 422
    assert "1 row was left out" in text(answer) and "ABC-123" in text(answer)
    assert [row.volume_ml for row in rows(FuelEntry)] == [61_240, 61_240]
    assert analyst.post("/carbon/fuel/import/", {}).status_code == 422


@pytest.mark.req("TEN-03", "TEN-04")
def test_a_fleet_manager_enters_for_the_fleet_alone() -> None:
    with tenant_schema("ampere"):
        fleet, rival = (Organisation.objects.create(name=name, kind="fleet") for name in ("Cabs", "Rival"))
    manager = browser(person("ampere", "", "fleet_manager", organisation=fleet))
    filling = {"vehicle": "V", "fuel": "diesel", "litres": "1", "first_day": "2026-03-02", "country": "FI"}
    assert manager.post("/carbon/fuel/", filling | {"organisation": str(rival.uid)}).status_code == 422
    assert manager.post("/carbon/fuel/", filling | {"organisation": str(fleet.uid)}).status_code == 302
    assert [row.organisation_id for row in rows(FuelEntry)] == [fleet.pk]
    assert manager.get("/carbon/factors/new/").status_code == 403


@pytest.mark.req("TEN-03", "TEN-04")
def test_the_outsider_and_the_other_tenant_get_nothing(analyst: Client) -> None:
    analyst.post("/carbon/instruments/new/", INSTRUMENT)
    (made,) = rows(Instrument)
    outsider, owner = browser(person("ampere")), browser(person("barq", "", "owner"), "barq")
    for client in (outsider, owner):
        assert client.get(f"/carbon/instruments/{made.uid}/").status_code == 404
        assert client.post(f"/carbon/instruments/{made.uid}/withdraw/").status_code == 404
        assert client.post(f"/carbon/bread/{made.uid}/withdraw/").status_code == 404
    assert outsider.get("/carbon/").status_code == 403
    assert "Wind 2026" not in text(owner.get("/carbon/"))
    assert Client(headers={"host": "ampere.localhost"}).get("/carbon/").status_code == 302
    auditor = browser(person("ampere", "", "auditor"))
    assert "Wind 2026" in text(auditor.get("/carbon/"))
    assert auditor.get(f"/carbon/instruments/{made.uid}/").status_code == 404

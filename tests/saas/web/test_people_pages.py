"""Hosts, fleets, reports, identity and new brands."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from saas.tenancy.models import Domain, Tenant
from tenants.accounts.actions import add_organisation, grant
from tenants.accounts.models import Organisation, User
from tenants.energy.models import Report
from tenants.fleets.models import Vehicle
from tenants.marketplace.models import Listing
from tests import builders
from tests.builders import NOW

from .conftest import visitor

pytestmark = pytest.mark.usefixtures("now")
WEEK = {
    f"{part}_{day}": value for day in range(7) for part, value in (("open", "on"), ("from", "07:00"), ("to", "22:00"))
}


def offer_steps(device_id: str) -> dict[str, dict[str, str]]:
    return {
        "charger": {
            "title": "Garage on Fredrikinkatu",
            "connector": "IEC_62196_T2",
            "power_kw": "7.4",
            "amenities": "covered",
        },
        "adapter": {"device_id": device_id},
        "place": {
            "address": "Fredrikinkatu 1",
            "postal_code": "00120",
            "city": "Helsinki",
            "latitude": "60.1655",
            "longitude": "24.9375",
        },
        "price": {"per_hour": "2.40", "per_kwh": ""},
        "week": WEEK,
    }


@pytest.mark.req("MKT-04")
def test_a_host_offers_a_charger_step_by_step(ampere: Tenant) -> None:
    client = visitor(user=builders.person("host"))
    device = builders.device()
    for step, data in offer_steps(device.device_id).items():
        assert client.get(f"/host/new/{step}/").status_code == 200
        assert client.post(f"/host/new/{step}/", data).status_code == 302, step
    listing = Listing.objects.get()
    assert (listing.title, listing.state, listing.evse.device_id) == (
        "Garage on Fredrikinkatu",
        "live",
        device.device_id,
    )
    assert listing.availability.count() == 7
    assert "Fredrikinkatu 1" not in visitor().get(f"/chargers/{listing.uid}/").content.decode()


def test_an_offer_goes_on_where_it_was_left(ampere: Tenant) -> None:
    client = visitor(user=builders.person("host"))
    client.post("/host/new/charger/", offer_steps("x")["charger"])
    assert client.get("/host/new/")["Location"] == "/host/new/adapter/"
    assert "Garage on Fredrikinkatu" in client.get("/host/new/charger/").content.decode()


def test_an_adapter_that_is_not_ours_or_in_use_is_refused(ampere: Tenant) -> None:
    client = visitor(user=builders.person("host"))
    used = builders.evse().device_id
    for wrong, said in (("ad_0000000000000000", "no adapter with this id"), (str(used), "in use at another charger")):
        page = client.post("/host/new/adapter/", {"device_id": wrong})
        assert page.status_code == 422
        assert said in page.content.decode()


def test_the_last_step_alone_publishes_nothing(ampere: Tenant) -> None:
    client = visitor(user=builders.person("host"))
    assert client.post("/host/new/week/", WEEK)["Location"] == "/host/new/charger/"
    assert not Listing.objects.exists()


@pytest.mark.parametrize(
    ("step", "data"),
    [("charger", {"title": ""}), ("price", {}), ("place", {"latitude": "95"}), ("week", WEEK | {"to_0": "06:00"})],
)
def test_a_step_that_does_not_fit_keeps_the_input(ampere: Tenant, step: str, data: dict[str, str]) -> None:
    page = visitor(user=builders.person("host")).post(f"/host/new/{step}/", data)
    assert page.status_code == 422
    assert 'aria-invalid="true"' in page.content.decode() or "note bad" in page.content.decode()


def test_a_host_edits_pauses_and_deletes(ampere: Tenant) -> None:
    listing = builders.listing(host=builders.person("host"))
    client, page = visitor(user=listing.host), f"/host/chargers/{listing.uid}/"
    assert client.get(page).status_code == 200
    assert client.post(page, {"part": "words", "title": "New name", "description": "By the gate"}).status_code == 302
    assert client.post(page, {"part": "price", "per_kwh": "0.25"}).status_code == 302
    assert client.post(page, {"part": "week"} | WEEK).status_code == 302
    assert client.post(page, {"part": "price"}).status_code == 422
    client.post(f"{page}pause/")
    listing.refresh_from_db()
    assert (listing.title, listing.state) == ("New name", "paused")
    client.post(f"{page}delete/")
    listing.refresh_from_db()
    assert listing.state == "deleted"
    assert client.get(page).status_code == 404


@pytest.mark.req("TEN-03")
def test_chargers_of_others_cannot_be_edited(ampere: Tenant) -> None:
    listing = builders.listing(host=builders.person("host"))
    outsider = visitor(user=builders.person("outsider"))
    assert outsider.get(f"/host/chargers/{listing.uid}/").status_code == 404
    assert outsider.post(f"/host/chargers/{listing.uid}/delete/").status_code == 404
    listing.refresh_from_db()
    assert listing.state == "live"


def manager_of(kind: str = "fleet") -> tuple[Client, Organisation]:
    fleet = add_organisation(name="Nordkai", kind=kind, now=NOW)
    user = builders.person("manager")
    grant(user=user, role="fleet_manager", organisation=fleet, now=NOW)
    return visitor(user=user), fleet


def sheet(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("roster.csv", text.encode(), content_type="text/csv")


@pytest.mark.req("FLT-01")
def test_a_roster_is_imported_with_an_error_for_each_bad_row(ampere: Tenant) -> None:
    client, fleet = manager_of()
    text = "plate,battery_kwh,connector\nABC-1,58,Type 2\nABC-2,many,Type 2\nABC-3,58,Steckdose\n"
    page = client.post("/fleet/import/", {"fleet": str(fleet.uid), "file": sheet(text)})
    assert page.status_code == 422
    said = page.content.decode()
    assert "1 added" in said
    assert "2 rows were left out" in said
    assert "&#x27;many&#x27; is not a number" in said
    assert list(Vehicle.objects.values_list("plate", flat=True)) == ["ABC-1"]


@pytest.mark.parametrize("data", [{}, {"file": sheet("colour\nred\n")}])
def test_a_file_that_is_no_roster_is_said(ampere: Tenant, data: dict[str, object]) -> None:
    client, fleet = manager_of()
    assert client.post("/fleet/import/", {"fleet": str(fleet.uid)} | data).status_code == 422


@pytest.mark.req("FLT-01")
def test_a_vehicle_is_added_and_taken_off(ampere: Tenant) -> None:
    client, fleet = manager_of()
    assert (
        client.post("/fleet/vehicles/", {"fleet": str(fleet.uid), "plate": "xyz-9", "make": "Kia"}).status_code == 302
    )
    vehicle = Vehicle.objects.get()
    assert "XYZ-9" in client.get("/fleet/").content.decode()
    client.post(f"/fleet/vehicles/{vehicle.uid}/retire/")
    assert "XYZ-9" not in client.get("/fleet/").content.decode().replace("XYZ-9 is off the roster", "")


@pytest.mark.req("TEN-04")
def test_a_manager_sees_only_the_own_fleet(ampere: Tenant) -> None:
    client, _ = manager_of()
    other = add_organisation(name="Somebody else's", kind="fleet", now=NOW)
    assert "Somebody else" not in client.get(f"/fleet/?fleet={other.uid}").content.decode()


@pytest.mark.req("ESG-03")
def test_a_report_is_asked_for_and_watched(ampere: Tenant) -> None:
    client, fleet = manager_of("enterprise")
    asked = {
        "kind": "ghg",
        "organisation": str(fleet.uid),
        "period_start": "2026-10-01",
        "last_day": "2026-10-31",
        "source": "all",
        "language": "de",
    }
    assert client.post("/reports/", asked).status_code == 302
    report = Report.objects.get()
    assert (report.kind, str(report.period_end), report.language) == ("ghg", "2026-11-01", "de")
    page = client.get("/reports/").content.decode()
    assert "In the queue" in page
    assert "data-working" in page


@pytest.mark.parametrize(
    "wrong", [{"last_day": "2026-09-01"}, {"period_start": ""}, {"organisation": "x"}, {"kind": "x"}]
)
def test_a_report_that_cannot_be_made_is_said(ampere: Tenant, wrong: dict[str, str]) -> None:
    client, fleet = manager_of("enterprise")
    asked = {
        "kind": "ghg",
        "organisation": str(fleet.uid),
        "period_start": "2026-10-01",
        "last_day": "2026-10-31",
        "source": "all",
        "language": "en",
    }
    assert client.post("/reports/", asked | wrong).status_code == 422
    assert not Report.objects.exists()


@pytest.mark.req("MKT-07")
def test_the_identity_check_from_form_to_decision(ampere: Tenant) -> None:
    new = builders.person("new", verified=False)
    client = visitor(user=new)
    assert client.post("/account/identity/", {"name": "Nea"}).status_code == 422
    assert (
        client.post("/account/identity/", {"name": "Nea", "licence_plate": "abc-1", "vehicle_type": "Kia"}).status_code
        == 302
    )
    assert "We are checking" in client.get("/account/identity/").content.decode()
    owner = visitor(user=builders.person("owner", "owner"))
    assert "ABC-1" in owner.get("/console/identity/").content.decode()
    owner.post(f"/console/identity/{new.uid}/", {"decision": "accept"})
    new.refresh_from_db()
    assert new.identity == User.Identity.VERIFIED
    assert owner.post(f"/console/identity/{new.uid}/", {"decision": "refuse"}).status_code == 302
    new.refresh_from_db()
    assert new.identity == User.Identity.VERIFIED


def test_nobody_decides_about_themselves(ampere: Tenant) -> None:
    owner = builders.person("owner", "owner", verified=False)
    client = visitor(user=owner)
    client.post("/account/identity/", {"name": "Me", "licence_plate": "A", "vehicle_type": "B"})
    assert client.post(f"/console/identity/{owner.uid}/", {"decision": "accept"}).status_code == 404


def test_the_profile_keeps_the_language(ampere: Tenant) -> None:
    client = visitor(user=builders.person("driver"))
    client.post("/account/", {"name": "Neo", "phone": "", "language": "de"})
    assert '<html lang="de"' in client.get("/account/").content.decode()


def form_of_a_brand(**more: str) -> dict[str, str]:
    usual = {
        "name": "Amper Süd", "slug": "amper-sued", "tagline": "Laden um die Ecke", "colour_primary": "#123456",
        "colour_accent": "#FFCC00", "language": "de", "currency": "EUR", "owner_name": "Eva",
        "owner_email": "eva@sued.example",
        "owner_password": "a-long-password-9",
    }  # fmt: skip
    from saas.tenancy.views import cities

    return usual | {"city": next(key for key, city in cities().items() if city["name"] == "Berlin")} | more


@pytest.mark.req("TEN-01")
def test_a_reseller_opens_a_brand_that_is_live_at_once(db: None) -> None:
    page = visitor("localhost").post("/start/", form_of_a_brand())
    assert page.status_code == 201, page.content.decode()[-3000:]
    assert "http://amper-sued.localhost/" in page.content.decode()
    tenant = Domain.objects.get(domain="amper-sued.localhost").tenant
    assert (tenant.country, tenant.timezone) == ("DE", "Europe/Berlin")
    home = visitor("amper-sued.localhost").get("/").content.decode()
    assert '<html lang="de"' in home
    assert "Laden um die Ecke" in home
    assert "#123456" in visitor("amper-sued.localhost").get("/brand.css").content.decode()


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "Ampère!"},
        {"slug": "admin"},
        {"slug": "ampere"},
        {"colour_primary": "red"},
        {"owner_email": "eva"},
        {"city": "0"},
        {"name": ""},
    ],
)
def test_a_brand_that_does_not_fit_is_said_and_nothing_is_made(db: None, wrong: dict[str, str]) -> None:
    before = Tenant.objects.count()
    page = visitor("localhost").post("/start/", form_of_a_brand(**wrong))
    assert page.status_code in (409, 422)
    assert "Eva" in page.content.decode()
    assert Tenant.objects.count() == before

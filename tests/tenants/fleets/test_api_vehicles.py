"""Vehicles through the API."""

import pytest
from django.utils import timezone

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.actions import grant
from tenants.accounts.models import Organisation
from tenants.fleets.models import Vehicle
from tests.tenants.apiclient import Api, code, person, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def fleet() -> Organisation:
    with tenant_schema("ampere"):
        return Organisation.objects.create(name="City cabs", kind="fleet")


@pytest.fixture
def manager(fleet: Organisation) -> Api:
    return Api("ampere", person("ampere", "", "fleet_manager", organisation=fleet))


@pytest.mark.req("FLT-01", "API-01")
def test_a_roster_comes_in_once_with_an_error_for_each_row_that_does_not_fit(manager: Api, fleet: Organisation) -> None:
    csv = "plate,battery_kwh\nABC-1,58\nABC-2,many\n"
    first = said(manager.post(f"/vehicles/import/{fleet.uid}", {"csv": csv}))
    assert (first["added"], [(e["row"], e["column"]) for e in first["errors"]]) == (1, [(3, "battery_kwh")])
    assert said(manager.post(f"/vehicles/import/{fleet.uid}", {"csv": csv}))["unchanged"] == 1
    items = said(manager.get(f"/vehicles?organisation={fleet.uid}"))["items"]
    assert [(v["plate"], v["battery_wh"], v["organisation"]) for v in items] == [("ABC-1", 58_000, str(fleet.uid))]


@pytest.mark.req("FLT-01", "TEN-03", "TEN-04")
def test_others_neither_see_nor_change_a_roster(fleet: Organisation) -> None:
    with tenant_schema("ampere"):
        rival = Organisation.objects.create(name="Rival", kind="fleet")
    people = (
        Api("ampere", person("ampere")),
        Api("ampere", person("ampere", "", "fleet_manager", organisation=rival)),
        Api("barq", person("barq", "", "owner")),
    )
    for api in people:
        assert code(api.get(f"/vehicles?organisation={fleet.uid}")) == (404, "not_found")
        assert code(api.post(f"/vehicles/import/{fleet.uid}", {"csv": "plate\nX\n"})) == (404, "not_found")
        assert code(api.post("/vehicles", {"plate": "X", "organisation": str(fleet.uid)})) == (404, "not_found")


@pytest.mark.req("FLT-01")
def test_a_driver_keeps_vehicles_of_their_own() -> None:
    api, other = Api("ampere", person("ampere")), Api("ampere", person("ampere"))
    made = api.post("/vehicles", {"plate": "own-1", "battery_kwh": "40.5", "connector": "Type 2"})
    assert (made.status_code, said(made)["plate"], said(made)["battery_wh"]) == (201, "OWN-1", 40_500)
    path = f"/vehicles/{said(made)['uid']}"
    assert code(other("DELETE", path)) == (404, "not_found")
    assert code(Api("barq", person("barq", "", "owner"))("DELETE", path)) == (404, "not_found")
    assert said(other.get("/vehicles"))["items"] == []
    assert api("DELETE", path).status_code == 204
    assert said(api.get("/vehicles"))["items"] == []


@pytest.mark.req("FLT-01", "TEN-04", "API-01")
def test_a_manager_sees_all_their_fleets_and_their_cards_at_once(fleet: Organisation) -> None:
    with tenant_schema("ampere"):
        second, rival = (Organisation.objects.create(name=name, kind="fleet") for name in ("Second", "Rival"))
    user, driver = person("ampere", "", "fleet_manager", organisation=fleet), person("ampere")
    with tenant_schema("ampere"):
        grant(user=user, role="fleet_manager", organisation=second, now=timezone.now())
        for plate, owner in (("A-1", fleet), ("B-1", second), ("R-1", rival)):
            Vehicle.objects.create(plate=plate, rfid=f"card {plate}", organisation=owner, driver=driver)
        Vehicle.objects.create(plate="OWN-1", rfid="card own", driver=driver)

    def seen(api: Api, query: str = "") -> dict[str, str | None]:
        return {v["plate"]: v["rfid"] for v in said(api.get(f"/vehicles{query}"))["items"]}

    manager, analyst = Api("ampere", user), Api("ampere", person("ampere", "", "esg_analyst", organisation=fleet))
    assert seen(manager) == {"A-1": "card A-1", "B-1": "card B-1"}
    assert seen(manager, f"?organisation={second.uid}") == {"B-1": "card B-1"}
    assert seen(Api("ampere", driver)) == {"A-1": None, "B-1": None, "OWN-1": "card own", "R-1": None}
    assert (seen(analyst), seen(analyst, f"?organisation={fleet.uid}")) == ({}, {"A-1": None})
    admin = Api("ampere", person("ampere", "", "admin"))
    assert (seen(admin), seen(admin, f"?organisation={rival.uid}")) == ({}, {"R-1": "card R-1"})


@pytest.mark.req("FLT-01", "API-01")
def test_a_roster_comes_page_by_page_newest_first(manager: Api, fleet: Organisation) -> None:
    plates = [f"P-{number}" for number in range(5)]
    manager.post(f"/vehicles/import/{fleet.uid}", {"csv": "plate\n" + "\n".join(plates)})
    for query in ("", f"&organisation={fleet.uid}"):
        seen, after, links = [], "", []
        while after is not None:
            answer = manager.get(f"/vehicles?limit=2{query}" + (f"&after={after}" if after else ""))
            page = said(answer)
            seen += [vehicle["plate"] for vehicle in page["items"]]
            links.append("Link" in answer.headers)
            after = page["next"]
        assert (seen, links) == (plates[::-1], [True, True, False])
    assert code(manager.get("/vehicles?after=nonsense")) == (422, "invalid")

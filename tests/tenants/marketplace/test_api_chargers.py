"""Chargers through the API: for everybody, with the true place only for whom it may be shown to; and for hosts."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from saas.kit.tenant_context import tenant_schema
from saas.kit.time import floor_minute, iso
from tenants.accounts.models import User
from tenants.marketplace.models import Listing
from tests import builders
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = pytest.mark.django_db
NEAR = "near=60.1695,24.9354"


@pytest.fixture
def host() -> User:
    return person("ampere", "", identity="verified")


@pytest.fixture
def listing(host: User) -> Listing:
    with tenant_schema("ampere"):
        made: Listing = builders.listing(host=host, amenities=["wifi"])
    return made


@pytest.mark.req("MKT-04", "API-01")
def test_anybody_finds_chargers_by_the_public_place(listing: Listing) -> None:
    answer = Api("ampere").get(f"/chargers?{NEAR}&radius_m=5000&amenities=wifi")
    [found] = said(answer)["items"]
    assert (found["uid"], found["connector"], found["currency"]) == (str(listing.uid), "IEC_62196_T2", "EUR")
    assert (found["latitude"], found["longitude"]) != builders.HELSINKI
    assert found["price_per_hour_minor"] == 600


@pytest.mark.req("MKT-07")
def test_strangers_never_get_the_true_place(listing: Listing) -> None:
    for api in (Api("ampere"), Api("ampere", person("ampere"))):
        for path in (f"/chargers/{listing.uid}", f"/chargers?{NEAR}", f"/chargers/{listing.uid}/slots?{_tomorrow()}"):
            answer = api.get(path)
            assert answer.status_code == 200
            for secret in ("Secret street", "60.16952", "24.93545", "00100"):
                assert secret not in answer.content.decode()


@pytest.mark.req("MKT-07")
def test_a_verified_driver_and_the_host_get_the_address(listing: Listing, host: User) -> None:
    for user in (host, person("ampere", "", identity="verified")):
        seen = said(Api("ampere", user).get(f"/chargers/{listing.uid}"))
        assert (seen["exact"], seen["address"]) == (True, "Secret street 7")


@pytest.mark.req("TEN-03")
def test_the_other_tenant_neither_finds_nor_sees_it(listing: Listing) -> None:
    other = Api("barq", person("barq", "", "owner", identity="verified"))
    assert said(other.get("/chargers"))["items"] == []
    for path in (f"/chargers/{listing.uid}", f"/chargers/{listing.uid}/slots?{_tomorrow()}"):
        assert code(other.get(path)) == (404, "not_found")


@pytest.mark.req("API-01")
@pytest.mark.parametrize(
    "query",
    ["bbox=1,2,3", "near=91,0", "near=a,b", "limit=0", "limit=1000", "order=age", "radius_m=-1", "connector=X",
     "free_from=2026-01-01T00:00:00", "power_w=99999999", "radius_m=nan"],
)  # fmt: skip
def test_a_filter_that_does_not_fit_is_refused(db: None, query: str) -> None:
    assert code(Api("ampere").get(f"/chargers?{query}")) == (422, "invalid")


@pytest.mark.req("API-01")
def test_pages_of_a_search_follow_each_other(host: User) -> None:
    with tenant_schema("ampere"):
        for number in range(3):
            builders.listing(host=host, on=builders.evse(at=(60.17 + number / 100, 24.93)))
    first = Api("ampere").get(f"/chargers?{NEAR}&limit=2")
    assert 'rel="next"' in first.headers["Link"]
    rest = said(Api("ampere").get(f"/chargers?{NEAR}&limit=2&after={said(first)['next']}"))
    assert (len(said(first)["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


@pytest.mark.req("API-01")
def test_a_bad_token_is_refused_even_where_none_is_needed(listing: Listing) -> None:
    assert code(Api("ampere").get("/chargers", Authorization="Bearer nonsense")) == (401, "unauthenticated")


def offer(device_id: str) -> dict[str, Any]:
    return {
        "title": "Garage in the yard", "connector": "IEC_62196_T2", "max_power_w": 11000, "device_id": device_id,
        "per_hour": "4.50", "amenities": ["roof"], "weekly": [{"weekday": 0, "start_minute": 480, "end_minute": 1200}],
        "place": {"address": "Hidden lane 3", "city": "Helsinki", "country": "FI", "latitude": 60.2, "longitude": 24.9},
    }  # fmt: skip


@pytest.mark.req("MKT-02", "API-01")
def test_a_host_offers_a_charger_once_per_adapter(host: User) -> None:
    with tenant_schema("ampere"):
        device = builders.device()
    api = Api("ampere", host)
    made = api.post("/chargers", offer(device.device_id))
    assert made.status_code == 201
    assert (said(made)["state"], said(made)["address"]) == ("live", "Hidden lane 3")
    assert code(api.post("/chargers", offer(device.device_id))) == (409, "adapter_in_use")
    assert [c["uid"] for c in said(api.get("/host/chargers"))["items"]] == [said(made)["uid"]]


@pytest.mark.req("MKT-02", "TEN-03")
def test_the_other_tenants_adapter_is_unknown(host: User) -> None:
    with tenant_schema("barq"):
        device = builders.device()
    assert code(Api("ampere", host).post("/chargers", offer(device.device_id))) == (422, "adapter_unknown")


@pytest.mark.req("MKT-02")
def test_a_host_changes_pauses_prices_and_withdraws(listing: Listing, host: User) -> None:
    api, path = Api("ampere", host), f"/chargers/{listing.uid}"
    assert said(api("PATCH", path, {"title": "New name", "lead_minutes": 30}))["title"] == "New name"
    assert said(api("PUT", f"{path}/price", {"per_kwh": "0.30"}))["price_per_kwh"] == "0.30"
    week = {"weekly": [{"weekday": 6, "start_minute": 0, "end_minute": 60}]}
    assert api("PUT", f"{path}/availability", week).status_code == 200
    assert said(api.post(f"{path}/pause"))["state"] == "paused"
    assert code(Api("ampere").get(path)) == (404, "not_found")
    assert said(api.post(f"{path}/resume"))["state"] == "live"
    assert api("DELETE", path).status_code == 204
    assert code(api("PATCH", path, {"title": "Gone"})) == (404, "not_found")


@pytest.mark.req("TEN-03", "TEN-04")
@pytest.mark.parametrize(
    ("method", "suffix", "body"),
    [
        ("PATCH", "", {"title": "Mine now"}),
        ("PUT", "/price", {"per_hour": "0.01"}),
        ("PUT", "/availability", {"weekly": []}),
        ("POST", "/pause", None),
        ("POST", "/resume", None),
        ("DELETE", "", None),
    ],
)
def test_nobody_else_changes_it(listing: Listing, method: str, suffix: str, body: object) -> None:
    path = f"/chargers/{listing.uid}{suffix}"
    people = (Api("ampere", person("ampere")), Api("barq", person("barq", "", "owner")))
    assert [code(api(method, path, body)) for api in people] == [(404, "not_found")] * 2
    assert code(Api("ampere")(method, path, body)) == (401, "unauthenticated")
    with tenant_schema("ampere"):
        listing.refresh_from_db()
        assert (listing.title, listing.state) == ("Charger in the yard", "live")


@pytest.mark.req("MKT-06")
def test_free_slots_are_half_open_and_bounded(listing: Listing) -> None:
    api = Api("ampere")
    slots = said(api.get(f"/chargers/{listing.uid}/slots?{_tomorrow()}"))["items"]
    assert len(slots) == 1
    day = floor_minute(timezone.now())
    far = f"start={iso(day)}&end={iso(day + timedelta(days=32))}"
    back = f"start={iso(day)}&end={iso(day)}"
    for query in (far, back):
        assert code(api.get(f"/chargers/{listing.uid}/slots?{query}")) == (422, "invalid")


@pytest.mark.req("TEN-03")
def test_a_draft_is_its_hosts_alone(listing: Listing) -> None:
    with tenant_schema("ampere"):
        Listing.objects.filter(pk=listing.pk).update(state="draft")
    unknown_to_others(f"/chargers/{listing.uid}")


def _tomorrow() -> str:
    start = floor_minute(timezone.now()) + timedelta(days=1)
    return f"start={iso(start)}&end={iso(start + timedelta(hours=3))}"

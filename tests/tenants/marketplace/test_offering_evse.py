"""An outlet of a station is offered like any charger, by its operators or the host of the place."""

from typing import Any
from uuid import uuid4

import pytest

from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import Organisation
from tenants.marketplace.models import Listing
from tenants.power.models import Circuit, Member
from tenants.sites.models import Evse
from tests import builders
from tests.tenants.apiclient import Api, code, person, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def evse(db: None) -> Evse:
    with tenant_schema("ampere"):
        of = builders.device(kind=Device.Kind.STATION, station_id="CP-1")
        return builders.evse(of=of, private=False)


def terms(evse: object, **more: Any) -> dict[str, Any]:
    return {"title": "Fast one at the quay", "evse": str(evse), "per_kwh": "0.40", **more}


@pytest.mark.req("MKT-02", "CHG-09", "API-01")
def test_an_operator_offers_and_prices_a_stations_evse_once(evse: Evse) -> None:
    api = Api("ampere", person("ampere", "", "operator"))
    made = api.post("/chargers", terms(evse.uid))
    assert made.status_code == 201, made.content
    seen = said(made)
    assert (seen["evse_uid"], seen["power_w"], seen["bookable"], seen["price_per_kwh"]) == (
        str(evse.uid), 11_000, True, "0.40",
    )  # fmt: skip
    assert code(api.post("/chargers", terms(evse.uid))) == (409, "evse_in_use")
    changed = api("PUT", f"/chargers/{seen['uid']}/price", {"per_kwh": "0.50"})
    assert said(changed)["price_per_kwh"] == "0.50"


@pytest.mark.req("MKT-02", "TEN-04")
def test_the_host_of_the_place_offers_it_and_nobody_else(evse: Evse) -> None:
    with tenant_schema("ampere"):
        place, other = (Organisation.objects.create(name=name) for name in ("Quay", "Elsewhere"))
        evse.location.organisation = place
        evse.location.save()
    strangers = [
        Api("ampere", person("ampere")),
        Api("ampere", person("ampere", "", "host", organisation=other)),
        Api("ampere", person("ampere", "", "support")),
        Api("barq", person("barq", "", "owner")),
    ]
    assert [code(api.post("/chargers", terms(evse.uid))) for api in strangers] == [(404, "not_found")] * 4
    assert code(Api("ampere", person("ampere", "", "operator")).post("/chargers", terms(uuid4()))) == (404, "not_found")
    host = person("ampere", "", "host", organisation=place)
    assert Api("ampere", host).post("/chargers", terms(evse.uid)).status_code == 201
    with tenant_schema("ampere"):
        assert Listing.objects.get().host == host


@pytest.mark.req("MKT-02", "API-01")
@pytest.mark.parametrize(
    "wrong", [{"device_id": "ad_1"}, {"connector": "CHADEMO"}, {"evse": None}, {"evse": "x"}, {"per_kwh": None}]
)
def test_either_an_evse_or_an_adapter_with_its_place(evse: Evse, wrong: dict[str, Any]) -> None:
    api = Api("ampere", person("ampere", "", "operator"))
    assert code(api.post("/chargers", terms(evse.uid) | wrong)) == (422, "invalid")


@pytest.mark.req("MKT-02", "CHG-05", "CHG-07")
def test_what_was_deleted_is_offered_again_and_its_history_stays(evse: Evse) -> None:
    api = Api("ampere", person("ampere", "", "operator"))
    first = said(api.post("/chargers", terms(evse.uid)))
    with tenant_schema("ampere"):
        circuit = Circuit.objects.create(location=evse.location, name="Main", limit_ma=32_000)
        Member.objects.create(circuit=circuit, evse=evse)
        device = evse.device_id
    assert api("DELETE", f"/chargers/{first['uid']}").status_code in (200, 204)
    again = said(api.post("/chargers", terms(evse.uid, title="Once more")))
    assert again["bookable"] and again["evse_uid"] != str(evse.uid)
    with tenant_schema("ampere"):
        evse.refresh_from_db()
        new = Evse.objects.get(uid=again["evse_uid"])
        assert (evse.device_id, new.device_id) == (None, device)
        assert new.connectors.count() == evse.connectors.count() == 1
        assert Member.objects.get().evse == new and evse.listing.state == "deleted"
    assert code(api.post("/chargers", terms(evse.uid))) == (409, "evse_in_use")

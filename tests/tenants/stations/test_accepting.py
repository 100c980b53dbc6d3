"""A station that came by itself with the registration token: accepted or refused by an operator, through the API."""

from typing import Any

import pytest

from saas.contracts import rpc
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge.answers.methods import answer
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.sites.models import Evse
from tenants.stations.models import Station
from tests.tenants.apiclient import Api, code, person, said, unknown_to_others

pytestmark = pytest.mark.django_db
ACCEPTANCE: dict[str, Any] = {
    "name": "East quay",
    "place": {"address": "Quay 1", "city": "Helsinki", "country": "FI", "latitude": 60.17, "longitude": 24.94},
    "evses": [
        {"connector": "IEC_62196_T2", "max_power_w": 22_000},
        {"connector": "IEC_62196_T2_COMBO", "max_power_w": 50_000},
    ],
}


class Newcomer:
    """A station of ampere that connected with the registration token and said what it is."""

    def __init__(self) -> None:
        self.token = registry.registration_token(Tenant.objects.get(schema_name="ampere"))
        connected = self.connect(self.token)
        assert (connected.status, connected.pending) == (101, True)
        self.device = connected.device or ""
        assert self.boot() == "Pending"
        with tenant_schema("ampere"):
            self.path = f"/stations/{Station.objects.get().uid}"

    def connect(self, password: str) -> rpc.Connected:
        question = rpc.Connect(station_id="CP-7", tenant="ampere", password=password, protocol="ocpp1.6")
        found = answer("connect", question)
        assert isinstance(found, rpc.Connected)
        return found

    def boot(self) -> str:
        return str(answer("boot", rpc.Boot(device=self.device, protocol="ocpp1.6", vendor="V", model="M")).status)


@pytest.fixture
def newcomer(ampere: Tenant) -> Newcomer:
    return Newcomer()


@pytest.fixture
def operator(ampere: Tenant) -> Api:
    return Api("ampere", person("ampere", "", "operator"))


@pytest.mark.req("CHG-01", "API-01")
def test_an_accepted_station_boots_and_has_its_own_password(newcomer: Newcomer, operator: Api) -> None:
    assert said(operator.get(newcomer.path))["state"] == "pending"
    accepted = said(operator.post(f"{newcomer.path}/accept", ACCEPTANCE))
    assert (accepted["state"], accepted["location"]) == ("active", "East quay")
    assert [(e["number"], e["connectors"][0]["max_power_w"]) for e in accepted["evses"]] == [(1, 22_000), (2, 50_000)]
    assert newcomer.boot() == "Accepted"
    assert newcomer.connect(accepted["password"]).status == 101
    assert newcomer.connect(newcomer.token).status == 401
    assert "password" not in said(operator.get(newcomer.path))


@pytest.mark.req("CHG-01", "API-01")
def test_accepting_twice_is_refused_and_changes_nothing(newcomer: Newcomer, operator: Api) -> None:
    password = said(operator.post(f"{newcomer.path}/accept", ACCEPTANCE))["password"]
    assert code(operator.post(f"{newcomer.path}/accept", ACCEPTANCE)) == (409, "accepted_already")
    assert newcomer.connect(password).status == 101


@pytest.mark.req("CHG-01", "API-01")
def test_a_refused_station_is_out_until_it_is_accepted_after_all(newcomer: Newcomer, operator: Api) -> None:
    assert said(operator.post(f"{newcomer.path}/refuse"))["state"] == "revoked"
    assert said(operator.post(f"{newcomer.path}/refuse"))["online"] is False
    assert newcomer.boot() == "Rejected" and newcomer.connect(newcomer.token).status == 401
    assert not Device.objects.get(device_id=newcomer.device).online
    said(operator.post(f"{newcomer.path}/accept", ACCEPTANCE))
    said(operator.post(f"{newcomer.path}/refuse"))
    again = said(operator.post(f"{newcomer.path}/accept", ACCEPTANCE))
    assert newcomer.connect(again["password"]).status == 101 and len(again["evses"]) == 2


@pytest.mark.req("CHG-01", "API-01")
@pytest.mark.parametrize(
    "wrong",
    [
        {"evses": []},
        {"evses": [{"connector": "SCHUKO", "max_power_w": 1}]},
        {"evses": [{"connector": "CCS2", "max_power_w": 0}]},
        {"place": ACCEPTANCE["place"] | {"country": "Finland"}},
    ],
)
def test_what_does_not_fit_leaves_it_waiting(newcomer: Newcomer, operator: Api, wrong: dict[str, Any]) -> None:
    assert code(operator.post(f"{newcomer.path}/accept", ACCEPTANCE | wrong)) == (422, "invalid")
    assert newcomer.boot() == "Pending"
    with tenant_schema("ampere"):
        assert not Evse.objects.exists()


@pytest.mark.req("CHG-01", "TEN-04", "API-01")
@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_only_who_manages_stations_decides(newcomer: Newcomer, verb: str) -> None:
    support = Api("ampere", person("ampere", "", "support"))
    body = ACCEPTANCE if verb == "accept" else None
    assert code(support.post(f"{newcomer.path}/{verb}", body)) == (403, "forbidden")
    assert newcomer.boot() == "Pending"
    unknown_to_others(newcomer.path)

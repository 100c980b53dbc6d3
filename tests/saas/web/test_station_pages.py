"""The operator's console lets stations in that came by themselves, or shuts them out."""

import re

import pytest

from saas.contracts import rpc
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge.answers.methods import answer
from saas.tenancy.models import Tenant
from tenants.sites.models import Evse
from tenants.stations.models import Station, StationPolicy
from tests import builders

from .conftest import visitor

FORM = {
    "name": "East quay", "address": "Quay 1", "postal_code": "00160", "city": "Helsinki", "latitude": "60.17",
    "longitude": "24.94", "connector": "IEC_62196_T2", "power_kw": "22", "outlets": "2",
}  # fmt: skip


def connect(password: str) -> rpc.Connected:
    found = answer("connect", rpc.Connect(station_id="CP-7", tenant="ampere", password=password, protocol="ocpp1.6"))
    assert isinstance(found, rpc.Connected)
    return found


@pytest.fixture
def station(ampere: Tenant) -> Station:
    """One that came with the registration token and waits."""
    device = connect(registry.registration_token(ampere)).device or ""
    answer("boot", rpc.Boot(device=device, protocol="ocpp1.6", vendor="V", model="M"))
    return Station.objects.get(device_id=device)


def state(station: Station) -> str:
    return str(Device.objects.get(device_id=station.device_id).state)


@pytest.mark.req("CHG-01")
def test_a_waiting_station_is_accepted_on_the_console(station: Station) -> None:
    client = visitor(user=builders.person("operator", "operator"))
    console, address = client.get("/console/").content.decode(), f"/console/stations/{station.uid}/accept/"
    assert "CP-7" in console and address in console and f"/console/stations/{station.uid}/refuse/" in console
    assert "Quay" not in client.get(address).content.decode()
    page = client.post(address, FORM)
    text = page.content.decode()
    assert page.status_code == 200 and "no-store" in page["Cache-Control"]
    assert "ws://localhost:9000/ocpp/ampere/CP-7" in text
    password = re.search(r'id="password">([^<]+)<', text)
    assert password and connect(password[1]).status == 101
    assert (state(station), Evse.objects.filter(device_id=station.device_id).count()) == ("active", 2)
    assert address not in client.get("/console/").content.decode()
    again = client.post(address, FORM, follow=True).content.decode()
    assert "accepted already" in again and password[1] not in again
    assert connect(password[1]).status == 101


@pytest.mark.req("CHG-01")
def test_a_waiting_station_is_refused_and_may_be_let_in_later(station: Station) -> None:
    client = visitor(user=builders.person("operator", "operator"))
    refuse, accept = (f"/console/stations/{station.uid}/{verb}/" for verb in ("refuse", "accept"))
    assert client.post(refuse).status_code == 302
    assert state(station) == "revoked"
    console = client.get("/console/").content.decode()
    assert accept in console and refuse not in console


@pytest.mark.req("CHG-01")
@pytest.mark.parametrize("wrong", [{"address": ""}, {"outlets": "0"}, {"power_kw": "no"}, {"connector": "SCHUKO"}])
def test_what_does_not_fit_is_said_and_nothing_changes(station: Station, wrong: dict[str, str]) -> None:
    client = visitor(user=builders.person("operator", "operator"))
    assert client.post(f"/console/stations/{station.uid}/accept/", FORM | wrong).status_code == 422
    assert state(station) == "pending" and not Evse.objects.exists()


@pytest.mark.req("CHG-01", "TEN-04")
@pytest.mark.parametrize(("role", "status"), [("support", 403), ("fleet_driver", 404)])
@pytest.mark.parametrize("verb", ["accept", "refuse"])
def test_only_who_manages_stations_decides(station: Station, role: str, status: int, verb: str) -> None:
    client = visitor(user=builders.person("other", role))
    assert client.post(f"/console/stations/{station.uid}/{verb}/", FORM).status_code == status
    assert state(station) == "pending"
    if status == 403:
        page = client.get("/console/").content.decode()
        assert f"{station.uid}/accept" not in page and f"{station.uid}/refuse" not in page


@pytest.mark.req("CHG-05", "TEN-04")
def test_one_press_accepts_where_new_stations_stand(station: Station, ampere: Tenant) -> None:
    client = visitor(user=builders.person("operator", "operator"))
    press = f"/console/stations/{station.uid}/accept-here/"
    assert press not in client.get(f"/console/stations/{station.uid}/").content.decode()
    assert "where the station stands" in client.post(press, follow=True).content.decode()
    place = builders.evse(private=False).location
    StationPolicy.objects.create(auto_location=place)
    assert press in client.get(f"/console/stations/{station.uid}/").content.decode()
    assert visitor(user=builders.person("support", "support")).post(press).status_code == 403
    page = client.post(press)
    assert 'id="password"' in page.content.decode() and "no-store" in page["Cache-Control"]
    assert state(station) == "active"

"""Letting stations in: by hand with a password that is sent, by policy; and the EVSEs they turn out to have."""

from datetime import timedelta
from typing import Any

import pytest

from saas.contracts import rpc
from saas.devices import queries as registry
from saas.devices.models import Device
from saas.edge.answers.methods import answer
from saas.kit.errors import Invalid
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.charging.models import DeviceCommand
from tenants.sites.actions import Place, create_location
from tenants.sites.models import Evse, Location
from tenants.stations import actions
from tenants.stations.models import ConnectorStatus, Station, StationCommand, StationPolicy
from tests import builders
from tests.builders import NOW

PLACE = Place("Quay 1", "Helsinki", "FI", 60.17, 24.94, name="Quay")


@pytest.fixture
def quay(ampere: Tenant) -> Location:
    return create_location(place=PLACE, private=False, now=NOW)


class Newcomer:
    """A station that brings the registration token."""

    def __init__(self, tenant: Tenant, protocol: str = "ocpp1.6") -> None:
        self.tenant, self.protocol = tenant, protocol
        self.token = registry.registration_token(tenant)
        found = self.connect(self.token)
        assert (found.status, found.pending) == (101, True)
        self.device = found.device or ""

    def connect(self, password: str) -> rpc.Connected:
        question = rpc.Connect(station_id="CP-7", tenant="ampere", password=password, protocol=self.protocol)
        found = answer("connect", question)
        assert isinstance(found, rpc.Connected)
        return found

    def boot(self) -> rpc.Booted:
        question = rpc.Boot(device=self.device, protocol=self.protocol, vendor="V", model="M", reason="PowerUp")
        found = answer("boot", question)
        assert isinstance(found, rpc.Booted)
        return found

    def says(self, status: str, evse: int, minute: float = 0, ahead: float = 0, **more: Any) -> None:
        now = NOW + timedelta(minutes=minute)
        ts_ms = to_ms(now + timedelta(minutes=ahead))
        told = rpc.StatusReport(device=self.device, evse=evse, status=status, ts_ms=ts_ms, **more)
        actions.station_status(device=registry.get(self.device), status=told, now=now)

    @property
    def row(self) -> Station:
        return Station.objects.get(device_id=self.device)

    def evses(self) -> dict[int, str]:
        return dict(Evse.objects.filter(device_id=self.device).values_list("device_evse", "status"))


def accept(newcomer: Newcomer, *outlets: actions.Outlet) -> actions.Accepted:
    by = builders.person("operator", "operator")
    return actions.accept_station(station=newcomer.row, by=by, place=PLACE, outlets=outlets, now=NOW)


@pytest.mark.req("CHG-05")
def test_quarantine_keeps_what_a_stranger_said_and_nothing_charges(ampere: Tenant) -> None:
    newcomer = Newcomer(ampere)
    assert newcomer.boot().status == "Pending"
    newcomer.says("Available", 2, error_code="NoError")
    newcomer.says("Faulted", 1, error_code="GroundFailure", info="wet")
    assert newcomer.evses() == {}
    said = ConnectorStatus.objects.get(station=newcomer.row, evse=1)
    assert (said.status, said.error_code, said.info) == ("Faulted", "GroundFailure", "wet")
    assert (newcomer.row.boot_reason, newcomer.row.security_profile) == ("PowerUp", 1)
    accept(newcomer, actions.Outlet("CHADEMO", 50_000))
    assert newcomer.evses() == {1: "OUTOFORDER", 2: "AVAILABLE"}
    assert Evse.objects.get(device_evse=2).connectors.get().standard == "CHADEMO"


@pytest.mark.req("CHG-01", "CHG-05")
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
def test_the_new_password_is_sent_to_who_is_connected(ampere: Tenant, protocol: str) -> None:
    newcomer = Newcomer(ampere, protocol)
    newcomer.boot()
    accepted = accept(newcomer, actions.Outlet("CHADEMO", 50_000))
    assert accepted.sent and len(accepted.password) == 20
    command = StationCommand.objects.get()
    sent = DeviceCommand.objects.get(uid=command.uid).payload["data"]["payload"]
    value = sent["value"] if protocol == "ocpp1.6" else sent["setVariableData"][0]["attributeValue"]
    assert value == (accepted.password.encode().hex() if protocol == "ocpp1.6" else accepted.password)
    assert accepted.password not in str(command.payload) and value not in str(command.payload)
    assert newcomer.connect(newcomer.token).status == 401
    assert newcomer.connect(accepted.password).status == 101


@pytest.mark.req("CHG-01")
def test_a_password_that_the_station_took_shuts_the_old_one_out(ampere: Tenant) -> None:
    newcomer = Newcomer(ampere)
    newcomer.boot()
    first = accept(newcomer, actions.Outlet("CHADEMO", 50_000)).password
    newcomer.connect(first)
    key = {"key": "AuthorizationKey", "value": b"another sixteen!".hex()}
    command = actions.send(station=newcomer.row, action="ChangeConfiguration", payload=key, now=NOW)
    assert newcomer.connect(first).status == 101
    done = rpc.CallDone(device=newcomer.device, id=str(command.uid), payload={"status": "Accepted"}, took_ms=1)
    actions.call_done(device=registry.get(newcomer.device), done=done, now=NOW)
    assert newcomer.connect(first).status == 401
    assert newcomer.connect("another sixteen!").status == 101


@pytest.mark.req("CHG-05")
def test_by_policy_a_station_is_let_in_at_its_first_boot(quay: Location, ampere: Tenant) -> None:
    StationPolicy.objects.create(auto_accept=True, auto_location=quay, heartbeat_s=300)
    newcomer = Newcomer(ampere)
    booted = newcomer.boot()
    assert (booted.status, booted.interval_s) == ("Accepted", 300)
    assert newcomer.row.location == quay and newcomer.connect(newcomer.token).pending is False
    newcomer.says("Available", 0)
    newcomer.says("Available", 1)
    newcomer.says("Preparing", 2)
    newcomer.says("Available", 1_000)
    assert newcomer.evses() == {1: "AVAILABLE", 2: "AVAILABLE"}
    actions.station_uses(device=registry.get(newcomer.device), evse=3, now=NOW)
    assert set(newcomer.evses()) == {1, 2, 3}


@pytest.mark.req("CHG-08")
def test_an_evse_shows_the_busiest_of_its_connectors_and_the_station_as_a_whole(quay: Location, ampere: Tenant) -> None:
    StationPolicy.objects.create(auto_accept=True, auto_location=quay)
    newcomer = Newcomer(ampere, "ocpp2.0.1")
    newcomer.boot()
    newcomer.says("Occupied", 1, 1, connector=1)
    newcomer.says("Available", 1, 2, connector=2)
    assert newcomer.evses() == {1: "CHARGING"}
    newcomer.says("Unavailable", 0, 3)
    assert newcomer.evses() == {1: "INOPERATIVE"}
    newcomer.says("Available", 0, 4)
    assert newcomer.evses() == {1: "CHARGING"}
    newcomer.says("Available", 1, 4, ahead=60 * 24, connector=1)
    newcomer.says("Faulted", 1, 5, connector=2)
    assert newcomer.evses() == {1: "AVAILABLE"}


@pytest.mark.req("CHG-05", "TEN-04")
def test_a_revoked_station_is_not_let_in_by_policy(quay: Location, ampere: Tenant) -> None:
    StationPolicy.objects.create(auto_accept=True, auto_location=quay)
    newcomer = Newcomer(ampere)
    newcomer.boot()
    actions.refuse_station(station=newcomer.row, by=builders.person("operator", "operator"), now=NOW)
    assert newcomer.boot().status == "Rejected"
    assert Device.objects.get(device_id=newcomer.device).state == "revoked"


@pytest.mark.req("CHG-05")
def test_one_press_lets_a_station_in_where_new_ones_stand(quay: Location, ampere: Tenant) -> None:
    newcomer, by = Newcomer(ampere), builders.person("operator", "operator")
    newcomer.boot()
    newcomer.says("Available", 2)
    with pytest.raises(Invalid):
        actions.accept_station(station=newcomer.row, by=by, now=NOW)
    assert newcomer.boot().status == "Pending"
    StationPolicy.objects.create(auto_location=quay)
    actions.accept_station(station=newcomer.row, by=by, now=NOW)
    assert (newcomer.boot().status, newcomer.row.location, newcomer.evses()) == ("Accepted", quay, {2: "AVAILABLE"})

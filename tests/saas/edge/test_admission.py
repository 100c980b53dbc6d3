"""Who may open a connection: security profiles, certificates, passwords that change, the tenant's rules."""

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from django.db import connection
from django.test.utils import CaptureQueriesContext

from saas.contracts import rpc
from saas.devices import actions as devices
from saas.devices import queries as registry
from saas.devices import station_passwords as passwords
from saas.devices.models import Device
from saas.edge.answers.admission import connect
from saas.kit.home import home
from saas.kit.pki import Authority
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.stations.actions.passwords import expect_passwords
from tenants.stations.models import Item, Station, StationPolicy

from .rig import NOW

pytestmark = [pytest.mark.req("CHG-01", "CHG-05", "TEN-03")]
SECRET = "a-password-of-CP1"


@pytest.fixture
def station(ampere: Tenant) -> Device:
    return devices.register(tenant=ampere, kind="station", station_id="CP1", secret=SECRET, now=NOW)[0]


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Authority:
    monkeypatch.setenv("WATTLANE_HOME", str(tmp_path))
    return Authority.load_or_make(home().pki)


def rules(tenant: Tenant, **values: object) -> None:
    with tenant_schema(tenant.schema_name):
        StationPolicy.objects.update_or_create(defaults=values)


def come(
    password: str | None = SECRET,
    *,
    station_id: str = "CP1",
    tenant: str | None = "ampere",
    tls: bool = False,
    certificate: rpc.Certificate | None = None,
) -> rpc.Connected:
    question = rpc.Connect(
        station_id=station_id, tenant=tenant, password=password, tls=tls, certificate=certificate, protocol="ocpp1.6"
    )
    return connect(question, NOW)


def shown(authority: Authority, name: str, organisation: str) -> tuple[rpc.Certificate, str]:
    pem, _ = authority.issue_client(name, organisation)
    serial = x509.load_pem_x509_certificate(pem.encode()).serial_number
    return rpc.Certificate(common_name=name, organisation=organisation, serial=f"{serial:x}", sha256=""), pem


def test_profile_0_is_the_tenants_own_choice(ampere: Tenant, station: Device) -> None:
    assert come(None).status == 401
    rules(ampere, least_profile=0)
    assert come(None) == rpc.Connected(status=101, device=station.device_id)
    assert come("wrong").status == 401
    assert come(None, station_id="NEW").status == 404
    assert come(None, tenant="barq").status == 404


def test_nobody_falls_back_to_a_lower_profile(ampere: Tenant, station: Device) -> None:
    rules(ampere, least_profile=0)
    for password, tls, status in ((None, False, 101), (SECRET, True, 101), (SECRET, False, 401), (None, False, 401)):
        assert come(password, tls=tls).status == status
    with tenant_schema("ampere"):
        row = Station.objects.get(device_id=station.device_id)
        assert (row.security_profile, row.protocol, row.connected_at) == (2, "ocpp1.6", NOW)
        Station.objects.update(security_profile=None)
    assert come(SECRET).status == 101


@pytest.mark.parametrize("least", [2, 3])
def test_the_tenant_may_ask_for_more(ampere: Tenant, station: Device, least: int) -> None:
    rules(ampere, least_profile=least)
    assert come(SECRET).status == 401
    assert come(SECRET, tls=True).status == (101 if least == 2 else 401)
    assert come(registry.registration_token(ampere), station_id="NEW").status == 401
    assert not Device.objects.filter(station_id="NEW").exists()


def test_a_certificate_names_the_station_and_its_tenant(ampere: Tenant, station: Device, authority: Authority) -> None:
    own, pem = shown(authority, "CP1", ampere.name)
    assert come(None, tls=True, certificate=own).status == 101
    for name, organisation in (("CP2", ampere.name), ("CP1", "Barq"), ("cp1", ampere.name), ("CP1", "")):
        other, _ = shown(authority, name, organisation)
        assert come(None, tls=True, certificate=other).status == 401
        assert come(SECRET, tls=True, certificate=other).status == 401
    assert come(SECRET, tls=True).status == 401
    authority.revoke(pem)
    assert come(None, tls=True, certificate=own).status == 401


def test_a_certificate_that_we_signed_is_of_who_asked_for_it_whatever_it_names(
    ampere: Tenant, station: Device, authority: Authority
) -> None:
    other, _ = devices.register(tenant=ampere, kind="station", station_id="CP2", secret=SECRET, now=NOW)
    for name in ("SERIAL-7", "CP2"):
        mine, pem = shown(authority, name, ampere.name)
        with tenant_schema("ampere"):
            row, _ = Station.objects.get_or_create(device_id=station.device_id, station_id="CP1")
            Item.objects.create(station=row, kind="certificate", key=mine.serial, data={"pem": pem}, at=NOW)
        assert come(None, tls=True, certificate=mine) == rpc.Connected(status=101, device=station.device_id)
        refused = rpc.Connected(status=401, device=other.device_id)
        assert come(None, station_id="CP2", tls=True, certificate=mine) == refused
        assert come(None, station_id=name, tls=True, certificate=mine).status in (401, 404)
        assert come(None, tenant=None, tls=True, certificate=mine).status == 101
    with tenant_schema("ampere"):
        Item.objects.update(data={"hash": {}})
    assert come(None, tls=True, certificate=mine).status == 401


def test_a_bench_lets_a_station_in_that_has_said_nothing_yet(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    rules(ampere, least_profile=0, auto_accept=True)
    assert come(None, station_id="NEW").status == 404
    monkeypatch.setenv("WATTLANE_CONFORMANCE", "ampere")
    assert not come(None, station_id="NEW").pending and Device.objects.get(station_id="NEW").state == "active"
    assert come("guess", station_id="NEW2").status == 401
    rules(ampere, auto_accept=False)
    assert come(None, station_id="NEW3").pending


def test_a_certified_stranger_is_taken_in_as_pending(ampere: Tenant, authority: Authority) -> None:
    own, _ = shown(authority, "NEW", ampere.name)
    assert come(None, station_id="NEW", tls=True, certificate=own).pending
    foreign, _ = shown(authority, "NEW2", "Barq")
    assert come(None, station_id="NEW2", tls=True, certificate=foreign).status == 404


def test_the_old_and_the_new_password_open_until_the_new_one_was_used(ampere: Tenant, station: Device) -> None:
    with tenant_schema("ampere"):
        row = Station(device_id=station.device_id)
        payload = {"key": "AuthorizationKey", "value": "the-next-password"}
        expect_passwords(station=row, action="ChangeConfiguration", payload=payload, now=NOW)
    assert come(SECRET).status == come("the-next-password").status == 101
    assert come(SECRET).status == 401
    assert come("the-next-password").status == 101


def test_the_password_of_201_is_a_variable(ampere: Tenant, station: Device) -> None:
    item = {
        "component": {"name": "SecurityCtrlr"},
        "variable": {"name": "BasicAuthPassword"},
        "attributeValue": "n" * 16,
    }
    other = {"component": {"name": "Else"}, "variable": {"name": "BasicAuthPassword"}, "attributeValue": "o" * 16}
    with tenant_schema("ampere"):
        payload = {"setVariableData": [item, other]}
        expect_passwords(station=Station(device_id=station.device_id), action="SetVariables", payload=payload, now=NOW)
        expect_passwords(station=Station(device_id=station.device_id), action="Reset", payload={}, now=NOW)
    assert come("o" * 16).status == 401
    assert come("n" * 16).status == 101


def test_a_password_that_no_station_took_is_forgotten(ampere: Tenant, station: Device) -> None:
    passwords.expect(device_id=station.device_id, secret="never-taken-over", now=NOW)
    devices.give_up(now=NOW + timedelta(days=2))
    assert come("never-taken-over").status == 401
    assert come(SECRET).status == 101


@pytest.mark.parametrize(
    "key", ["4142434445464748494a4b4c4d4e4f5051525354", "FFFEFDFCFBFAF9F8F7F6F5F4F3F2F1F0EFEEEDEC"]
)
def test_a_key_in_hexadecimal_may_come_as_its_bytes(ampere: Tenant, key: str) -> None:
    devices.register(tenant=ampere, kind="station", station_id="HEX", secret=key, now=NOW)
    raw = bytes.fromhex(key)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        text = raw.hex()  # as the gateway hands on what is no text
    assert come(text, station_id="HEX").status == come(key, station_id="HEX").status == 101


def test_with_auto_accept_the_token_is_the_first_password(ampere: Tenant) -> None:
    rules(ampere, auto_accept=True)
    token = registry.registration_token(ampere)
    first = come(token, station_id="NEW")
    assert first.status == 101
    devices.approve(device_id=first.device or "", now=NOW)
    assert come(token, station_id="NEW").status == 101
    devices.rotate(device_id=first.device or "", now=NOW)
    assert come(token, station_id="NEW").status == 401


def test_the_conformance_bench_takes_in_anybody_by_profile_0(ampere: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    rules(ampere, least_profile=0)
    assert come(None, station_id="KIT").status == 404
    monkeypatch.setenv("WATTLANE_CONFORMANCE", "ampere")
    assert come(None, station_id="KIT").status == 101
    assert come(None, station_id="KIT2", tenant=None).status == 101
    assert come(None, station_id="KIT2", tenant=None).status == 101
    assert come(None, station_id="KIT", tenant="barq").status == 404
    rules(ampere, least_profile=1)
    assert come(None, station_id="KIT3").status == 401


def test_the_short_path_where_the_registry_leaves_no_doubt(ampere: Tenant, barq: Tenant, station: Device) -> None:
    assert come("wrong", tenant=None).status == 401
    assert come(SECRET, tenant=None).device == station.device_id
    devices.register(tenant=barq, kind="station", station_id="CP1", secret=SECRET, now=NOW)
    assert come(SECRET, tenant=None).status == 404
    assert come("wrong", tenant=None).status == 404
    assert come(SECRET).device == station.device_id


@pytest.mark.parametrize("tenant", ["public", "nobody", "", "ampere; DROP"])
def test_there_is_no_such_tenant(ampere: Tenant, station: Device, tenant: str) -> None:
    assert come(SECRET, tenant=tenant).status == 404


def test_a_station_that_comes_back_costs_few_queries(station: Device) -> None:
    """After a power cut all of them do at once."""
    question = rpc.Connect(station_id="CP1", tenant="ampere", password=SECRET, protocol="ocpp1.6")
    assert connect(question, NOW).status == 101
    with CaptureQueriesContext(connection) as asked:
        assert connect(question, NOW + timedelta(minutes=1)).status == 101
    assert len([query for query in asked.captured_queries if not query["sql"].startswith("SET search_path")]) <= 4
    with tenant_schema("ampere"):
        assert Station.objects.get(device_id=station.device_id).connected_at == NOW + timedelta(minutes=1)

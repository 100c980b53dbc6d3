"""The console: a new station is accepted at a site that is there already; a free outlet can be started."""

import pytest
from django.test import Client

from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.charging.models import Session
from tenants.sites import actions as sites
from tenants.sites.models import Evse, Location
from tests import builders
from tests.builders import HELSINKI, NOW
from tests.tenants.apiclient import person
from tests.tenants.stations.test_accepting import Newcomer

pytestmark = [pytest.mark.django_db, pytest.mark.req("CHG-01")]
HOST = {"host": "ampere.localhost"}


@pytest.fixture
def operator(ampere: Tenant) -> Client:
    client = Client(headers=HOST)
    user = person("ampere", "", "operator")
    with tenant_schema("ampere"):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_station_is_accepted_at_a_site_that_is_there(operator: Client) -> None:
    newcomer = Newcomer()
    with tenant_schema("ampere"):
        place = sites.Place("Quay 1", "Helsinki", "FI", *HELSINKI, name="Quay")
        quay = sites.create_location(place=place, private=False, now=NOW)
    page = f"/console{newcomer.path}/accept/"
    assert "Quay, Quay 1" in operator.get(page).content.decode()
    wanted = {"connector": "IEC_62196_T2", "power_kw": "22", "outlets": "2"}
    assert operator.post(page, {**wanted, "site": ""}).status_code == 422, "a new site needs an address"
    assert operator.post(page, {**wanted, "site": str(person("ampere", "").uid)}).status_code == 422
    assert operator.post(page, {**wanted, "site": str(quay.uid)}).status_code == 200
    with tenant_schema("ampere"):
        assert set(Evse.objects.filter(location=quay).values_list("device_evse", "phases")) == {(1, 3), (2, 3)}
        assert Location.objects.count() == 1


def test_others_do_not_see_the_page(ampere: Tenant, barq: Tenant) -> None:
    page = f"/console{Newcomer().path}/accept/"
    for tenant, roles in (("ampere", ()), ("barq", ("operator",))):
        client, user = Client(headers={"host": f"{tenant}.localhost"}), person(tenant, "", *roles)
        with tenant_schema(tenant):
            client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get(page).status_code == 404


def test_a_station_can_be_started_while_one_outlet_is_free(operator: Client) -> None:
    with tenant_schema("ampere"):
        device = builders.device(kind=Device.Kind.STATION, station_id="CP-8")
        first = builders.evse(of=device)
        second = sites.create_evse(
            location=first.location, connector="IEC_62196_T2", max_power_w=22_000, device_id=device.device_id,
            device_evse=2, now=NOW,
        )  # fmt: skip
        for free, busy in ((first, second), (second, first)):
            Evse.objects.filter(pk=busy.pk).update(status="CHARGING")
            Evse.objects.filter(pk=free.pk).update(status="AVAILABLE")
            page = operator.get("/console/").content.decode()
            assert f"/console/evses/{free.uid}/start/" in page
            assert f"/console/evses/{busy.uid}/start/" not in page


def test_a_session_without_a_driver_names_its_outlet_and_card(operator: Client) -> None:
    newcomer = Newcomer()
    with tenant_schema("ampere"):
        served = builders.evse(of=Device.objects.get(device_id=newcomer.device))
        Session.objects.create(evse=served, state="charging", id_tag="04A1B2C3", started_at=NOW)
    page = operator.get("/console/").content.decode()
    assert "CP-7/1" in page and "04A1B2C3" in page

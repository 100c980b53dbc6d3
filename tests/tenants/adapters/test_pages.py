"""The host's way to an adapter, and the page of one device."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from saas.devices import queries
from saas.devices.models import Device
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tests import builders
from tests.tenants.apiclient import person

from .story import Newcomer

pytestmark = [pytest.mark.django_db, pytest.mark.req("DEV-01", "DEV-04")]


def browser(tenant: str, user: User) -> Client:
    client = Client(headers={"host": f"{tenant}.localhost"}, raise_request_exception=False)
    with tenant_schema(tenant):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def host(ampere: Tenant) -> User:
    return person("ampere", "host")


def claim(client: Client, typed: str) -> HttpResponse:
    return client.post("/host/adapter/", {"code": typed})


def test_the_sticker_leads_from_the_offer_back_to_the_offer(host: User) -> None:
    newcomer, client = Newcomer(), browser("ampere", host)
    newcomer.enrol()
    charger = {"title": "In the yard", "connector": "IEC_62196_T2", "power_kw": "11", "amenities": []}
    assert client.post("/host/new/charger/", charger).headers["Location"] == "/host/new/adapter/"
    assert 'href="/host/adapter/"' in client.get("/host/new/adapter/").content.decode()
    assert client.get("/host/adapter/").status_code == 200
    refused = claim(client, "AAAAAAAA")
    assert refused.status_code == 422 and "No adapter that waits has this code" in refused.content.decode()
    assert claim(client, newcomer.qr).headers["Location"] == "/host/new/place/"
    assert client.session["offer"]["adapter"] == {"device_id": newcomer.device}
    assert queries.get(newcomer.device).owner == str(host.uid)


def test_after_five_wrong_codes_the_page_says_how_long_to_wait(host: User) -> None:
    client = browser("ampere", host)
    answers = [claim(client, f"AAAAAAA{number}") for number in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert "Try again in" in answers[-1].content.decode()


def test_nobody_claims_without_logging_in(ampere: Tenant) -> None:
    answer = claim(Client(headers={"host": "ampere.localhost"}), "AAAAAAAA")
    assert answer.status_code == 302 and "/login/" in answer.headers["Location"]


@pytest.fixture
def device(ampere: Tenant) -> Device:
    made = builders.device()
    Device.objects.filter(pk=made.pk).update(firmware="1.4.2", hardware="esp32-a")
    return made


@pytest.fixture
def operator(ampere: Tenant) -> Client:
    return browser("ampere", person("ampere", "", "operator"))


def page(client: Client, device: Device) -> str:
    answer = client.get(f"/console/devices/{device.device_id}/")
    assert answer.status_code == 200
    return answer.content.decode()


def press(client: Client, device: Device, act: str) -> Any:
    return client.post(f"/console/devices/{device.device_id}/{act}/")


def test_the_console_leads_to_the_device_and_its_buttons_do_what_they_say(operator: Client, device: Device) -> None:
    assert f"/console/devices/{device.device_id}/" in operator.get("/console/").content.decode()
    shown = page(operator, device)
    assert "1.4.2" in shown and "esp32-a" in shown and "Shut it out" in shown
    assert press(operator, device, "rotate").status_code == 302 and "is being changed" in page(operator, device)
    press(operator, device, "revoke")
    assert queries.get(device.device_id).state == "revoked" and "Let it in again" in page(operator, device)
    press(operator, device, "restore")
    assert queries.get(device.device_id).state == "active"
    press(operator, device, "release")
    assert operator.get(f"/console/devices/{device.device_id}/").status_code == 404


def test_a_replaced_password_is_on_one_page_once(operator: Client, device: Device) -> None:
    answer = press(operator, device, "replace")
    secret = queries.passwords([device.device_id])[device.device_id][0]
    assert secret in answer.content.decode() and "no-store" in answer.headers["Cache-Control"]
    assert secret not in page(operator, device)


def test_the_owner_sees_the_device_and_may_release_it_and_nothing_else(host: User, device: Device) -> None:
    Device.objects.filter(pk=device.pk).update(owner=str(host.uid))
    client = browser("ampere", host)
    shown = page(client, device)
    assert "Release it" in shown and "Shut it out" not in shown
    press(client, device, "revoke")
    assert queries.get(device.device_id).state == "active"
    assert press(client, device, "release").headers["Location"] == "/host/"
    assert not Device.objects.filter(pk=device.pk).exists()


@pytest.mark.parametrize("act", ["rotate", "replace", "revoke", "restore", "release", "dance"])
def test_the_outsider_and_the_other_tenant_get_404(device: Device, act: str) -> None:
    for tenant, somebody in (("ampere", person("ampere")), ("barq", person("barq", "", "owner"))):
        client = browser(tenant, somebody)
        assert client.get(f"/console/devices/{device.device_id}/").status_code == 404
        assert press(client, device, act).status_code == 404
    assert queries.get(device.device_id).state == "active"

"""Signing up, logging in, verifying an address, a new password: on pages, in the brand of the tenant."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client

from saas.kit.tenant_context import tenant_schema
from tenants.accounts.models import RefreshToken, User
from tests.tenants.apiclient import PASSWORD, Api, person

pytestmark = pytest.mark.django_db
NEW = {"email": "nora@example.com", "password1": PASSWORD}


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


def on(tenant: str) -> Client:
    return Client(headers={"host": f"{tenant}.localhost"})


def sign_up(tenant: str = "ampere") -> Client:
    client = on(tenant)
    answer = client.post("/accounts/signup/", NEW)
    assert answer.status_code == 302, answer.content[-2000:]
    return client


def logged_in(client: Client, tenant: str = "ampere") -> bool:
    with tenant_schema(tenant):
        return "_auth_user_id" in client.session


def link(body: str) -> str:
    found = re.search(r"http://[^/]+(/accounts/\S+)", body)
    assert found, body
    return found.group(1)


@pytest.mark.req("ACC-01", "TEN-02")
def test_signing_up_logs_in_and_sends_a_mail_of_the_brand() -> None:
    client = sign_up()
    assert logged_in(client)
    [message] = mail.outbox
    assert "Ampère" in message.subject and message.from_email.endswith("<no-reply@ampere.localhost>")
    assert message.reply_to == ["help@ampere.example"]
    assert "Wattlane" not in message.body and "example.com" not in link(message.body)


@pytest.mark.req("ACC-01", "TEN-07")
def test_the_mail_speaks_the_tenants_language() -> None:
    sign_up("barq")
    assert "برق" in mail.outbox[0].subject
    assert "Please" not in mail.outbox[0].subject


@pytest.mark.req("ACC-01")
def test_the_link_in_the_mail_verifies_the_address() -> None:
    sign_up()
    client = on("ampere")
    address = link(mail.outbox[0].body)
    assert client.get(address).status_code == 200
    assert client.post(address).status_code == 302
    with tenant_schema("ampere"):
        assert EmailAddress.objects.get(email=NEW["email"]).verified


@pytest.mark.req("ACC-01", "TEN-03")
def test_a_link_of_one_tenant_verifies_nobody_of_the_other() -> None:
    sign_up("ampere")
    sign_up("barq")
    client = on("barq")
    client.post(link(mail.outbox[0].body))
    with tenant_schema("barq"):
        assert not EmailAddress.objects.get(email=NEW["email"]).verified


@pytest.mark.req("ACC-01", "TEN-03")
def test_a_person_of_one_tenant_is_a_stranger_at_the_other() -> None:
    sign_up("ampere")
    answer = on("barq").post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD})
    assert answer.status_code == 200 and "session" not in answer.cookies
    assert on("ampere").post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD}).status_code == 302


@pytest.mark.req("ACC-01", "ACC-02")
def test_a_new_password_by_mail_ends_the_tokens() -> None:
    user = person("ampere", "", identity="verified")
    Api("ampere", user)
    client = on("ampere")
    client.post("/accounts/password/reset/", {"email": user.email})
    form = client.get(link(mail.outbox[0].body), follow=True)
    address = form.redirect_chain[-1][0]
    answer = client.post(address, {"password1": "another harbour 8", "password2": "another harbour 8"})
    assert answer.status_code == 302, answer.content[-1500:]
    with tenant_schema("ampere"):
        assert User.objects.get(pk=user.pk).check_password("another harbour 8")
        assert not RefreshToken.objects.filter(user=user, revoked_at=None).exists()


@pytest.mark.req("ACC-01")
def test_the_reset_page_says_the_same_to_strangers() -> None:
    user = person("ampere")
    answers = [on("ampere").post("/accounts/password/reset/", {"email": e}) for e in (user.email, "no@example.com")]
    assert len({(answer.status_code, answer.headers.get("Location")) for answer in answers}) == 1


@pytest.mark.req("ACC-05")
def test_failures_on_the_page_lock_the_api_too() -> None:
    sign_up()
    client = on("ampere")
    for _ in range(5):
        client.post("/accounts/login/", {"login": NEW["email"], "password": "wrong"})
    token = Api("ampere").post("/auth/token", {"email": NEW["email"], "password": PASSWORD})
    page = client.post("/accounts/login/", {"login": NEW["email"], "password": PASSWORD})
    assert (token.status_code, page.status_code) == (429, 200)
    assert not logged_in(client)


@pytest.mark.req("TEN-04")
def test_nobody_signs_up_at_the_platform() -> None:
    client = Client(headers={"host": "localhost"}, raise_request_exception=False)
    client.post("/accounts/signup/", NEW)
    with tenant_schema("public"):
        assert not User.objects.filter(email=NEW["email"]).exists()


@pytest.mark.req("OPS-05")
@pytest.mark.parametrize("origin", ["https://evil.example", "http://barq.localhost", "null"])
def test_a_form_sent_from_a_foreign_page_is_refused(origin: str) -> None:
    client = sign_up()
    answer = client.post("/accounts/logout/", headers={"Origin": origin})
    assert answer.status_code == 403
    assert logged_in(client)


@pytest.mark.req("OPS-05")
def test_a_form_without_its_csrf_token_is_refused() -> None:
    client = Client(enforce_csrf_checks=True, headers={"host": "ampere.localhost"})
    assert client.post("/accounts/login/", {"login": "x@y.example", "password": "x"}).status_code == 403


@pytest.mark.req("OPS-05")
def test_the_api_may_be_called_from_other_origins_without_cookies() -> None:
    client = on("ampere")
    headers = {"Origin": "https://partner.example", "Access-Control-Request-Method": "POST"}
    preflight = client.options("/api/v1/bookings", headers=headers)
    assert (preflight.status_code, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    page = client.get("/accounts/login/", headers={"Origin": "https://partner.example"})
    assert "Access-Control-Allow-Origin" not in page.headers

"""Members, organisations, brand and audit log over the API: who may, who may not, and what the log says."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client

from saas.kit.ratelimit import Limit
from saas.kit.tenant_context import tenant_schema
from saas.tenancy.middleware import forget
from saas.tenancy.models import Tenant
from tenants.accounts import team
from tenants.accounts.models import AuditEntry, Membership, User
from tests import builders
from tests.tenants.apiclient import PASSWORD, Api, code, person, said

pytestmark = pytest.mark.django_db
LOGO = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"


def owner_with_password(name: str) -> User:
    user = person("ampere", name, "owner")
    with tenant_schema("ampere"):
        user.set_password(PASSWORD)
        user.save()
    return user


def roles(user: User) -> set[tuple[str, str | None]]:
    with tenant_schema("ampere"):
        held = Membership.objects.filter(user=user).select_related("organisation")
        return {(m.role, m.organisation.name if m.organisation else None) for m in held}


def acts() -> list[str]:
    with tenant_schema("ampere"):
        return list(AuditEntry.objects.order_by("id").values_list("act", flat=True))


@pytest.mark.req("TEN-04", "TEN-02")
def test_an_invited_person_sets_a_password_and_works() -> None:
    api = Api("ampere", person("ampere", "olga", "owner"))
    made = api.post("/members", {"email": "Otto@ampere.example", "name": "Otto", "role": "operator"})
    assert made.status_code == 201, made.content
    assert said(made)["roles"] == [{"role": "operator", "organisation": None}]
    assert said(made)["active"] is False
    [message] = mail.outbox
    assert message.from_email == "=?utf-8?q?Amp=C3=A8re?= <no-reply@ampere.localhost>"
    assert "Ampère" in message.subject and message.to == ["otto@ampere.example"]
    found = re.search(r"http://ampere\.localhost:\d+(/accounts/password/reset/key/\S+)", message.body)
    assert found, message.body
    browser = Client(headers={"host": "ampere.localhost"})
    form = browser.get(found.group(1), follow=True)
    browser.post(form.request["PATH_INFO"], {"password1": PASSWORD, "password2": PASSWORD})
    with tenant_schema("ampere"):
        assert User.objects.get(email="otto@ampere.example").check_password(PASSWORD)
    token = api.client.post(
        "/api/v1/auth/token", {"email": "otto@ampere.example", "password": PASSWORD}, content_type="application/json"
    )
    assert token.status_code == 200


@pytest.mark.req("TEN-04")
def test_somebody_known_gets_the_role_and_is_told() -> None:
    driver = person("ampere", "dora")
    api = Api("ampere", person("ampere", "olga", "owner"))
    for _ in range(2):
        assert api.post("/members", {"email": driver.email, "role": "finance"}).status_code == 201
    assert roles(driver) == {("finance", None)}
    assert len(mail.outbox) == 2
    assert acts() == ["role.given"]


@pytest.mark.req("TEN-04")
def test_a_role_within_an_organisation() -> None:
    api = Api("ampere", person("ampere", "olga", "owner"))
    made = api.post("/organisations", {"name": "Nordkai", "kind": "fleet"})
    assert made.status_code == 201, made.content
    uid = said(made)["uid"]
    body = {"email": "fia@ampere.example", "role": "fleet_manager", "organisation": uid}
    member = said(api.post("/members", body))
    assert member["roles"] == [{"role": "fleet_manager", "organisation": uid}]
    assert [one["name"] for one in said(api.get("/organisations"))["items"]] == ["Nordkai"]
    assert api("DELETE", f"/members/{member['uid']}/roles/fleet_manager?organisation={uid}").status_code == 204
    assert acts() == ["organisation.added", "role.given", "role.taken"]
    again = api.post("/organisations", {"name": " nordkai ", "kind": "fleet"})
    assert code(again) == (422, "invalid")


@pytest.mark.req("TEN-04")
@pytest.mark.parametrize(
    ("role", "within"),
    [("operator", True), ("host", False), ("king", False), ("auditor", True), ("fleet_driver", False)],
)
def test_a_role_that_means_nothing_there_is_refused(role: str, within: bool) -> None:
    api = Api("ampere", person("ampere", "olga", "owner"))
    uid = said(api.post("/organisations", {"name": "Nordkai", "kind": "fleet"}))["uid"] if within else None
    answer = api.post("/members", {"email": "x@ampere.example", "role": role, "organisation": uid})
    assert code(answer) == (422, "invalid")
    assert mail.outbox == []


@pytest.mark.req("TEN-04")
def test_an_admin_makes_no_owner_and_unmakes_none() -> None:
    owner, admin = owner_with_password("olga"), Api("ampere", person("ampere", "adam", "admin"))
    owner_with_password("oscar")
    assert code(admin.post("/members", {"email": "x@ampere.example", "role": "owner"})) == (403, "beyond_yourself")
    assert code(admin("DELETE", f"/members/{owner.uid}/roles/owner")) == (403, "beyond_yourself")
    assert admin.post("/members", {"email": "y@ampere.example", "role": "admin"}).status_code == 201
    assert roles(owner) == {("owner", None)}
    with tenant_schema("ampere"):
        assert not User.objects.filter(email="x@ampere.example").exists()


@pytest.mark.req("TEN-04")
def test_the_last_owner_who_can_log_in_stays() -> None:
    owner, second = owner_with_password("olga"), person("ampere", "nils", "owner")
    api = Api("ampere", owner)
    assert code(api("DELETE", f"/members/{owner.uid}/roles/owner")) == (409, "last_owner")
    with tenant_schema("ampere"):
        second.set_password(PASSWORD)
        second.save()
    assert api("DELETE", f"/members/{owner.uid}/roles/owner").status_code == 204
    assert code(api.get("/members")) == (403, "forbidden")


@pytest.mark.req("TEN-04")
def test_a_role_that_is_not_held_cannot_be_taken() -> None:
    api, driver = Api("ampere", person("ampere", "olga", "owner")), person("ampere", "dora")
    assert code(api("DELETE", f"/members/{driver.uid}/roles/finance")) == (404, "not_found")
    assert code(api("DELETE", f"/members/{uuid4()}/roles/finance")) == (404, "not_found")


@pytest.mark.req("TEN-04")
def test_members_come_in_pages_and_only_who_has_a_role() -> None:
    api = Api("ampere", person("ampere", "olga", "owner"))
    person("ampere", "dora")
    for name in ("a", "b", "c"):
        person("ampere", name, "operator")
    first = said(api.get("/members?limit=3"))
    rest = said(api.get(f"/members?limit=3&after={first['next']}"))
    assert [one["name"] for one in (*first["items"], *rest["items"])] == ["c", "b", "a", "olga"]
    assert rest["next"] is None


@pytest.mark.req("TEN-04")
@pytest.mark.parametrize("role", ["", "operator", "finance", "support", "auditor", "integrator"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/members", None), ("POST", "/members", {"email": "x@ampere.example", "role": "auditor"}),
        ("GET", "/organisations", None), ("POST", "/organisations", {"name": "N", "kind": "fleet"}),
        ("GET", "/brand", None), ("PATCH", "/brand", {"name": "Mine"}),
    ],
)  # fmt: skip
def test_other_roles_may_not(role: str, method: str, path: str, body: Any) -> None:
    caller = Api("ampere", person("ampere", "", *([role] if role else [])))
    assert code(caller(method, path, body)) == (403, "forbidden")
    assert acts() == []


@pytest.mark.req("TEN-03", "TEN-04")
def test_members_are_of_one_tenant_only() -> None:
    owner = owner_with_password("olga")
    stranger = Api("barq", person("barq", "", "owner"))
    assert code(stranger("DELETE", f"/members/{owner.uid}/roles/owner")) == (404, "not_found")
    assert all(one["email"].endswith("@barq.example") for one in said(stranger.get("/members"))["items"])
    made = said(Api("ampere", owner).post("/organisations", {"name": "Nordkai", "kind": "fleet"}))
    body = {"email": "x@barq.example", "role": "fleet_manager", "organisation": made["uid"]}
    assert code(stranger.post("/members", body)) == (404, "not_found")
    assert said(stranger.get("/organisations"))["items"] == []


@pytest.mark.req("TEN-01", "ACC-05")
def test_the_owner_changes_the_brand_and_the_log_says_what_was() -> None:
    api = Api("ampere", person("ampere", "olga", "owner"))
    answer = api("PATCH", "/brand", {"tagline": "Laden, leise", "commission_bp": 1200, "logo_svg": LOGO})
    assert answer.status_code == 200, answer.content
    assert said(answer)["tagline"] == "Laden, leise" and "path" in said(answer)["logo_svg"]
    [entry] = said(api.get("/audit"))["items"]
    assert (entry["act"], entry["actor_name"]) == ("brand.changed", "olga")
    assert entry["details"]["commission_bp"] == [1500, 1200]
    assert said(api("PATCH", "/brand", {"commission_bp": 1200}))["commission_bp"] == 1200
    assert len(said(api.get("/audit"))["items"]) == 1  # what does not change is no entry


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "}, {"name": "Two\nlines"}, {"colour_primary": "red"}, {"language": "xx"}, {"currency": "BTC"},
        {"support_email": "nobody"}, {"support_phone": "call me"}, {"email_sender": "x"}, {"address_policy": "all"},
        {"commission_bp": 5001}, {"least_minutes": 0}, {"hold_minutes": 61}, {"map_zoom": 40}, {"map_latitude": 86},
        {"logo_svg": "<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"}, {"slug": "mine"}, {"country": "DE"},
        {"schema_name": "public"}, {"state": "suspended"}, {"terms": "\x00"},
    ],
)  # fmt: skip
def test_a_brand_that_does_not_fit_stays_as_it_was(wrong: dict[str, Any]) -> None:
    api = Api("ampere", person("ampere", "", "owner"))
    before = said(api.get("/brand"))
    assert code(api("PATCH", "/brand", wrong)) == (422, "invalid")
    assert said(api.get("/brand")) == before


@pytest.mark.req("TEN-01")
def test_the_currency_is_locked_by_the_first_price() -> None:
    api = Api("ampere", person("ampere", "", "owner"))
    assert said(api.get("/brand"))["currency_locked"] is False
    assert said(api("PATCH", "/brand", {"currency": "USD"}))["currency"] == "USD"
    assert api("PATCH", "/brand", {"currency": "EUR"}).status_code == 200
    with tenant_schema("ampere"):
        builders.listing(host=builders.person("host"))
    assert said(api.get("/brand"))["currency_locked"] is True
    assert code(api("PATCH", "/brand", {"currency": "USD"})) == (409, "currency_locked")
    assert api("PATCH", "/brand", {"currency": "EUR", "tagline": "Still ours"}).status_code == 200


@pytest.mark.req("TEN-03", "TEN-01")
def test_a_brand_changes_for_its_own_tenant_only(django_capture_on_commit_callbacks: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        Api("ampere", person("ampere", "", "owner"))("PATCH", "/brand", {"name": "Ohm", "colour_primary": "#112233"})
    home = Client(headers={"host": "ampere.localhost"}).get("/accounts/login/").content.decode()
    other = Client(headers={"host": "barq.localhost"}).get("/accounts/login/").content.decode()
    forget()
    assert "Ohm" in home and "#112233" in home
    assert "Ohm" not in other
    assert list(Tenant.objects.filter(name="Ohm").values_list("schema_name", flat=True)) == ["ampere"]


@pytest.mark.req("ACC-05", "TEN-04")
def test_the_log_is_for_owners_and_auditors() -> None:
    assert Api("ampere", person("ampere", "", "auditor")).get("/audit").status_code == 200
    for role in ("operator", "finance", "esg_analyst"):
        assert code(Api("ampere", person("ampere", "", role)).get("/audit")) == (403, "forbidden")


@pytest.mark.req("ACC-05")
def test_a_brand_cannot_send_mail_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(team, "MAILS", Limit("invite", most=2, seconds=3600))
    api = Api("ampere", person("ampere", "", "owner"))
    answers = [api.post("/members", {"email": f"x{n}@ampere.example", "role": "auditor"}) for n in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert len(mail.outbox) == 2


@pytest.mark.req("TEN-04")
def test_a_mail_server_that_is_down_invites_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    api = Api("ampere", person("ampere", "", "owner"))
    assert code(api.post("/members", {"email": "x@ampere.example", "role": "auditor"})) == (503, "mail_down")
    with tenant_schema("ampere"):
        assert not User.objects.filter(email="x@ampere.example").exists()

"""A brand that its owner finishes without us: brand, team, organisations, audit log, legal texts, sign-up."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.mail import get_connection
from django.test import Client

from saas.tenancy.middleware import forget
from saas.tenancy.models import Domain, Tenant
from saas.web.contrast import looks
from saas.web.prose import prose
from tenants.accounts.models import AuditEntry, Membership, Organisation, User
from tenants.charging.mails import send_due
from tests import builders

from .conftest import visitor
from .test_people_pages import form_of_a_brand

LOGO = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
BRAND = {
    "name": "Ohm", "tagline": "Charge calmly", "logo_svg": "", "colour_primary": "#ffe600", "colour_accent": "#112233",
    "language": "de", "currency": "EUR", "support_email": "help@ohm.example", "support_phone": "+358 9 1234",
    "email_sender": "hello@ohm.example", "address_policy": "booked", "commission": "12.5", "least_minutes": "30",
    "hold_minutes": "5", "map_latitude": "60.2", "map_longitude": "24.9", "map_zoom": "13",
    "terms": "# Terms\n\n- Be **kind**\n- <script>alert(1)</script>", "privacy": "See [us](https://ohm.example/p).",
}  # fmt: skip


def upload(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.svg", text.encode(), content_type="image/svg+xml")


@pytest.mark.req("TEN-01", "TEN-02")
def test_an_owner_finishes_the_brand(ampere: Tenant, django_capture_on_commit_callbacks: Any) -> None:
    client = visitor(user=builders.person("owner", "owner"))
    with django_capture_on_commit_callbacks(execute=True):
        saved = client.post("/settings/brand/", BRAND | {"logo_file": upload(LOGO)})
    assert saved.status_code == 302, saved.content.decode()[-3000:]
    tenant = Tenant.objects.get(pk=ampere.pk)
    assert (tenant.commission_bp, tenant.least_minutes, tenant.hold_minutes) == (1250, 30, 5)
    assert (tenant.address_policy, tenant.map_zoom) == ("booked", 13)
    assert "path" in tenant.logo_svg
    stranger = visitor()
    home = stranger.get("/").content.decode()
    assert '<html lang="de"' in home and "Charge calmly" in home and "tel:+358 9 1234" in home
    assert "path" in stranger.get("/logo.svg").content.decode()
    assert '"name": "Ohm"' in stranger.get("/manifest.webmanifest").content.decode()
    terms = stranger.get("/terms/").content.decode()
    assert "<li>Be <strong>kind</strong></li>" in terms and "<script>alert" not in terms
    assert 'href="https://ohm.example/p"' in stranger.get("/privacy/").content.decode()
    assert AuditEntry.objects.get().details["name"] == ["Ampère", "Ohm"]
    forget()


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "required"), ({"commission": "60"}, "less than or equal to 50"), ({"map_zoom": "x"}, "number"),
        ({"support_phone": "call me"}, "such as +358"), ({"logo_svg": "<svg onload='x'/>"}, "cannot be used"),
        ({"colour_primary": "red"}, "#0B6E4F"), ({"logo_file": upload("<html/>")}, "cannot be used"),
        ({"logo_file": SimpleUploadedFile("logo.png", b"\x89PNG\xff")}, "not an SVG"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said_at_its_field(ampere: Tenant, wrong: dict[str, Any], said: str) -> None:
    page = visitor(user=builders.person("owner", "owner")).post("/settings/brand/", BRAND | wrong)
    assert page.status_code == 422
    assert said in page.content.decode() and "Charge calmly" in page.content.decode()
    assert Tenant.objects.get(pk=ampere.pk).name == "Ampère"


@pytest.mark.req("TEN-01")
def test_the_currency_stays_once_something_was_priced(ampere: Tenant) -> None:
    client = visitor(user=builders.person("owner", "owner"))
    assert "disabled" not in client.get("/settings/brand/").content.decode()
    builders.listing(host=builders.person("host"))
    page = client.get("/settings/brand/").content.decode()
    assert "disabled" in page and "something was priced or booked" in page
    assert client.post("/settings/brand/", BRAND | {"currency": "USD"}).status_code == 302
    assert Tenant.objects.get(pk=ampere.pk).currency == "EUR"


@pytest.mark.req("TEN-01")
def test_the_preview_tells_what_was_adjusted(ampere: Tenant) -> None:
    client = visitor(user=builders.person("owner", "owner"))
    told = client.post("/settings/brand/look/", BRAND | {"logo_svg": LOGO}).content.decode()
    light, _ = looks("#ffe600", "#112233")
    assert light.fill in told and "1.2" in told and "instead" in told
    assert "style=" not in told
    assert Tenant.objects.get(pk=ampere.pk).colour_primary == "#0B6E4F"
    assert "Nothing had to be adjusted" in client.post("/settings/brand/look/", BRAND | {
        "colour_primary": "#0b6e4f", "colour_accent": "#777777"}).content.decode()  # fmt: skip


@pytest.mark.req("TEN-01")
def test_a_colour_that_reads_stays_and_one_that_does_not_moves() -> None:
    pale, strong = looks("#ffffaa", "#777777")[0], looks("#0b6e4f", "#777777")[0]
    assert pale.fill_moved and pale.text_moved and pale.ratio < 1.1
    assert not strong.fill_moved and not strong.text_moved and strong.fill == "#0b6e4f"


@pytest.mark.req("TEN-04")
@pytest.mark.parametrize("path", ["", "brand/", "team/", "organisations/", "audit/"])
def test_settings_are_for_those_who_may(ampere: Tenant, path: str) -> None:
    assert visitor().get(f"/settings/{path}")["Location"].startswith("/accounts/login/")
    for role in ((), ("operator",), ("fleet_manager",)):
        assert visitor(user=builders.person("x", *role)).get(f"/settings/{path}").status_code == 403
    assert visitor(user=builders.person("adam", "admin")).get(f"/settings/{path}").status_code == 200
    expected = 200 if path in ("", "audit/") else 403
    assert visitor(user=builders.person("audra", "auditor")).get(f"/settings/{path}").status_code == expected


@pytest.mark.req("TEN-04")
def test_the_menu_shows_settings_to_whom_they_are_open(ampere: Tenant) -> None:
    for role, there in (("owner", True), ("auditor", True), ("operator", False), ("", False)):
        client = visitor(user=builders.person("x", *([role] if role else [])))
        assert ('href="/settings/"' in client.get("/account/").content.decode()) is there, role


@pytest.mark.req("TEN-04")
def test_a_team_is_made_on_pages(ampere: Tenant, mailoutbox: list[Any]) -> None:
    client = visitor(user=builders.person("owner", "owner"))
    assert client.post("/settings/organisations/", {"name": "Nordkai", "kind": "fleet"}).status_code == 302
    fleet = Organisation.objects.get()
    invite = {"email": "fia@ohm.example", "name": "Fia", "role": "fleet_manager", "organisation": str(fleet.uid)}
    assert client.post("/settings/team/", invite).status_code == 302
    assert [message.to for message in mailoutbox] == [["fia@ohm.example"]]
    fia = User.objects.get(email="fia@ohm.example")
    page = client.get("/settings/team/").content.decode()
    assert "Fleet manager · Nordkai" in page and "Invited" in page
    client.post(f"/settings/team/{fia.uid}/give/", {"role": "operator", "organisation": ""})
    client.post(f"/settings/team/{fia.uid}/take/", {"role": "fleet_manager", "organisation": str(fleet.uid)})
    assert list(Membership.objects.filter(user=fia).values_list("role", "organisation")) == [("operator", None)]
    log = visitor(user=builders.person("audra", "auditor")).get("/settings/audit/").content.decode()
    assert log.count("fia@ohm.example") == 3 and "Role taken" in log


@pytest.mark.req("TEN-04")
def test_pages_refuse_what_reaches_beyond(ampere: Tenant) -> None:
    owner, client = builders.person("owner", "owner"), visitor(user=builders.person("adam", "admin"))
    page = client.post("/settings/team/", {"email": "x@ohm.example", "role": "owner", "organisation": ""})
    assert page.status_code in (403, 422)
    client.post(f"/settings/team/{owner.uid}/take/", {"role": "owner", "organisation": ""})
    assert Membership.objects.filter(role="owner", organisation=None).get().user == owner
    own = visitor(user=owner)
    told = own.post(f"/settings/team/{owner.uid}/take/", {"role": "owner", "organisation": ""}, follow=True)
    assert "keeps at least one owner" in told.content.decode()


@pytest.mark.req("TEN-04")
def test_the_team_comes_in_pages(ampere: Tenant) -> None:
    client = visitor(user=builders.person("owner", "owner"))
    for number in range(51):
        builders.person(f"member{number}", "support")
    first = client.get("/settings/team/")
    assert "Member0" not in first.content.decode() and "Member50" in first.content.decode()
    rest = client.get(f"/settings/team/?after={first.context['next']}").content.decode()
    assert "Member0" in rest and "Newest" in rest
    assert client.get("/settings/team/?after=nonsense").status_code == 422


@pytest.mark.req("TEN-03")
def test_people_of_another_brand_are_unknown(ampere: Tenant) -> None:
    owner = builders.person("owner", "owner")
    client = visitor(user=owner)
    for act in ("give", "take"):
        answer = client.post(f"/settings/team/00000000-0000-4000-8000-000000000000/{act}/", {"role": "support"})
        assert answer.status_code == 404


@pytest.mark.req("OPS-05")
@pytest.mark.parametrize(
    "text",
    [
        "<b>x</b>", "[a](javascript:alert(1))", '[a](https://x" onclick="y)', "**<i>x</i>**", "# <svg onload=x>",
        "[<img src=x>](https://x.example)", "[a](//evil.example)", "1. <script>x</script>",
    ],
)  # fmt: skip
def test_legal_texts_carry_no_markup_of_their_own(text: str) -> None:
    made = str(prose(text))
    assert not any(
        bad in made for bad in ("<b>", 'javascript:alert(1)"', 'onclick="', "<i>", "<svg", "<img", "<script")
    )
    assert 'href="//' not in made and 'href="javascript' not in made


def test_legal_texts_have_headings_lists_and_links() -> None:
    made = prose("# One\nText\nmore\n- a\n- b\n\n1. first\n2. second\n\nMail [us](mailto:a@b.example)")
    assert made == (
        "<h2>One</h2>\n<p>Text<br>more</p>\n<ul><li>a</li><li>b</li></ul>\n<ol><li>first</li><li>second</li></ol>\n"
        '<p>Mail <a href="mailto:a@b.example" rel="noopener nofollow">us</a></p>'
    )


@pytest.mark.req("TEN-01", "OPS-05")
def test_a_password_is_never_sent_back(db: None) -> None:
    page = visitor("localhost").post("/start/", form_of_a_brand(slug="admin"))
    assert page.status_code == 422
    assert "a-long-password-9" not in page.content.decode()


@pytest.mark.req("TEN-01")
def test_a_brand_opens_with_its_logo_and_leads_on(db: None) -> None:
    page = visitor("localhost").post("/start/", form_of_a_brand() | {"logo": upload(LOGO)})
    assert page.status_code == 201, page.content.decode()[-2000:]
    assert "http://amper-sued.localhost/accounts/login/?next=/settings/brand/" in page.content.decode()
    assert "path" in Domain.objects.get(domain="amper-sued.localhost").tenant.logo_svg
    browser = Client(headers={"host": "amper-sued.localhost"})
    login = {"login": "eva@sued.example", "password": "a-long-password-9"}
    went = browser.post("/accounts/login/?next=/settings/brand/", login)
    assert went["Location"] == "/settings/brand/"
    assert browser.get("/settings/brand/").status_code == 200


@pytest.mark.req("TEN-01")
def test_a_logo_that_does_not_fit_opens_nothing(db: None) -> None:
    page = visitor("localhost").post("/start/", form_of_a_brand() | {"logo": upload("<svg onload='x'/>")})
    assert page.status_code == 422
    assert not Domain.objects.filter(domain="amper-sued.localhost").exists()


@pytest.mark.req("TEN-02", "ACC-01")
def test_mails_on_disk_carry_brand_and_sender(ampere: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the file backend of a real installation: verification, a new password, an invitation, a booking."""
    Tenant.objects.filter(pk=ampere.pk).update(name="Ohm & Söhne", email_sender="hello@ohm.example")
    forget()
    monkeypatch.setattr(
        "django.core.mail.get_connection",
        lambda *_, **__: get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=str(tmp_path)),
    )
    stranger = visitor()
    stranger.post("/accounts/signup/", {"email": "nora@example.com", "password1": "a quiet harbour 7"})
    visitor().post("/accounts/password/reset/", {"email": "nora@example.com"})
    client = visitor(user=builders.person("owner", "owner"))
    client.post("/settings/team/", {"email": "otto@example.com", "role": "support", "organisation": ""})
    builders.confirmed(of=builders.listing(host=builders.person("host")), by=builders.person("driver"))
    assert send_due(now=builders.NOW + timedelta(seconds=5)) == 2
    forget()
    mails = [path.read_text() for path in tmp_path.iterdir()]
    assert len(mails) == 5
    for text in mails:
        assert "<hello@ohm.example>" in text and "Reply-To: help@ampere.example" in text
        assert "Wattlane" not in text and "example.com/accounts" not in text and "http://ampere.localhost" in text

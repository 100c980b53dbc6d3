import threading
from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate
from django.db import connection
from django.test import Client, RequestFactory
from django_tenants.utils import schema_exists

from saas.kit.errors import Invalid, NotFound
from saas.kit.tenant_context import current_schema, tenant_schema
from saas.tenancy import actions, brand
from saas.tenancy.middleware import forget
from saas.tenancy.models import Tenant
from saas.tenancy.signals import tenant_opened
from tenants.accounts.models import Membership, User

NOW = datetime(2026, 3, 1, tzinfo=UTC)
VOLTA = {
    "slug": "volta-fleet", "name": "Volta", "kind": "fleet", "country": "DE", "language": "de", "currency": "EUR",
    "timezone": "Europe/Berlin", "colour_primary": "#003049", "colour_accent": "#F77F00",
    "support_email": "help@volta.example",
    "owner_email": "Olga@volta.example", "owner_password": "a quiet harbour 7", "owner_name": "Olga", "now": NOW,
}  # fmt: skip


def opened(**changes: object) -> Tenant:
    return actions.open_tenant(**{**VOLTA, **changes})  # type: ignore[arg-type]


@pytest.mark.req("TEN-01")
def test_a_new_tenant_is_live_when_it_is_open(db: None) -> None:
    tenant = opened(tagline="Fleets first")
    assert Client().get("/accounts/login/", headers={"host": "volta-fleet.localhost"}).status_code == 200
    assert (tenant.schema_name, tenant.kind, tenant.tagline) == ("volta_fleet", "fleet", "Fleets first")


@pytest.mark.req("TEN-01", "TEN-04")
def test_the_owner_can_log_in_and_owns(db: None) -> None:
    opened()
    assert current_schema() == "public"
    with tenant_schema("volta_fleet"):
        request = RequestFactory().post("/")
        owner = authenticate(request, email="olga@volta.example", password="a quiet harbour 7")
        assert isinstance(owner, User)
        assert list(owner.memberships.values_list("role", "organisation")) == [(Membership.Role.OWNER, None)]


@pytest.mark.req("TEN-01")
def test_a_taken_name_is_refused_and_the_first_tenant_stays(db: None) -> None:
    first = opened()
    with pytest.raises(actions.SlugTaken):
        opened(name="Another")
    assert Tenant.objects.get(schema_name="volta_fleet").name == first.name


@pytest.mark.req("TEN-01")
def test_a_crash_half_way_leaves_nothing_and_it_can_be_run_again(db: None) -> None:
    def crash(**_: object) -> None:
        raise RuntimeError("power cut")

    tenant_opened.connect(crash)
    try:
        with pytest.raises(RuntimeError):
            opened()
    finally:
        tenant_opened.disconnect(crash)
    assert not schema_exists("volta_fleet")
    assert not Tenant.objects.filter(schema_name="volta_fleet").exists()
    assert opened().pk


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("slug", "admin"), ("slug", "Volta"), ("slug", "xn--volta"), ("slug", "pg-volta"), ("slug", "tenant-template"),
        ("slug", "a" * 31), ("slug", "-volta"), ("slug", "vol_ta"), ("colour_primary", "red"), ("currency", "BTC"),
        ("colour_accent", "#12345"), ("timezone", "Mars/Olympus"), ("language", "xx"), ("country", "ZZ"),
        ("support_email", "nobody"), ("owner_email", "nobody"), ("name", " "), ("kind", "club"),
    ],
)  # fmt: skip
def test_each_rule_names_the_field_it_refuses(db: None, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        opened(**{field: value})
    assert set(refused.value.details) == {field}
    assert not schema_exists("volta_fleet")


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize("password", ["short", "password123"])
def test_a_weak_password_opens_nothing(db: None, password: str) -> None:
    with pytest.raises(Invalid):
        opened(owner_password=password)
    assert not schema_exists("volta_fleet")


@pytest.mark.req("TEN-01", "OPS-05")
@pytest.mark.parametrize(
    "svg",
    [
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='https://evil.example/x.png'/></svg>",
        "<svg xmlns='http://www.w3.org/2000/svg'><rect fill='url(https://evil.example/x)'/></svg>",
        "<!DOCTYPE svg [<!ENTITY x 'y'>]><svg xmlns='http://www.w3.org/2000/svg'/>",
        "<html/>",
        "<svg",
    ],
)
def test_a_logo_that_could_do_something_is_refused(svg: str) -> None:
    with pytest.raises(Invalid):
        brand.clean_logo(svg)


@pytest.mark.req("TEN-01")
def test_a_logo_as_drawing_programs_save_it_passes() -> None:
    saved = """<?xml version="1.0" encoding="UTF-8" standalone="no"?>
    <!-- Made by a drawing program -->
    <!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">
    <svg xmlns="http://www.w3.org/2000/svg" xmlns:ink="http://ink.example" version="1.1" viewBox="0 0 9 9">
    <metadata id="m"><ink:made/></metadata><ink:view zoom="2"><path d="M1 1"/></ink:view>
    <g class="a" ink:label="x" style="fill:#ff0000; -ink-font: x"><path d="M0 0h9v9z"/></g></svg>"""
    made = brand.clean_logo(saved)
    assert 'fill="#ff0000"' in made and 'd="M0 0h9v9z"' in made
    assert not any(left in made for left in ("ink", "metadata", "class", "style", "M1 1", "<!", "<?"))


@pytest.mark.req("TEN-01", "OPS-05")
@pytest.mark.parametrize(
    "inside",
    [
        "<g style='fill:url(https://evil.example/x)'/>", "<style>*{fill:url(//evil.example)}</style>",
        "<a href='javascript:alert(1)'/>", "<foreignObject/>", "<use href='#x'/>", "<g ONLOAD='x'/>",
        "<!-- --><script>x</script><!-- -->", "<![CDATA[<script>]]>", "<g style='fill:\\75rl(//evil.example)'/>",
    ],
)  # fmt: skip
def test_nothing_slips_through_what_is_dropped(inside: str) -> None:
    with pytest.raises(Invalid):
        brand.clean_logo(f"<svg xmlns='http://www.w3.org/2000/svg'>{inside}</svg>")


def test_a_plain_logo_passes() -> None:
    assert "path" in brand.clean_logo(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><path d='M0 0h9v9z'/></svg>"
    )


@pytest.mark.req("TEN-01", "TEN-03")
def test_a_suspended_tenant_is_closed_and_opens_again(ampere: object) -> None:
    client = Client(headers={"host": "ampere.localhost"})
    actions.suspend_tenant(schema="ampere", now=NOW)
    try:
        assert client.get("/accounts/login/").status_code == 503
    finally:
        actions.resume_tenant(schema="ampere", now=NOW)
    assert client.get("/accounts/login/").status_code == 200
    forget()


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize("schema", ["public", "nobody"])
def test_only_tenants_can_be_suspended(db: None, schema: str) -> None:
    with pytest.raises(NotFound):
        actions.suspend_tenant(schema=schema, now=NOW)


@pytest.mark.req("TEN-01")
def test_of_several_at_once_one_gets_the_name(committed: None) -> None:
    outcomes: list[str] = []

    def race() -> None:
        try:
            opened(slug="racer")
            outcomes.append("opened")
        except actions.SlugTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Tenant.objects.get(schema_name="racer").delete(force_drop=True)
    assert sorted(outcomes) == ["opened", "taken", "taken"]

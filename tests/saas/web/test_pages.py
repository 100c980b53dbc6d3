"""Every page of every brand: there, in its language, direction and colours, clean under the content policy."""

import json
import re

import pytest

from saas.tenancy.models import Tenant
from tests import builders

from .conftest import visitor

OPEN_PAGES = (
    "/",
    "/chargers/",
    "/host/",
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/terms/",
    "/privacy/",
    "/offline/",
)
INLINE = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*\bnonce=)|\sstyle=\"|\son[a-z]+=\"|javascript:")


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_of_the_english_brand(ampere: Tenant, path: str) -> None:
    page = visitor().get(path)
    assert page.status_code == 200
    text = page.content.decode()
    assert not INLINE.search(text)
    if path != "/chargers/":
        assert '<html lang="en" dir="ltr"' in text
        assert "Ampère" in text


@pytest.mark.req("TEN-01")
@pytest.mark.parametrize("path", OPEN_PAGES)
def test_open_pages_of_the_arabic_brand(barq: Tenant, path: str) -> None:
    page = visitor("barq.localhost").get(path)
    assert page.status_code == 200
    if path != "/chargers/":
        assert '<html lang="ar" dir="rtl"' in page.content.decode()
        assert "برق" in page.content.decode()
        assert "Log in" not in page.content.decode()


def test_brands_have_their_own_colours_and_logo(ampere: Tenant) -> None:
    assert "#0b6e4f" in visitor().get("/brand.css").content.decode()
    assert "#5b2a86" in visitor("barq.localhost").get("/brand.css").content.decode()
    assert visitor().get("/logo.svg")["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_manifest_is_the_brands(barq: Tenant) -> None:
    held = json.loads(visitor("barq.localhost").get("/manifest.webmanifest").content)
    assert (held["name"], held["lang"], held["dir"]) == ("برق", "ar", "rtl")
    for icon in held["icons"]:
        assert visitor("barq.localhost").get(icon["src"]).content.startswith(b"\x89PNG")


def test_an_icon_of_another_size_is_not_drawn(ampere: Tenant) -> None:
    assert visitor().get("/icons/9999.png").status_code == 404


def test_the_service_worker_covers_the_whole_site(ampere: Tenant) -> None:
    answer = visitor().get("/sw.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert "/offline/" in answer.content.decode()


def test_the_language_is_remembered_and_leads_back(ampere: Tenant) -> None:
    client = visitor()
    answer = client.post("/language/", {"language": "de", "next": "/host/"})
    assert (answer.status_code, answer["Location"]) == (302, "/host/")
    assert '<html lang="de" dir="ltr"' in client.get("/host/").content.decode()


def test_the_language_form_does_not_lead_to_other_sites(ampere: Tenant) -> None:
    assert visitor().post("/language/", {"language": "de", "next": "https://evil.example/"})["Location"] == "/"


def test_a_page_that_is_not_there_is_said_in_the_brands_design(ampere: Tenant) -> None:
    page = visitor().get("/no/such/page/")
    assert page.status_code == 404
    assert "Nothing here" in page.content.decode()
    assert "Ampère" in page.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/bookings/",
        "/account/",
        "/account/identity/",
        "/scan/",
        "/fleet/",
        "/reports/",
        "/console/",
        "/console/identity/",
        "/host/new/",
    ],
)
def test_closed_pages_ask_to_log_in_first(ampere: Tenant, path: str) -> None:
    answer = visitor().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")


@pytest.mark.parametrize("path", ["/fleet/", "/reports/", "/console/", "/console/identity/"])
def test_a_driver_gets_403_where_staff_works(ampere: Tenant, path: str) -> None:
    page = visitor(user=builders.person("driver")).get(path)
    assert page.status_code == 403
    assert "Not allowed" in page.content.decode()


def test_navigation_shows_what_the_role_opens(ampere: Tenant) -> None:
    driver = visitor(user=builders.person("driver")).get("/account/").content.decode()
    owner = visitor(user=builders.person("owner", "owner")).get("/account/").content.decode()
    assert 'href="/console/"' not in driver
    assert 'href="/console/"' in owner


def test_the_console_of_an_operator(ampere: Tenant) -> None:
    device = builders.device()
    page = visitor(user=builders.person("operator", "operator")).get("/console/").content.decode()
    assert device.device_id in page
    assert not INLINE.search(page)


def test_the_platform_shows_what_it_is_and_its_brands(ampere: Tenant) -> None:
    page = visitor("localhost").get("/").content.decode()
    assert "Charging, under your own brand" in page
    assert "ampere.localhost" in page
    assert not INLINE.search(page)

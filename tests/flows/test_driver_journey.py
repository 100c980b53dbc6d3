"""A driver from the first look to the confirmed booking, in a real browser, on a phone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest

from .conftest import Site

pytestmark = [pytest.mark.browser]
PHONE = {"width": 390, "height": 844}
SERIOUS = ("serious", "critical")


def check(page: Any) -> None:
    """No serious finding of axe (WCAG 2.2 A and AA)."""
    from axe_playwright_python.sync_playwright import Axe

    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    found = Axe().run(page, options=rules).response["violations"]
    told = [
        f"{v['id']}: {v['nodes'][0]['html'][:160]} {v['nodes'][0].get('failureSummary', '')[:300]}"
        for v in found
        if v["impact"] in SERIOUS
    ]
    assert told == [], f"{page.url}\n" + "\n".join(told)


def errors_of(page: Any) -> list[str]:
    """What the browser complains of from now on. The live feed is a process of its own and not here."""
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on(
        "console",
        lambda message: told.append(message.text) if message.type == "error" and "404" not in message.text else None,
    )
    return told


def verify(schema: str, email: str) -> None:
    """What the owner does on the console; in a thread of its own, because Playwright's loop runs in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(_verify, schema, email).result()


def _verify(schema: str, email: str) -> None:
    from django.db import connection

    from saas.kit.tenant_context import tenant_schema
    from tenants.accounts import identity
    from tenants.accounts.models import User

    with tenant_schema(schema):
        owner, driver = User.objects.get(email="owner@flow.example"), User.objects.get(email=email)
        identity.decide(user_uid=driver.uid, accept=True, by=owner, now=datetime.now(UTC))
    connection.close()


@pytest.mark.req("ACC-01", "MKT-06", "MKT-07", "MKT-08", "MKT-10")
def test_sign_up_find_book_pay(site: Site, chromium: Any) -> None:
    page = chromium.new_context(viewport=PHONE).new_page()
    told = errors_of(page)
    page.goto(f"{site.url}/")
    page.wait_for_selector("#map[data-ready]")
    page.wait_for_selector(".pin")
    check(page)
    page.click(".pin")
    page.click("#peek .spot")
    page.wait_for_selector("#quote .sum")
    assert "Secret street" not in page.content()
    check(page)

    page.goto(f"{site.url}/accounts/signup/")
    check(page)
    page.fill("[name=email]", "nea@flow.example")
    page.fill("[name=password1]", "a-quiet-drive-7")
    page.click("main form button")
    page.goto(f"{site.url}/account/identity/")
    page.fill("[name=name]", "Nea Laine")
    page.fill("[name=licence_plate]", "NEA-1")
    page.fill("[name=vehicle_type]", "Kia e-Niro")
    page.click("main form button")
    page.wait_for_selector("text=We are checking")
    verify(site.schema, "nea@flow.example")

    page.goto(f"{site.url}/")
    page.click("#spots .spot")
    page.wait_for_selector("text=Secret street 7")
    page.select_option("#minutes", "30")
    page.wait_for_selector("#quote .sum")
    page.click("#book button.primary")
    page.wait_for_url("**/pay/")
    check(page)
    page.check("[value=tok_declined]")
    page.click("button.big")
    page.wait_for_selector("text=The card was declined")
    page.check("[value=tok_approved]")
    page.click("button.big")
    page.wait_for_selector("text=Booked. Have a good charge!")
    assert page.locator(".code b").count() == 6
    check(page)
    page.goto(f"{site.url}/scan/")
    check(page)
    assert [line for line in told if "402" not in line] == []


@pytest.mark.slow
@pytest.mark.req("TEN-07")
@pytest.mark.parametrize("brand", [{"language": "ar"}, {"language": "fa"}, {"language": "de"}], indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_in_every_language_and_both_modes(site: Site, chromium: Any, theme: str) -> None:
    """Nothing sticks out sideways on a phone, and axe is content."""
    context = chromium.new_context(viewport=PHONE, color_scheme=theme)
    page = context.new_page()
    page.goto(f"{site.url}/accounts/login/")
    page.fill("[name=login]", "owner@flow.example")
    page.fill("[name=password]", "owner-of-the-flow-1")
    page.click("main form button")
    page.wait_for_url(f"{site.url}/")
    for path in (
        "/",
        "/bookings/",
        "/scan/",
        "/host/",
        "/host/new/charger/",
        "/account/",
        "/account/identity/",
        "/console/",
        "/reports/",
        "/nothing/",
    ):
        page.goto(f"{site.url}{path}")
        page.wait_for_timeout(300)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path
        check(page)


@pytest.mark.slow
@pytest.mark.req("MKT-06")
def test_without_webgl_the_list_still_works(site: Site, chromium: Any) -> None:
    context = chromium.new_context(viewport=PHONE)
    context.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = context.new_page()
    page.goto(f"{site.url}/")
    page.wait_for_selector("#no-map:not([hidden])")
    assert page.locator("#spots .spot").count() == 1


@pytest.mark.slow
def test_without_javascript_a_booking_can_be_paid(site: Site, chromium: Any) -> None:
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site.url}/accounts/signup/")
    page.fill("[name=email]", "plain@flow.example")
    page.fill("[name=password1]", "a-quiet-drive-7")
    page.click("main form button")
    page.goto(f"{site.url}/account/identity/")
    for name, value in (("name", "Plain"), ("licence_plate", "P-1"), ("vehicle_type", "Kia")):
        page.fill(f"[name={name}]", value)
    page.click("main form button")
    verify(site.schema, "plain@flow.example")
    page.goto(f"{site.url}/")
    page.click("#spots .spot")
    page.click("#book button.primary")
    page.click("button.big")
    page.wait_for_selector("text=Booked. Have a good charge!")


@pytest.mark.slow
def test_the_theme_is_switched_and_remembered(site: Site, chromium: Any) -> None:
    page = chromium.new_context(viewport=PHONE, color_scheme="light").new_page()
    page.goto(f"{site.url}/host/")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.click("[data-theme-toggle]")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") != light


@pytest.mark.slow
def test_the_keyboard_reaches_the_content_first(site: Site, chromium: Any) -> None:
    page = chromium.new_context(viewport={"width": 1280, "height": 800}).new_page()
    page.goto(f"{site.url}/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"

"""An owner finishes the brand in a real browser: preview, map, legal texts, team."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from .conftest import Site
from .test_driver_journey import check, errors_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 800}}
SHOTS = os.environ.get("WATTLANE_SHOTS", "")


def shot(page: Any, name: str) -> None:
    """A picture for whoever asks for them by WATTLANE_SHOTS=<folder>."""
    if SHOTS:
        page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


def enter(site: Site, page: Any) -> None:
    page.goto(f"{site.url}/accounts/login/?next=/settings/brand/")
    page.fill("[name=login]", "owner@flow.example")
    page.fill("[name=password]", "owner-of-the-flow-1")
    page.click("main button:not([name=language])")
    page.wait_for_url("**/settings/brand/")


@pytest.mark.req("TEN-01", "TEN-02", "TEN-04")
@pytest.mark.parametrize(
    ("brand", "size"), [({"language": "en"}, "desktop"), ({"language": "ar"}, "phone")], indirect=["brand"]
)
def test_an_owner_finishes_the_brand_in_the_browser(site: Site, chromium: Any, size: str) -> None:
    page = chromium.new_page(viewport=SIZES[size])
    told = errors_of(page)
    enter(site, page)
    page.wait_for_timeout(1200)
    check(page)
    shot(page, f"brand-{size}")
    with page.expect_response("**/settings/brand/look/"):
        page.fill("[name=colour_primary]", "#ffe600")
    page.wait_for_selector(".look-told:has-text('3 : 1')")
    before = page.input_value("[name=map_latitude]")
    box = page.locator("#map canvas").bounding_box()
    page.locator("#map").scroll_into_view_if_needed()
    box = page.locator("#map canvas").bounding_box()
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 80, steps=6)
    page.mouse.up()
    page.wait_for_function("old => document.querySelector('[name=map_latitude]').value !== old", arg=before)
    page.fill("[name=terms]", "# Fair use\n\n- Come on time\n- Leave on time")
    shot(page, f"brand-changed-{size}")
    page.click(".save-bar button")
    page.wait_for_selector(".note.good")
    page.goto(f"{site.url}/terms/")
    assert page.locator(".prose li").count() == 2
    shot(page, f"terms-{size}")
    page.goto(f"{site.url}/settings/team/")
    page.fill("[name=email]", "otto@flow.example")
    page.select_option("#id_role", "operator")
    page.click("main form button.primary")
    page.wait_for_selector(".note.good")
    assert page.locator(".role").count() == 2
    check(page)
    shot(page, f"team-{size}")
    for name in ("settings", "settings/organisations", "settings/audit", "account"):
        page.goto(f"{site.url}/{name}/")
        check(page)
        shot(page, f"{name.replace('/', '-')}-{size}")
    assert told == []


def drop(schema: str) -> None:
    """Remove what the journey opened; in a thread of its own, because Playwright's loop runs in this one."""

    def work() -> None:
        from django.db import connection

        from saas.tenancy.models import Tenant

        connection.set_schema_to_public()
        for tenant in Tenant.objects.filter(schema_name=schema):
            tenant.delete(force_drop=True)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        pool.submit(work).result()


@pytest.mark.req("TEN-01", "TEN-02")
@pytest.mark.parametrize("size", ["desktop"])
def test_a_reseller_opens_a_brand_and_goes_on_to_finish_it(
    site: Site, chromium: Any, size: str, tmp_path: Path
) -> None:
    page, slug = chromium.new_page(viewport=SIZES[size]), f"opened{uuid4().hex[:6]}"
    logo = tmp_path / "logo.svg"
    logo.write_text("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><circle cx='4' cy='4' r='4'/></svg>")
    page.goto(f"http://localhost:{urlsplit(site.url).port}/start/")
    filled = {"name": "Ohm", "slug": slug, "owner_name": "Eva", "owner_email": "eva@ohm.example"}
    for name, value in {**filled, "owner_password": "a quiet harbour 7"}.items():
        page.fill(f"[name={name}]", value)
    page.set_input_files("[name=logo]", str(logo))
    check(page)
    shot(page, f"start-{size}")
    try:
        page.click("main form button.big")
        page.wait_for_selector(".seal.good")
        shot(page, f"opened-{size}")
        page.click("a[href*='next=/settings/brand/']")
        page.fill("[name=login]", "eva@ohm.example")
        page.fill("[name=password]", "a quiet harbour 7")
        page.click("main button:not([name=language])")
        page.wait_for_url(f"http://{slug}.localhost:*/settings/brand/")
        page.click("summary[aria-label='Your account']")
        assert page.locator(".menu-list a[href='/settings/']").is_visible()
        shot(page, f"menu-{size}")
        assert (
            "circle"
            in page.request.get(
                f"http://localhost:{urlsplit(site.url).port}/logo.svg", headers={"host": f"{slug}.localhost"}
            ).text()
        )
    finally:
        drop(slug)

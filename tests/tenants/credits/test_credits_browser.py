"""The pages of credits and green charging in a real browser: phone and desktop, light and dark, both directions."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.accounts.models import User
from tenants.credits import actions
from tenants.credits.actions import RuleTerms
from tests import builders
from tests.flows.conftest import Site, brand, chromium, front_end, site
from tests.flows.test_driver_journey import check, errors_of
from tests.flows.test_settings_journey import SIZES, shot
from tests.tenants.credits.street import session
from tests.tenants.power.test_power_browser import enter

__all__ = ["brand", "chromium", "front_end", "site"]  # fixtures: a server on a brand of its own, Chromium
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.req("ESG-04", "ESG-05", "TEN-07")]


@pytest.fixture
def charged(site: Site) -> None:
    """Ten megawatt-hours to claim, some that cannot be, and a reward for the owner's own session."""
    now = datetime.now(UTC).replace(microsecond=0)
    with tenant_schema(site.schema):
        connection.set_tenant(Tenant.objects.get(schema_name=site.schema))
        owner, here = User.objects.get(email="owner@flow.example"), builders.evse()
        rule = RuleTerms("off_peak", 0, 0, minor_per_mwh=5000, cap_minor=5000)
        actions.make_rule(terms=rule, valid_from=now - timedelta(days=1), by=owner, now=now - timedelta(days=2))
        session(evse=here, wh=10_000_000, start=now - timedelta(hours=5), driver=owner)
        session(evse=here, wh=0, start=now - timedelta(hours=3))
        actions.grant_due(now=now)


@pytest.mark.parametrize(
    ("brand", "size", "scheme"),
    [({"language": "en"}, "desktop", "light"), ({"language": "ar"}, "phone", "dark")],
    indirect=["brand"],
)
def test_a_claim_from_the_wizard_to_the_certificate(
    site: Site, charged: None, chromium: Any, size: str, scheme: str
) -> None:
    page = chromium.new_page(viewport=SIZES[size], color_scheme=scheme)
    told = errors_of(page)
    enter(site, page, "/console/credits/")
    look(page, f"credits-empty-{size}")
    page.goto(f"{site.url}/console/credits/new/")
    look(page, f"credits-method-{size}")
    page.goto(f"{site.url}/console/credits/new/?method=vm0038:1.0")
    page.fill("[name=region]", "FI")
    page.select_option("[name=fleet]", "electric-bus")
    page.fill("[name=grid_mg_per_kwh]", "79000")
    page.fill("[name=grid_source]", "Our World in Data 2023")
    page.click("[name=look]")
    page.wait_for_selector("#preview")
    look(page, f"credits-preview-{size}")
    page.click("[name=claim]")
    page.wait_for_selector("form[action$='/lock/']")
    look(page, f"credits-open-{size}")
    page.click("form[action$='/lock/'] button")
    page.fill("[name=verifier]", "TÜV Nord")
    page.fill("[name=verification]", "Report 2026-17")
    page.click("form[action$='/verify/'] button")
    page.wait_for_selector("a[href*='/blocks/']")
    look(page, f"credits-verified-{size}")
    page.click("a[href*='/blocks/']")
    page.wait_for_selector("form[action$='/retire/']", state="attached")
    page.click("details:has([name=retired_for]) summary")
    page.fill("[name=retired_for]", "Cabs Oy")
    page.fill("[name=reason]", "Journeys of 2026")
    page.fill("form[action$='/retire/'] [name=grams]", "1000000")
    look(page, f"credits-block-{size}")
    page.click("form[action$='/retire/'] button")
    page.wait_for_selector("a[href$='/certificate/']")
    page.click("form[action$='/file/'] button")
    page.wait_for_load_state()
    look(page, f"credits-retired-{size}")
    page.click("a[href$='/certificate/']")
    page.wait_for_url("**/certificate/")
    look(page, f"credits-certificate-{size}")
    for name in ("console/credits/", "console/credits/green/", "green/", "bookings/"):
        page.goto(f"{site.url}/{name}")
        look(page, f"{name.strip('/').replace('/', '-')}-{size}")
    assert told == []


def look(page: Any, name: str) -> None:
    """Accessible and inside the screen; a picture for people."""
    check(page)
    shot(page, name)

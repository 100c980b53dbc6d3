"""The pages of shared limits in a real browser: phone and desktop, light and dark, both directions."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from saas.kit.tenant_context import tenant_schema
from saas.tenancy.models import Tenant
from tenants.power import actions
from tenants.power.models import Circuit
from tests.flows.conftest import Site, brand, chromium, front_end, site
from tests.flows.test_driver_journey import check, errors_of
from tests.flows.test_settings_journey import SIZES, shot
from tests.tenants.power.street import Street

__all__ = ["brand", "chromium", "front_end", "site"]  # fixtures: a server on a brand of its own, Chromium
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.req("CHG-07", "TEN-07")]


@pytest.fixture
def garage(site: Site) -> Circuit:
    """A tree of two circuits: one vehicle shares, one waits, one is offline, one cannot be limited."""
    schema = site.schema
    with tenant_schema(schema):
        connection.set_tenant(Tenant.objects.get(schema_name=schema))
        street = Street(limit_ma=63_000, name="Garage")
        street.now = datetime.now(UTC)
        fields = {"name": "Row B", "limit_ma": 16_000, "parent": street.root}
        row = actions.save_circuit(
            circuit=None, location=street.location, fields=fields, by=street.owner, now=street.now
        )
        shares, waits = street.box(circuit=row, member={"priority": 3}), street.box(circuit=row)
        offline, deaf = street.box(), street.box(refuses=lambda profile: "NotSupported", member={"max_ma": 16_000})
        waits.evse.max_current_ma = 32_000
        street.run(60)
        for box in (shares, waits, offline):
            street.start(box)
        street.run(40)
        street.connect(offline, online=False)
        street.run(9)
        assert deaf.station
        return street.root


def enter(site: Site, page: Any, then: str) -> None:
    page.goto(f"{site.url}/accounts/login/?next={then}")
    page.fill("[name=login]", "owner@flow.example")
    page.fill("[name=password]", "owner-of-the-flow-1")
    page.click("main button:not([name=language])")
    page.wait_for_url(f"**{then}")


@pytest.mark.parametrize(
    ("brand", "size", "scheme"),
    [({"language": "en"}, "desktop", "light"), ({"language": "ar"}, "phone", "dark")],
    indirect=["brand"],
)
def test_an_operator_looks_at_a_garage_and_lowers_its_limit(
    site: Site, garage: Circuit, chromium: Any, size: str, scheme: str
) -> None:
    page = chromium.new_page(viewport=SIZES[size], color_scheme=scheme)
    told = errors_of(page)
    enter(site, page, "/console/power/")
    check(page)
    shot(page, f"power-{size}")
    page.click(".power-site")
    page.wait_for_url(f"**/console/power/{garage.uid}/")
    check(page)
    shot(page, f"power-site-{size}")
    page.click("a[href$='/change/'] >> nth=0")
    check(page)
    shot(page, f"power-circuit-{size}")
    page.fill("[name=limit]", "5")
    page.click("form .btn.primary")
    page.wait_for_selector(".note.bad")
    shot(page, f"power-refused-{size}")
    page.fill("[name=limit]", "50")
    page.click("form .btn.primary")
    page.wait_for_selector(".note.good")
    page.click("a[href*='/evses/'] >> nth=0")
    check(page)
    shot(page, f"power-member-{size}")
    assert not [line for line in told if "422" not in line]

"""From a fault at a simulated adapter to the label: an operator at a desk and a technician on a phone, in a browser."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import pytest
from django.db import connection

from saas.contracts.telemetry import wire
from saas.contracts.telemetry.messages import Event
from saas.devices import queries as registry
from saas.kit.tenant_context import tenant_schema
from saas.kit.time import to_ms
from saas.tenancy.models import Tenant
from tenants.accounts.actions import add_user
from tenants.charging.actions import receive_event
from tenants.maintenance import exports
from tenants.maintenance.models import Alert, Outage
from tenants.sites.models import Evse
from tests.firmware.micropython.kit import Rig
from tests.flows.conftest import Site, brand, chromium, front_end, site
from tests.flows.test_driver_journey import check, errors_of
from tests.flows.test_settings_journey import shot

__all__ = ["brand", "chromium", "front_end", "site"]  # fixtures: a server on a brand of its own, Chromium
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(420),
    pytest.mark.req("MNT-01", "MNT-05", "TEN-07"),
]
T = TypeVar("T")
PASSWORD = "a quiet harbour 7"
PHONE = {"width": 360, "height": 740}
AT = "/maintenance/"


def in_brand(schema: str, work: Callable[[], T]) -> T:
    """Django in a thread of its own: the browser's loop runs in this one."""

    def there() -> T:
        try:
            with tenant_schema(schema):
                connection.set_tenant(Tenant.objects.get(schema_name=schema))
                return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(there).result(60)


class Adapter:
    """The firmware's own logic on a simulated board, whose events reach the brand as the ingester would tell them."""

    def __init__(self, schema: str) -> None:
        self.schema, self.rig, self.told = schema, Rig(), 0
        self.rig.run(3_000)

    def open_case(self, is_open: bool) -> None:
        self.rig.board.case_open = is_open
        self.rig.run(8_000)
        in_brand(self.schema, self._tell)

    def _tell(self) -> None:
        device, now = registry.get(Evse.objects.get().device_id or ""), datetime.now(UTC)
        for said in self.rig.sent[self.told :]:
            if said.get("type") in (wire.EV_FAULT, wire.EV_CLEARED):
                event = msgspec.json.decode(json.dumps({**said, "ts_ms": to_ms(now)}).encode(), type=Event)
                receive_event(device=device, event=event, received_at=now)
        self.told = len(self.rig.sent)


@pytest.fixture
def technician(site: Site) -> None:
    with tenant_schema(site.schema):
        add_user(
            email="crew@flow.example", password=PASSWORD, name="Kaisa Rinne", roles=[("technician", None)],
            verified=True, now=datetime.now(UTC),
        )  # fmt: skip
    connection.close()


def enter(site: Site, page: Any, then: str, email: str, password: str) -> None:
    page.goto(f"{site.url}/accounts/login/?next={then}")
    page.fill("[name=login]", email)
    page.fill("[name=password]", password)
    page.click("main button:not([name=language])")
    page.wait_for_url(f"**{then}")


def press(page: Any, selector: str) -> None:
    with page.expect_navigation():
        page.click(selector)


def fits(page: Any) -> None:
    """Nothing sticks out of a small phone, and a wet thumb meets every button that moves the job on."""
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{page.url} is {wide} px wide"
    for button in page.query_selector_all(".job > form .btn.primary.big, .job > a.btn.primary.big"):
        box = button.bounding_box()
        assert box and box["height"] >= 60 and box["width"] >= 300, box


@pytest.mark.parametrize(
    ("brand", "scheme"), [({"language": "en"}, "light"), ({"language": "ar"}, "dark")], indirect=["brand"]
)
@pytest.mark.usefixtures("technician")
def test_a_fault_is_seen_repaired_and_becomes_a_label(site: Site, chromium: Any, scheme: str) -> None:
    adapter = Adapter(site.schema)
    desk = chromium.new_page(viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    told = errors_of(desk)
    enter(site, desk, AT, "owner@flow.example", "owner-of-the-flow-1")
    check(desk)
    adapter.open_case(True)
    desk.wait_for_selector(".alert-row", timeout=20_000)  # on a page that was empty, and that nobody touched
    shot(desk, f"alerts-{scheme}")
    check(desk)
    press(desk, "button[name=one]")
    alert = in_brand(site.schema, Alert.objects.get)
    assert (alert.code, alert.state) == ("tamper", "acknowledged")
    press(desk, f"a[href='{AT}alerts/{alert.uid}/']")
    check(desk)
    shot(desk, f"alert-{scheme}")
    press(desk, f"a[href='{AT}orders/new/?alert={alert.uid}']")
    check(desk)
    desk.select_option("[name=assignee]", label="Kaisa Rinne")
    desk.fill("[name=checklist]", "Photograph the case\nClose it")
    press(desk, "main form button.primary")
    order = desk.url.rstrip("/").rsplit("/", 1)[-1]
    shot(desk, f"order-{scheme}")

    phone = chromium.new_page(viewport=PHONE, color_scheme=scheme)
    told_there = errors_of(phone)
    enter(site, phone, "/jobs/", "crew@flow.example", PASSWORD)
    fits(phone)
    check(phone)
    press(phone, f"a[href='/jobs/{order}/']")
    for name in ("accept", "travel", "start"):
        fits(phone)
        if name == "accept":
            check(phone)
            shot(phone, f"job-{scheme}")
            assert phone.query_selector("a[href^='geo:60.1702,24.944']") is not None
        press(phone, f"form[action$='/{name}/'] button")
    phone.check("[name=done][value='0']")
    press(phone, "form[action$='/checklist/'] button")
    press(phone, f"a[href='/jobs/{order}/finish/']")
    fits(phone)
    check(phone)
    shot(phone, f"finish-{scheme}")
    phone.check("[name=verdict][value=fixed]")
    phone.select_option("[name=cause]", "vandalism")
    phone.fill("[name=found]", "Somebody forced the lid.")
    adapter.open_case(False)
    press(phone, "main form button.primary")

    desk.goto(f"{site.url}{AT}orders/{order}/")
    press(desk, "form[action$='/verify/'] button")
    check(desk)
    for place in ("outages/", "risks/", "silences/", "rules/", "codes/", "orders/", f"units/{_evse(site)}/"):
        desk.goto(f"{site.url}{AT}{place}")
        check(desk)
        shot(desk, f"{place.split('/')[0]}-{scheme}")
    outage = in_brand(site.schema, Outage.objects.get)
    assert outage.ended_at is not None and outage.cause == "vandalism" and outage.confirmed_at is not None
    (label,) = in_brand(site.schema, lambda: exports.outcomes(since=None, after=None, limit=10)).items
    (fact,) = in_brand(site.schema, lambda: exports.outages(since=None, after=None, limit=10)).items
    assert (label.work_order, label.cause, label.verdict, label.confirmed) == (order, "vandalism", "fixed", True)
    assert fact.outage == str(outage.uid) and fact.ended_at is not None
    assert told == [] and told_there == []


def _evse(site: Site) -> str:
    return str(in_brand(site.schema, Evse.objects.get).uid)

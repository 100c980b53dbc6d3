"""From the web app's log-in to the dashboards: figures, a CSV, a composed dashboard; and what nobody gets there.

Everything is real: the entrance, Django, Streamlit with its lake, and Chromium.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from saas.contracts import door
from saas.kit.tenant_context import tenant_schema
from tenants.accounts import actions
from tenants.accounts.models import User
from tests.analytics_app.conftest import fill
from tests.saas.edge.door.serving import free_port, web

pytestmark = [
    pytest.mark.slow,
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.req("ANA-02", "ANA-03", "TEN-03", "TEN-09"),
]
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PASSWORD = "owner-of-the-lake-1"
FOREIGN = ("KAL-101", "Kallio", "Aino")


@dataclass(frozen=True)
class Stage:
    """The entrance's port, and the people who may log in there."""

    port: int

    def url(self, brand: str, path: str = "/") -> str:
        return f"http://{brand}.localhost:{self.port}{path}"


@pytest.fixture(scope="module")
def stage(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory, front_end: None
) -> Iterator[Stage]:
    lake = tmp_path_factory.mktemp("dashboards")
    analytics = free_port()
    with django_db_blocker.unblock(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAKE_URL", str(lake / "lake"))
        fill(lake)
        for brand in ("ampere", "barq"):
            with tenant_schema(brand):
                actions.add_user(email=f"lake@{brand}.example", password=PASSWORD, name="Olga", verified=True,
                                 roles=(("owner", None),), now=NOW)  # fmt: skip
        try:
            with web(WATTLANE_ANALYTICS_PORT=str(analytics)) as address, streamlit(analytics, address):
                yield Stage(int(address.rsplit(":", 1)[1]))
        finally:
            for brand in ("ampere", "barq"):
                with tenant_schema(brand):
                    User.objects.filter(email__startswith="lake@").delete()


@contextmanager
def streamlit(port: int, web_url: str) -> Iterator[None]:
    environment = os.environ | {"WATTLANE_ANALYTICS_PORT": str(port), "WATTLANE_WEB_URL": web_url}
    process = subprocess.Popen(
        [sys.executable, "-m", "analytics_app"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while not _answers(port):
            assert process.poll() is None and time.monotonic() < deadline, "the dashboards do not start"
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(15)


def _answers(port: int) -> bool:
    """It stands and refuses who does not come through the door."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/analytics/", timeout=2).status_code == 403
    except httpx.HTTPError:
        return False


def log_in(browser: Any, stage: Stage, brand: str) -> Any:
    page = browser.new_page(base_url=stage.url(brand), accept_downloads=True, viewport={"width": 1400, "height": 1000})
    page.goto("/accounts/login/?next=/analytics/")
    page.fill("input[name=login]", f"lake@{brand}.example")
    page.fill("input[name=password]", PASSWORD)
    page.locator("form").filter(has=page.locator("input[name=password]")).locator("button").last.click()
    page.wait_for_url("**/analytics/**")
    return page


def saw(page: Any, words: str) -> None:
    page.get_by_text(words, exact=False).first.wait_for(timeout=30_000)


def test_from_the_log_in_to_figures_a_csv_and_a_dashboard_of_ones_own(
    stage: Stage, chromium: Any, tmp_path: Path
) -> None:
    page = log_in(chromium, stage, "ampere")
    from playwright.sync_api import expect

    page.get_by_role("heading", name="Overview").wait_for(timeout=60_000)
    saw(page, "3.0 kWh")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download CSV").last.click()
    saved.value.save_as(tmp_path / "sites.csv")
    lines = (tmp_path / "sites.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["site,sessions,kwh", "Kallio,1,3.0"]
    page.get_by_role("link", name="Compose a dashboard").click()
    page.get_by_role("heading", name="Compose a dashboard").wait_for(timeout=30_000)
    page.get_by_label("Name", exact=True).fill("Mornings")
    page.get_by_label("Name", exact=True).press("Tab")
    button = page.get_by_role("button", name="Save")
    expect(button).to_be_enabled(timeout=30_000)
    button.click()
    own = page.get_by_role("link", name="Mornings")
    own.wait_for(timeout=30_000)
    own.click()
    page.get_by_role("heading", name="Mornings").wait_for(timeout=30_000)
    saw(page, "By Olga")
    address = page.url
    page.close()
    _the_other_tenant_gets_none_of_it(stage, chromium, address.rsplit("/", 1)[1])


def _the_other_tenant_gets_none_of_it(stage: Stage, chromium: Any, own: str) -> None:
    page = log_in(chromium, stage, "barq")
    page.get_by_role("heading").first.wait_for(timeout=60_000)
    for path in (own, "fleet", "overview?tenant=ampere&organisation=org-f"):
        page.goto(f"/analytics/{path}")
        page.get_by_role("heading").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1500)
        text = page.inner_text("body")
        assert not any(word in text for word in (*FOREIGN, "Mornings", "3.0 kWh")), path
    page.close()


@pytest.mark.parametrize("path", ["", "overview", "fleet", "_stcore/health", "_stcore/host-config", "media/x.csv",
                                  "own-0b8f3c1e-0000-4000-8000-000000000001"])  # fmt: skip
def test_a_cookie_a_header_or_an_address_of_another_brand_opens_nothing(stage: Stage, path: str) -> None:
    cookie = _cookie(stage, "ampere")
    forged = door.sign(
        door.Identity("ampere", "u", ("owner",), "en", (), True, int(time.time()) + 600), secret="guessed" * 6
    )
    for headers in (
        {"Host": "barq.localhost", "Cookie": cookie},
        {"Host": "barq.localhost", "Cookie": cookie, "X-Forwarded-Host": "ampere.localhost"},
        {"Host": "ampere.localhost", door.HEADER: forged},
        {"Host": "ampere.localhost", "Cookie": "session=forged", door.HEADER: forged, "X_Wattlane_Identity": forged},
    ):
        answer = httpx.get(f"http://127.0.0.1:{stage.port}/analytics/{path}", headers=headers, timeout=20)
        assert answer.status_code in (302, 403, 404), headers
        assert not any(word in answer.text for word in FOREIGN)
    nobody = {"Host": "nobody.localhost", "Cookie": cookie}
    assert httpx.get(f"http://127.0.0.1:{stage.port}/analytics/{path}", headers=nobody).status_code == 404


def _cookie(stage: Stage, brand: str) -> str:
    from django.test import Client

    with tenant_schema(brand):
        user = User.objects.get(email=f"lake@{brand}.example")
        client = Client(headers={"Host": f"{brand}.localhost"})
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return f"session={client.cookies['session'].value}"


def test_the_internal_doors_of_dashboards_are_shut_to_people(stage: Stage) -> None:
    cookie = _cookie(stage, "ampere")
    for path in ("list", "save", "remove"):
        answer = httpx.post(
            f"http://127.0.0.1:{stage.port}/internal/v1/dashboards/{path}", json={"identity": "x"},
            headers={"Host": "ampere.localhost", "Cookie": cookie},
        )  # fmt: skip
        assert answer.status_code == 401

"""`make screenshots`: the main pages of the running demo as PNG, phone and desktop, both directions, both modes.

Start the product first (`make demo`), then `python infra/screenshots.py [FOLDER]`; without a folder they go to
`infra/screenshots/`. Log-ins and addresses are read from `$WATTLANE_HOME/demo.json`.
"""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from saas.kit.home import home

OUT = Path(__file__).parent / "screenshots"
PHONE, DESKTOP = (390, 844), (1280, 800)
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass(frozen=True)
class Shot:
    """One page as one kind of person sees it. `role` empty: a stranger. `click`: what to open on the page."""

    name: str
    path: str
    tenant: str = "ampere"
    role: str = ""
    size: tuple[int, int] = PHONE
    dark: bool = False
    click: str = ""
    whole: bool = False


SHOTS = (
    Shot("map-phone", "/"),
    Shot("map-desktop", "/", size=DESKTOP),
    Shot("map-desktop-rtl-dark", "/", tenant="barq", size=DESKTOP, dark=True),
    Shot("map-phone-rtl", "/", tenant="barq"),
    Shot("charger-phone", "/", role="driver", click="#spots .spot", whole=True),
    Shot("charger-desktop", "/", role="driver", click="#spots .spot", size=DESKTOP),
    Shot("charger-phone-rtl", "/", tenant="barq", role="driver", click="#spots .spot", whole=True),
    Shot("bookings-phone", "/bookings/", role="driver"),
    Shot("session-phone", "/bookings/", role="driver", click=".list .item"),
    Shot("session-phone-rtl-dark", "/bookings/", tenant="barq", role="driver", click=".list .item", dark=True),
    Shot("host-desktop", "/host/", role="host", size=DESKTOP),
    Shot("host-phone-rtl", "/host/", tenant="barq", role="host"),
    Shot("fleet-desktop", "/fleet/", tenant="volta", role="fleet_manager", size=DESKTOP),
    Shot("reports-desktop", "/reports/", role="owner", size=DESKTOP),
    Shot("console-desktop", "/console/", role="operator", size=DESKTOP),
    Shot("console-desktop-rtl-dark", "/console/", tenant="barq", role="operator", size=DESKTOP, dark=True),
    Shot("login-phone", "/accounts/login/"),
    Shot("platform-desktop", "/", tenant="", size=DESKTOP),
    Shot("platform-start-desktop", "/start/", tenant="", size=DESKTOP, whole=True),
)


def take(browser: Browser, facts: dict[str, Any], folder: Path) -> Iterator[str]:
    """Every shot, one after the other; yields the files' names."""
    for shot in SHOTS:
        page = _page(browser, facts, shot)
        page.goto(f"{_address(facts, shot)}{shot.path}")
        if shot.click:
            page.locator(shot.click).first.click()
        page.wait_for_load_state("load") if "map" not in shot.name else _drawn(page)
        page.wait_for_timeout(1200)
        page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole)
        page.context.close()
        yield shot.name


def _page(browser: Browser, facts: dict[str, Any], shot: Shot) -> Page:
    width, height = shot.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=2 if shot.size == PHONE else 1,
        color_scheme="dark" if shot.dark else "light",
    )
    page = context.new_page()
    if shot.role:
        person = next(p for p in _tenant(facts, shot)["people"] if p["role"] == shot.role)
        page.goto(f"{_address(facts, shot)}/accounts/login/")
        page.fill("[name=login]", person["email"])
        page.fill("[name=password]", facts["password"])
        page.click("main form button[type=submit]")
        page.wait_for_load_state()
    return page


def _drawn(page: Page) -> None:
    page.wait_for_selector("#map[data-ready]", timeout=20_000)
    page.wait_for_timeout(1500)


def _tenant(facts: dict[str, Any], shot: Shot) -> dict[str, Any]:
    found: dict[str, Any] = next(tenant for tenant in facts["tenants"] if tenant["schema"] == shot.tenant)
    return found


def _address(facts: dict[str, Any], shot: Shot) -> str:
    held = _tenant(facts, shot) if shot.tenant else facts["platform"]
    return str(held["url"]).rstrip("/")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    folder.mkdir(parents=True, exist_ok=True)
    file = home().demo_json
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not file.exists() or chromium is None:
        raise SystemExit("Needs the running demo (`make demo`) and Chromium (`apt install chromium`).")
    facts = json.loads(file.read_text(encoding="utf-8"))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in take(browser, facts, folder):
            sys.stdout.write(f"  {folder / name}.png\n")
        browser.close()


if __name__ == "__main__":
    main()

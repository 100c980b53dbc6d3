"""`make screenshots`: the main pages of the demo as PNG, phone and desktop, both directions, both modes.

Takes the demo that runs at `$WATTLANE_HOME`, else starts one for itself. `python -m infra.screenshots [FOLDER]`;
without a folder they go to `infra/screenshots/`, beside `readme.png`, the README's picture made of three of them.
"""

import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright

from .stage import Facts, charge, running

OUT = Path(__file__).parent / "screenshots"
PHONE, DESKTOP = (390, 844), (1280, 800)
FLAGS = ["--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]


@dataclass(frozen=True)
class Shot:
    """One page as one kind of person sees it. `role` empty: a stranger. `click`: what to open on the page. `live`: the
    path is that of a session which runs."""

    name: str
    path: str
    tenant: str = "ampere"
    role: str = ""
    size: tuple[int, int] = PHONE
    dark: bool = False
    click: str = ""
    whole: bool = False
    live: bool = False


SHOTS = (  # the sessions begin first, so that their numbers have grown when the phone is looked at
    Shot("session-desktop", "", role="driver", live=True, size=DESKTOP),
    Shot("session-phone-rtl-dark", "", tenant="barq", role="driver", live=True, dark=True),
    Shot("readme-map", "/", size=(1100, 844)),
    Shot("map-phone", "/"),
    Shot("map-desktop", "/", size=DESKTOP),
    Shot("map-desktop-rtl-dark", "/", tenant="barq", size=DESKTOP, dark=True),
    Shot("map-phone-rtl", "/", tenant="barq"),
    Shot("charger-phone", "/", role="driver", click="#spots .spot", whole=True),
    Shot("charger-desktop", "/", role="driver", click="#spots .spot", size=DESKTOP),
    Shot("charger-phone-rtl", "/", tenant="barq", role="driver", click="#spots .spot", whole=True),
    Shot("bookings-phone", "/bookings/", role="driver"),
    Shot("host-desktop", "/host/", role="host", size=DESKTOP),
    Shot("host-phone-rtl", "/host/", tenant="barq", role="host"),
    Shot("fleet-desktop", "/fleet/", tenant="volta", role="fleet_manager", size=DESKTOP),
    Shot("reports-desktop", "/reports/", role="owner", size=DESKTOP),
    Shot("console-desktop", "/console/", role="operator", size=DESKTOP),
    Shot("console-desktop-rtl-dark", "/console/", tenant="barq", role="operator", size=DESKTOP, dark=True),
    Shot("login-phone", "/accounts/login/"),
    Shot("platform-desktop", "/", tenant="", size=DESKTOP),
    Shot("platform-start-desktop", "/start/", tenant="", size=DESKTOP, whole=True),
    Shot("session-phone", "", role="driver", live=True),
)


README = ("session-phone", "readme-map", "map-phone-rtl")
TALL, GAP, CORNER, PAPER = 844, 40, 36, "#e9edf1"


def take(browser: Browser, facts: Facts, folder: Path) -> Iterator[str]:
    """Every shot, one after the other; yields the files' names."""
    sessions: dict[str, str] = {}
    for shot in SHOTS:
        page = _page(browser, facts, shot)
        if shot.live and shot.tenant not in sessions:
            sessions[shot.tenant] = charge(page, _tenant(facts, shot))
        page.goto(sessions[shot.tenant] if shot.live else f"{_address(facts, shot)}{shot.path}")
        page.wait_for_load_state("load") if "map" not in shot.name else _drawn(page)
        if shot.click:
            page.locator(shot.click).first.click()
            page.wait_for_load_state("load")
        page.wait_for_timeout(3000 if shot.live else 1200)
        page.screenshot(path=folder / f"{shot.name}.png", full_page=shot.whole)
        page.context.close()
        yield shot.name


def compose(folder: Path) -> Path:
    """The README's picture: three screens of the same height side by side, in few colours to stay small."""
    screens = [_screen(folder / f"{name}.png") for name in README]
    width = sum(screen.width for screen in screens) + GAP * (len(screens) + 1)
    paper, x = Image.new("RGB", (width, TALL + 2 * GAP), PAPER), GAP
    for screen in screens:
        mask = Image.new("L", screen.size, 0)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, *screen.size), CORNER, fill=255)
        paper.paste(screen, (x, GAP), mask)
        x += screen.width + GAP
    paper.quantize(200, dither=Image.Dither.NONE).save(folder / "readme.png", optimize=True)
    return folder / "readme.png"


def _screen(file: Path) -> Image.Image:
    drawn = Image.open(file).convert("RGB")
    return drawn.resize((round(drawn.width * TALL / drawn.height), TALL), Image.Resampling.LANCZOS)


def _page(browser: Browser, facts: Facts, shot: Shot) -> Page:
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


def _tenant(facts: Facts, shot: Shot) -> Facts:
    found: Facts = next(tenant for tenant in facts["tenants"] if tenant["schema"] == shot.tenant)
    return found


def _address(facts: Facts, shot: Shot) -> str:
    held = _tenant(facts, shot) if shot.tenant else facts["platform"]
    return str(held["url"]).rstrip("/")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("Needs Chromium: `apt install chromium`, or `infra/chromium.sh`.")
    with running() as facts, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for name in take(browser, facts, folder):
            sys.stdout.write(f"  {folder / name}.png\n")
        browser.close()
    sys.stdout.write(f"  {compose(folder)}\n")


if __name__ == "__main__":
    main()

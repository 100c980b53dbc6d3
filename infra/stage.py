"""What pictures are taken of: the demo that runs, or one of its own; with a session that runs in each brand."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Page

from saas.kit.home import home

Facts = dict[str, Any]
PORTS = ("WEB", "OCPP", "MQTT", "ANALYTICS", "DAGSTER", "LIVE")
READY_S = 300.0
CHARGED_MS = 8_000  # until the first numbers of a session are there


@contextmanager
def running() -> Iterator[Facts]:
    """What `demo.json` says: of the demo at WATTLANE_HOME when that answers, else of one started for the pictures."""
    file = home().demo_json
    if file.exists() and _answers(json.loads(file.read_text(encoding="utf-8"))):
        yield json.loads(file.read_text(encoding="utf-8"))
        return
    with tempfile.TemporaryDirectory(prefix="wattlane-pictures-") as folder, _own(Path(folder)) as facts:
        yield facts


@contextmanager
def _own(folder: Path) -> Iterator[Facts]:
    folder.chmod(0o755)
    ports = {f"WATTLANE_{name}_PORT": str(port) for name, port in zip(PORTS, _free(len(PORTS)), strict=True)}
    place = os.environ | ports | {"WATTLANE_HOME": str(folder)}
    place.pop("DATABASE_URL", None)
    sys.stdout.write("No demo runs: starting one for the pictures …\n")
    demo = subprocess.Popen([sys.executable, "-m", "saas.cli", "demo"], env=place, stdout=subprocess.DEVNULL)
    try:
        yield _ready(folder / "demo.json", demo)
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)


def _ready(file: Path, demo: subprocess.Popen[bytes]) -> Facts:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and demo.poll() is None:
        if file.exists() and _answers(facts := json.loads(file.read_text(encoding="utf-8"))):
            return dict(facts)
        time.sleep(1)
    raise SystemExit("The demo did not start. `wattlane doctor` says why.")


def _answers(facts: Facts) -> bool:
    try:
        host = {"Host": facts["tenants"][0]["host"]}
        return httpx.get(f"{facts['address']}/terms/", headers=host, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _free(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def charge(page: Page, tenant: Facts) -> str:
    """The address of a session of the driver who is logged in: the one that runs, else booked, paid, started now."""
    page.goto(f"{tenant['url']}/bookings/")
    if (running := page.locator("main a[href^='/sessions/']").first).count():
        return f"{tenant['url']}{running.get_attribute('href')}"
    for charger in tenant["chargers"]:
        page.goto(f"{tenant['url']}/chargers/{charger['uid']}/")
        if _free_now(page) and _book(page):
            page.goto(f"{tenant['url']}/q/{charger['qr_token']}/")
            page.locator("main form button.primary").click()
            page.wait_for_url("**/sessions/**")
            page.wait_for_selector("#energy", timeout=20_000)
            page.wait_for_timeout(CHARGED_MS)
            return page.url
    raise SystemExit(f"No charger of {tenant['schema']} can be booked now.")


def _free_now(page: Page) -> bool:
    first = page.locator("#book .times input[type=radio]").first
    return bool(first.count()) and datetime.fromisoformat(str(first.get_attribute("value"))) <= datetime.now(UTC)


def _book(page: Page) -> bool:
    """Now, for fifteen minutes, with the first test card. False when the charger is not free now."""
    page.locator("#book .times input[type=radio]").first.check(force=True)
    page.select_option("#minutes", "15")
    page.locator("#book button.primary").click()
    if "/pay/" not in page.url:
        return False
    page.locator("main form button.primary").first.click()
    return page.locator(".code").count() > 0

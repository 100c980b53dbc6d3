"""`wattlane demo --check`: the main job, unattended, through real sockets, with its evidence.

Everything runs on free ports and in a temporary folder. One line per step; exit code 0 when every step held.
"""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import psutil

from saas.cli.installation import running, whole
from saas.kit.home import Home

from .steps import STEPS
from .story import Failed, Story

PORTS = ("WEB", "OCPP", "MQTT", "ANALYTICS", "DAGSTER", "LIVE")


def run() -> int:
    """Start, drive, stop, say how it went."""
    begin = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="wattlane-check-"))
    folder.chmod(0o755)
    with _environment(folder):
        try:
            held = _drive(Home(folder))
        finally:
            left = _still_running(folder)
    if left:
        print(f"✗ stop: still running: {', '.join(left)}")
    elif held:
        shutil.rmtree(folder, ignore_errors=True)
        print("✓ stop: nothing that was started still runs; the folder is removed")
    good = held and not left
    print(
        f"{'passed' if good else 'FAILED'} in {time.monotonic() - begin:.0f} s"
        + ("" if good else f"; see {folder}/logs")
    )
    return 0 if good else 1


def _drive(place: Home) -> bool:
    begin = time.monotonic()
    try:
        with running(place, say=_say, plan=whole(visits_s=0)) as (supervisor, facts):
            print(f"✓ start: {len(supervisor.names())} processes ready in {time.monotonic() - begin:.0f} s", flush=True)
            return _tell(Story(place, supervisor, facts))
    except SystemExit as error:
        print(f"✗ start: {error}")
    return False


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def _tell(story: Story) -> bool:
    for step in STEPS:
        name = step.__name__.replace("_", " ")
        begin = time.monotonic()
        try:
            evidence = step(story)
        except Failed as error:
            print(f"✗ {name}: {error}", flush=True)
            return False
        except Exception:
            print(f"✗ {name}: unexpected", flush=True)
            traceback.print_exc(file=sys.stdout)
            return False
        print(f"✓ {name}: {evidence} ({time.monotonic() - begin:.1f} s)", flush=True)
    return True


@contextlib.contextmanager
def _environment(folder: Path) -> Iterator[None]:
    before = dict(os.environ)
    os.environ["WATTLANE_HOME"] = str(folder)
    os.environ.pop("DATABASE_URL", None)
    for name, port in zip(PORTS, _free_ports(len(PORTS)), strict=True):
        os.environ[f"WATTLANE_{name}_PORT"] = str(port)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _still_running(folder: Path) -> list[str]:
    """Processes whose environment names this run's folder."""
    found = []
    for process in psutil.process_iter(["pid", "name"]):
        with contextlib.suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get("WATTLANE_HOME") == str(folder):
                found.append(f"{process.info['name']} ({process.pid})")
    return found

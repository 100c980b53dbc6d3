"""`wattlane demo`: the whole product on this machine, on embedded parts; `--check` proves that it works."""

import argparse
import contextlib
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from saas.kit.home import CODE, Home, home

from . import check, conformance
from .brands import BRANDS
from .installation import Plan, running, whole


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("demo", help="start everything on this machine")
    command.add_argument(
        "--check", action="store_true", help="on free ports and a temporary folder: prove the main job, stop"
    )
    command.add_argument(
        "--conformance", action="store_true", help="only what an OCPP conformance kit needs, for any station"
    )
    command.add_argument(
        "--profile", choices=conformance.PROFILES, default="0", help="with --conformance: OCPP security profile"
    )
    command.add_argument(
        "--station", action="append", default=[], metavar="ID", help="with --profile 3: a client certificate for it"
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        return check.run()
    place = home()
    with only_one(place):
        if not arguments.conformance:
            return serve(place, whole(), summary, then=_real_sessions)
        os.environ.update(conformance.environment(place, arguments.profile))
        plan = conformance.plan(arguments.profile, arguments.station or ["CP001"])
        return serve(place, plan, conformance.summary)


def serve(
    place: Home, plan: Plan, told: Callable[[dict[str, Any]], str], then: Callable[[Home], None] | None = None
) -> int:
    """Start, say where to click, wait for Ctrl-C, stop."""
    for number in (signal.SIGTERM, signal.SIGINT):  # a shell without job control starts `… &` with SIGINT ignored
        signal.signal(number, signal.default_int_handler)
    try:
        with running(place, say=_say, plan=plan) as (_, facts):
            print(told(facts), flush=True)
            if then is not None:
                threading.Thread(target=then, args=(place,), daemon=True).start()
            threading.Event().wait()
    except KeyboardInterrupt:
        print(f"Stopped. The data stays in {place.path}", flush=True)
    return 0


@contextlib.contextmanager
def only_one(place: Home) -> Iterator[None]:
    """Refuse a second start on the same data folder."""
    with (place.run / "lock").open("w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(
                f"The product already runs on {place.path}. Stop it first, or set WATTLANE_HOME."
            ) from None
        yield


def _real_sessions(place: Home) -> None:
    """Public sessions for the dashboards, once, where the project's shared data lies beside it."""
    for brand in BRANDS:
        for file in (CODE.parent / "shared" / "data" / "sessions" / name for name in brand.sessions):
            landed = place.path / "lake" / "landing" / "sessions" / f"tenant={brand.slug}"
            if not file.exists() or landed.exists():
                continue
            argv = [sys.executable, "-m", "saas.cli", "import", "sessions", str(file), "--tenant", brand.slug, "--json"]
            done = subprocess.run(argv, capture_output=True, text=True, check=False)
            outcome = f"{json.loads(done.stdout)['imported']['rows']} sessions" if done.returncode == 0 else "failed"
            _say(f"imported {file.name} for {brand.slug}: {outcome}")


def is_running(place: Home) -> bool:
    """Whether a start of the product holds this data folder."""
    with (place.run / "lock").open("a", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def summary(facts: dict[str, Any]) -> str:
    """What a newcomer needs to know, on one screen."""
    lines = [
        "",
        "Wattlane runs.",
        "",
        f"  Platform: {facts['platform']['url']}",
        f"  Pipelines: {facts['dagster']}",
        "",
    ]
    for tenant in facts["tenants"]:
        people = " ".join(person["email"].partition("@")[0] + "@" for person in tenant["people"])
        lines += [f"  {tenant['url']}", f"      {tenant['about']}", f"      {people} {tenant['schema']}.example", ""]
    lines += [f"  Every password is {facts['password']}. For programs: {facts['file']}"]
    lines += [
        "  A simulated charger has its keypad on the page of the booking.",
        "  Ctrl-C stops everything; the data stays.",
        "",
    ]
    return "\n".join(lines)

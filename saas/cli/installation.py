"""One installation started on embedded parts, ready inside a `with` block and stopped after it."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from saas.kit.home import Home

from . import migrate, parts, seed
from .database import EmbeddedDatabase
from .django import with_django
from .supervisor import Part, Supervisor, listens

READY_SECONDS = 120.0
LET_GO_SECONDS = 10.0
Say = Callable[[str], None]
Parts = Callable[[Home], list[Part]]


@dataclass(frozen=True)
class Plan:
    """What is started: `first` without a database, `second` once `seed` has filled it. `ports` must be free."""

    first: Parts
    second: Parts
    seed: Callable[[Home, Say], dict[str, Any]]
    ports: tuple[str, ...]


VISITS_S = 120.0  # vehicles come to the depots of the demonstration by themselves


def whole(*, visits_s: float = VISITS_S) -> Plan:
    """The product with its demonstration."""
    return Plan(
        first=parts.first,
        second=lambda home: [*parts.second(home), parts.street(home), parts.depot(home, visits_s=visits_s)],
        seed=seed.seed,
        ports=("web", "ocpp", "mqtt", "analytics", "dagster", "live"),
    )


@contextlib.contextmanager
def running(place: Home, say: Say, plan: Plan) -> Iterator[tuple[Supervisor, dict[str, Any]]]:
    """Everything of the plan started and ready inside the block. Yields the supervisor and what demo.json says."""
    supervisor = Supervisor(place.logs, place.run / "processes.json", say)
    if ended := supervisor.end_leftovers():
        say(f"ended {ended} processes that an earlier start had left behind")
    _refuse_taken_ports(place, plan.ports, patience=LET_GO_SECONDS if ended else 0)
    os.environ["WATTLANE_HOME"] = str(place.path)  # every part belongs to this folder
    begin = time.monotonic()
    with embedded_database(place, say):
        try:
            supervisor.start(*plan.first(place))
            facts = _prepare(place, plan, say)
            supervisor.start(*plan.second(place))
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
def _prepare(place: Home, plan: Plan, say: Say) -> dict[str, Any]:
    """Schemas, brands and people: made at the first start, left alone afterwards."""
    say("preparing the schemas")
    migrate.run()
    facts = plan.seed(place, say)
    from django.db import connections

    connections.close_all()
    return facts


@contextlib.contextmanager
def embedded_database(place: Home, say: Say) -> Iterator[None]:
    """PostgreSQL from a wheel in the data folder, unless DATABASE_URL names a server."""
    if "DATABASE_URL" in os.environ:
        yield
        return
    say("starting PostgreSQL")
    database = EmbeddedDatabase(place.path / "pg", say)
    (place.run / "database_url").write_text(database.start(), encoding="utf-8")
    try:
        yield
    finally:
        database.stop()


def _refuse_taken_ports(place: Home, names: tuple[str, ...], *, patience: float) -> None:
    """`patience`: seconds in which processes that were just killed may let go of theirs."""
    end = time.monotonic() + patience
    while (taken := _taken(place, names)) and time.monotonic() < end:
        time.sleep(0.1)
    if taken:
        hints = ", ".join(f"{getattr(place, f'{name}_port')} (WATTLANE_{name.upper()}_PORT)" for name in taken)
        raise SystemExit(f"Ports in use: {hints}. Stop what uses them, or set other ports in the environment.")


def _taken(place: Home, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if listens(getattr(place, f"{name}_port"))]
